"""A letter to a person: what kind it is, how it goes out, and how far it is.

    BEGUN ─► WRITTEN ─► TRYING ─► SENT
                           │
                           ├─► LATER ─► TRYING …       greylisted, the server is down: tried again
                           ├─► REFUSED                 nobody is at that address: a person prints it
                           └─► HANDED_OVER ─► SENT     on paper: to the mail room, then posted
    from everywhere before SENT: GIVEN_UP on the letter's own last day
    after SENT or GIVEN_UP: FORGOTTEN

Where a letter is, is the last of its moves; moves are only ever added. Address and text lie in the vault
under a key that is this letter's alone: the keys of its case may be shredded while the letter is still on the
way, and when it is sent, nothing of the address is left (docs/decisions/0118).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum
from itertools import pairwise
from typing import NewType, TypeAlias

from retention.model.period import Period

LetterId = NewType("LetterId", str)
"""`C-20261123-7f3k2q.refusal.1`: the case, the kind, and the how manieth of that kind; names nobody."""
_ID = re.compile(r"[CN]-[0-9]{8}-[0-9a-z]{4,12}\.[a-z]+(?:-[a-z]+)*\.[1-9][0-9]*")


class LetterKind(Enum):
    """What a letter tells."""

    RECEIPT = "receipt"
    NEED_PAPERS = "need-papers"
    NEED_MASKING = "need-masking"
    NEED_AUTHORITY = "need-authority"
    NEED_FEE = "need-fee"
    NEED_CLARIFICATION = "need-clarification"
    NEED_CLOSURE = "need-closure"
    """What is asked for ends the account: is that meant?"""
    OTHER_CHANNEL = "other-channel"
    """The request came by a way that is not open."""
    REDIRECT = "redirect"
    """Somebody else decides over the data."""
    EXTENSION = "extension"
    REFUSAL = "refusal"
    ALTERNATIVE = "alternative"
    """Another measure is promised in place of what was asked for (APPI art. 35, provisos)."""
    COMPLETION = "completion"
    SUSPENDED = "suspended"
    LIFT_AHEAD = "lift-ahead"
    """A restriction will be lifted: told before it is (GDPR art. 18(3))."""
    LIFTED = "lifted"
    DISCLOSURE = "disclosure"
    DONE = "done"
    """Something was done by hand, or the answer itself is what was asked for: a correction, a complaint."""
    WITHDRAWN = "withdrawn"
    COMPLAINT = "complaint"
    POLICY_CHANGE = "policy-change"
    BREACH = "breach"
    SERVICE_ENDED = "service-ended"


class Way(Enum):
    """How a letter goes out."""

    EMAIL = "email"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Reach:
    """Where a person is written to. Personal: lives in the vault, is never shown."""

    way: Way
    name: str = field(repr=False)
    address: tuple[str, ...] = field(repr=False)
    """One mail address, or the lines of a postal one."""
    language: str
    """`ja` or `en`."""


@dataclass(frozen=True, slots=True)
class Word:
    """A code that letters put into words: `Word("refusal", "identity-unproven")`."""

    group: str
    code: str


@dataclass(frozen=True, slots=True)
class Because:
    """Something, and why: one line of a list."""

    title: Mapping[str, str]
    reasons: tuple[Word, ...]


Item: TypeAlias = str | Word | Because
Value: TypeAlias = str | int | bool | date | Word | tuple[Item, ...] | Mapping[str, str] | Mapping[str, tuple[str, ...]]
"""What may fill a place of a letter; a mapping is a text, or a list, by language."""


@dataclass(frozen=True, slots=True)
class Letter:
    """One letter as the ledger keeps it: no personal value."""

    letter_id: LetterId
    about: str
    """The case; or the number of a notice to many."""
    kind: LetterKind
    way: Way
    language: str
    begun_at: datetime
    expires_at: datetime
    """From when on it is given up, and its key shredded, wherever it is."""


class Stage(Enum):
    """What happened to a letter."""

    BEGUN = "begun"
    """It has a number; what it says is not in the vault yet."""
    WRITTEN = "written"
    """Address and text are in the vault, under the letter's own key."""
    TRYING = "trying"
    """The carrier is about to have it: who dies after this does not know whether it went out."""
    LATER = "later"
    """The carrier could not take it now."""
    REFUSED = "refused"
    """The carrier will not take it: nobody is at that address."""
    HANDED_OVER = "handed-over"
    """It lies in the mail room's folder."""
    SENT = "sent"
    GIVEN_UP = "given-up"
    """Its last day came first."""
    FORGOTTEN = "forgotten"
    """Its key is shredded: nothing of address and text is left."""


UNHEARD = "RET-407"
"""The code of an attempt of which nobody heard the end."""
OUTCOMES = frozenset({Stage.SENT, Stage.GIVEN_UP})
"""A letter has one of these, once; then it is forgotten."""


@dataclass(frozen=True, slots=True)
class LetterMove:
    """One thing that happened to a letter."""

    letter_id: LetterId
    at: datetime
    stage: Stage
    code: str = ""
    """Why: an error's code, `smtp-550`, `too-late`; never a text of somebody else's."""
    digest: str = ""
    """Of what was written: HMAC-SHA-256 (hex) under the letters key; whoever has the letter can show it is this one."""


@dataclass(frozen=True, slots=True)
class Posted:
    """A letter and where it is."""

    letter: Letter
    moves: tuple[LetterMove, ...]

    @property
    def stage(self) -> Stage:
        """The last thing that happened, save that it was forgotten."""
        return next(move.stage for move in reversed(self.moves) if move.stage is not Stage.FORGOTTEN)

    @property
    def is_over(self) -> bool:
        """Whether it was sent or given up."""
        return self.stage in OUTCOMES

    @property
    def is_forgotten(self) -> bool:
        """Whether nothing of it is left but these lines."""
        return self.moves[-1].stage is Stage.FORGOTTEN

    @property
    def digest(self) -> str:
        """The digest of what was written; empty before."""
        return next((move.digest for move in reversed(self.moves) if move.digest), "")

    @property
    def may_arrive_twice(self) -> bool:
        """Whether a process died, or a connection broke, between handing it over and hearing that it was taken."""
        stages = [move.stage for move in self.moves]
        died = (Stage.TRYING, Stage.TRYING) in pairwise(stages)
        return died or any(move.code == UNHEARD for move in self.moves)


@dataclass(frozen=True, slots=True)
class Happens:
    """The event that a notice's delivery is, for the person it went to."""

    event: str
    """`notice.delivered`, or `purpose.accomplished` where the data was kept for this notice."""
    about: str
    """The version, or the purpose."""
    even_if_lost: bool = False
    """Whether it happens as well when the letter was given up: everything was tried."""


@dataclass(frozen=True, slots=True)
class LetterTerms:
    """How letters are kept and answered."""

    keep_for: Period = Period(days=30)  # noqa: RUF009 -- frozen
    """After so long a letter that could not be sent is given up, and its address forgotten."""
    answer_within: Period = Period(days=14)  # noqa: RUF009 -- frozen
    """By when a person is asked to send what is missing."""


def letter_id(about: str, kind: LetterKind, number: int = 1) -> LetterId:
    """Return the name of a case's letter: the same for whoever asks for it again.

    Raises:
        ValueError: it would be no name of a letter.

    """
    name = f"{about}.{kind.value}.{number}"
    if not _ID.fullmatch(name):
        raise ValueError(f"expected a case or notice and a number from 1, found {name[:60]!r}")
    return LetterId(name)
