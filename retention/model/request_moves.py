"""What may happen to a person's request: one frozen record a kind of move.

No record here holds a personal value: letters, documents and the address for the answer lie in the request's own
drawer of the vault, and stand here as kinds and keyed digests.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from typing import TypeAlias

from retention.model.ids import CategoryId, HoldId
from retention.model.terms import Filer, Ground, Refusal, Right


class Wait(Enum):
    """What the requester was asked for."""

    PAPERS = "papers"
    """Nothing that is accepted proves who asks."""
    AUTHORITY = "authority"
    """Nothing proves that an agent may ask for the person."""
    MASKING = "masking"
    """A paper shows what must be made illegible first."""
    FEE = "fee"
    CLARIFICATION = "clarification"
    """It is not clear what is asked for."""
    CHANNEL = "another-channel"
    """It came by a way that is not open; the date of arrival stays."""
    CLOSURE = "closure"
    """It names what the account cannot do without: the person confirms that the account ends."""


class Finding(Enum):
    """What an investigation found; its report lies with the papers."""

    FOUNDED = "founded"
    PARTLY_FOUNDED = "partly-founded"
    UNFOUNDED = "unfounded"
    NOTHING_HELD = "nothing-held"
    """No mapped system knows the person."""


class Measure(Enum):
    """What is done in place of what was asked, so that the person is protected (APPI art. 35, provisos)."""

    ERASE_WHEN_PERIOD_ENDS = "erase-when-period-ends"
    """What a law keeps goes by itself when the law lets go of it."""
    SUSPEND = "suspend"
    """Its use is stopped while it is kept."""
    OTHER = "other"
    """Said in the letter."""


class Lengthening(Enum):
    """Why an answer takes longer than the law's first period."""

    COMPLEXITY = "complexity"
    NUMBER = "number-of-requests"


class Done(Enum):
    """How it is known that what was granted is done."""

    BY_ROAD = "by-road"
    """The case's plan was carried out, verified and sealed; the digest is the plan's."""
    BY_HAND = "by-hand"
    """Someone did it in a system, and another person looked again; the digest is of the second one's report."""
    BY_EVENT = "by-event"
    """An event that stops what relied on it was taken and read back; the digest is of its id."""
    BY_ANSWER = "by-answer"
    """The answer itself is what was asked for; the digest is of its text."""


class Warned(Enum):
    """What the desk is told about a clock, once for each date."""

    ACKNOWLEDGE_SOON = "acknowledge-soon"
    ACKNOWLEDGE_LATE = "acknowledge-late"
    ANSWER_SOON = "answer-soon"
    ANSWER_NOW = "answer-now"
    """The last working day."""
    ANSWER_LATE = "answer-late"
    """The date has passed: to whoever answers for the desk."""


@dataclass(frozen=True, slots=True)
class Clock:
    """By when one law, or the policy's own promise, wants the person answered: days in the policy's zone."""

    regime: str
    """`eu.gdpr`, `us.ccpa`, `jp.appi`; `policy` for the company's promise."""
    due_on: date
    """The last day."""
    acknowledge_by: date | None
    """By when receipt must be confirmed; None: no date is set."""
    longest_on: date | None
    """The last day that a notice sent in time may put it off to; None: it cannot be put off."""
    stops_for: frozenset[Wait] = frozenset()
    """While the requester is asked for one of these, the clock stands still."""
    extended: bool = False
    stopped_on: date | None = None
    """Since when it stands still; None: it runs."""


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper that came with a request, as records and evidence know it."""

    kind: str
    """As the policy names it (`drivers-licence`), or `letter`, `power-of-attorney`, `other`."""
    digest: str
    """HMAC-SHA-256 (hex) of its bytes under the papers key: whoever holds the paper can show that it was this one."""


@dataclass(frozen=True, slots=True)
class Alternative:
    """A measure in place of what was refused."""

    measure: Measure
    holds: tuple[HoldId, ...] = ()
    """For `erase-when-period-ends`: the policy's holds at whose end the rest goes by itself."""
    until: date | None = None
    """The latest of their ends that is known."""


@dataclass(frozen=True, slots=True)
class Received:
    """It arrived. The clocks run from here, whatever is wrong with it."""

    right: Right
    regime: str | None
    """The law that the person rests on; None: every law of the policy."""
    received_at: datetime
    """When it arrived, which may be before it was typed in."""
    zone: str
    """IANA name of the zone in which days are counted."""
    channel: str
    language: str
    """`ja` or `en`: in which the person is answered."""
    filer: Filer
    reach: str
    """How the person is answered: `post`, `email` or `account`; the address lies in the vault."""
    clocks: tuple[Clock, ...]
    """One a law, earliest first; at least one."""
    items: tuple[CategoryId, ...] = ()
    """The categories that it names; empty: everything."""
    ground: Ground | None = None
    laws: tuple[str, ...] | None = None
    """The laws that reach the person, by where he is; None: nobody knows, and every law of the policy does."""
    submission: str | None = None
    """Keyed digest of the sender's own id of the request: the same id is the same request."""


@dataclass(frozen=True, slots=True)
class Acknowledged:
    """Receipt was confirmed to the person."""

    letter: str
    """Keyed digest of what was sent."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The requester was asked for something."""

    waits: tuple[Wait, ...]
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class Supplied:
    """It came."""

    waits: tuple[Wait, ...]


@dataclass(frozen=True, slots=True)
class Identified:
    """Someone looked at a document and knows who asks; for an agent, also that he may."""

    document: str
    authority: str | None = None
    """The kind of paper that shows an agent's authority."""


@dataclass(frozen=True, slots=True)
class Investigated:
    """Someone looked into it."""

    finding: Finding
    report: str | None = None
    """Keyed digest of the report."""


@dataclass(frozen=True, slots=True)
class Granted:
    """All of it will be done."""


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """One category for which it will not be done."""

    item: CategoryId
    reasons: tuple[Refusal, ...]


@dataclass(frozen=True, slots=True)
class GrantedInPart:
    """It will be done but for these categories."""

    refused: tuple[RefusedItem, ...]
    alternative: Alternative | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """None of it will be done."""

    reasons: tuple[Refusal, ...]
    explanation: str | None = None
    """Keyed digest of the reasons in words, as the person is told them (APPI art. 36)."""
    alternative: Alternative | None = None


Decision: TypeAlias = Granted | GrantedInPart | Refused


@dataclass(frozen=True, slots=True)
class Extended:
    """The person was told, in time, that one law's answer takes longer, and why."""

    regime: str
    until: date
    """The new last day."""
    reason: Lengthening
    letter: str


@dataclass(frozen=True, slots=True)
class FeeAsked:
    """A fee was quoted and asked for."""

    amount: int
    currency: str
    """ISO 4217."""


@dataclass(frozen=True, slots=True)
class FeePaid:
    """It was paid in full."""


@dataclass(frozen=True, slots=True)
class FeeWaived:
    """It will not be taken."""


@dataclass(frozen=True, slots=True)
class DeskWarned:
    """The desk was told about a date."""

    regime: str
    warned: Warned
    day: date
    """The date that it is about: a clock put off warns again."""


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What was granted is done."""

    done: Done
    digest: str


@dataclass(frozen=True, slots=True)
class Answered:
    """The person was told the outcome."""

    letter: str


@dataclass(frozen=True, slots=True)
class Redirected:
    """The person was told whom to ask."""

    whom: str
    """A code: `tenant`, `client`, `other-controller`."""
    letter: str | None = None


@dataclass(frozen=True, slots=True)
class Withdrawn:
    """The requester wants nothing any more."""


@dataclass(frozen=True, slots=True)
class PaperKept:
    """A paper was put into the request's drawer."""

    paper: Paper


@dataclass(frozen=True, slots=True)
class PaperSeen:
    """Someone took a paper out and looked."""

    digest: str


@dataclass(frozen=True, slots=True)
class PapersDestroyed:
    """The drawer's key is shredded: letters, documents and the address for the answer are gone."""

    papers: tuple[Paper, ...]


What: TypeAlias = (
    Received
    | Acknowledged
    | Asked
    | Supplied
    | Identified
    | Investigated
    | Granted
    | GrantedInPart
    | Refused
    | Extended
    | FeeAsked
    | FeePaid
    | FeeWaived
    | DeskWarned
    | CarriedOut
    | Answered
    | Redirected
    | Withdrawn
    | PaperKept
    | PaperSeen
    | PapersDestroyed
)


@dataclass(frozen=True, slots=True)
class Move:
    """One thing that happened to a request. Moves are only ever added."""

    at: datetime
    """When it was recorded; never before the move before it, whatever the machine's clock says."""
    by: str | None
    """Keyed reference of who did it (`h:…`); None: the program by itself."""
    what: What
