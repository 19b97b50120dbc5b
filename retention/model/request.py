"""A person's request: what was asked, and where it stands between the letter and the closed file.

    RECEIVED ──► WAITING, REDIRECTED, WITHDRAWN
       │
    IDENTIFIED ──► INVESTIGATING ──► DECIDED ──► CARRIED_OUT ──► ANSWERED ──► CLOSED
                                        └──── refused ──────────────┘

A request is kept as its moves (`model.request_moves`); `Request` is what they add up to, and
`retention.requests.lifecycle` says which move may follow. The case of the same number carries out what was granted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time
from enum import Enum
from zoneinfo import ZoneInfo

from retention.model.ids import CaseId, CategoryId
from retention.model.request_moves import CarriedOut, Clock, Decision, DeskWarned, Finding, Paper, Wait
from retention.model.terms import Filer, Ground, Right


class RequestState(Enum):
    """Where in its life a request is."""

    RECEIVED = "received"
    WAITING = "waiting"
    """For something that the requester has to do."""
    IDENTIFIED = "identified"
    """It is known who asks, and that he may."""
    INVESTIGATING = "investigating"
    """A finding stands; a decision does not."""
    DECIDED = "decided"
    CARRIED_OUT = "carried-out"
    """What was granted is done, and someone or something looked again."""
    ANSWERED = "answered"
    REDIRECTED = "redirected"
    """Told whom to ask: the data is another's to decide over."""
    WITHDRAWN = "withdrawn"
    CLOSED = "closed"
    """Its papers are destroyed."""


NEXT: dict[RequestState, frozenset[RequestState]] = {
    RequestState.RECEIVED: frozenset(
        {
            RequestState.WAITING,
            RequestState.IDENTIFIED,
            RequestState.INVESTIGATING,
            RequestState.DECIDED,
            RequestState.REDIRECTED,
            RequestState.WITHDRAWN,
        }
    ),
    RequestState.WAITING: frozenset(
        {
            RequestState.RECEIVED,
            RequestState.IDENTIFIED,
            RequestState.INVESTIGATING,
            RequestState.DECIDED,
            RequestState.REDIRECTED,
            RequestState.WITHDRAWN,
        }
    ),
    RequestState.IDENTIFIED: frozenset(
        {
            RequestState.WAITING,
            RequestState.INVESTIGATING,
            RequestState.DECIDED,
            RequestState.REDIRECTED,
            RequestState.WITHDRAWN,
        }
    ),
    RequestState.INVESTIGATING: frozenset(
        {RequestState.WAITING, RequestState.DECIDED, RequestState.REDIRECTED, RequestState.WITHDRAWN}
    ),
    RequestState.DECIDED: frozenset(
        {RequestState.INVESTIGATING, RequestState.CARRIED_OUT, RequestState.ANSWERED, RequestState.WITHDRAWN}
    ),
    RequestState.CARRIED_OUT: frozenset({RequestState.ANSWERED}),
    RequestState.ANSWERED: frozenset({RequestState.CLOSED}),
    RequestState.REDIRECTED: frozenset({RequestState.CLOSED}),
    RequestState.WITHDRAWN: frozenset({RequestState.CLOSED}),
    RequestState.CLOSED: frozenset(),
}
"""From each state, the states it may move to; many moves leave it where it is."""

OVER = frozenset({RequestState.ANSWERED, RequestState.REDIRECTED, RequestState.WITHDRAWN, RequestState.CLOSED})
"""Nothing is owed to the person any more; only the papers may still be there."""


class FeeState(Enum):
    """Whether a fee that was asked for is open."""

    ASKED = "asked"
    PAID = "paid"
    WAIVED = "waived"


@dataclass(frozen=True, slots=True)
class Charge:
    """The fee of a request."""

    amount: int
    currency: str
    state: FeeState


@dataclass(frozen=True, slots=True)
class Request:
    """What a request's moves add up to."""

    case_id: CaseId
    right: Right
    regime: str | None
    state: RequestState
    received_at: datetime
    zone: str
    """IANA name of the zone in which days are counted."""
    clocks: tuple[Clock, ...]
    channel: str
    language: str
    filer: Filer
    reach: str
    items: tuple[CategoryId, ...]
    ground: Ground | None
    moved_at: datetime
    """When the last move was recorded."""
    moves: int
    """How many there are."""
    resumes: RequestState
    """Where it goes on when nothing is waited for."""
    laws: tuple[str, ...] | None = None
    """The laws that reach the person; None: every law of the policy, or the one rested on."""
    acknowledged_at: datetime | None = None
    waiting_for: frozenset[Wait] = frozenset()
    asked_for: frozenset[Wait] = frozenset()
    """Everything that the requester was ever asked for."""
    document: str | None = None
    """The kind of document that proved who asks."""
    authority: str | None = None
    charge: Charge | None = None
    finding: Finding | None = None
    decision: Decision | None = None
    decided_by: str | None = None
    decided_at: datetime | None = None
    done: CarriedOut | None = None
    answered_at: datetime | None = None
    warned: frozenset[DeskWarned] = frozenset()
    papers: tuple[Paper, ...] = ()
    """In the drawer now."""

    @property
    def due_on(self) -> date:
        """The last day for the answer: the earliest of the clocks that run, or of all if none does."""
        running = [clock.due_on for clock in self.clocks if clock.stopped_on is None]
        return min(running or [clock.due_on for clock in self.clocks])

    @property
    def due_at(self) -> datetime:
        """The last second of that day."""
        return datetime.combine(self.due_on, time(23, 59, 59), tzinfo=ZoneInfo(self.zone))

    def day_of(self, at: datetime) -> date:
        """Return the day of an instant in the request's zone."""
        return at.astimezone(ZoneInfo(self.zone)).date()

    @property
    def extended(self) -> bool:
        """Whether a clock was put off."""
        return any(clock.extended for clock in self.clocks)

    @property
    def is_identified(self) -> bool:
        """Whether it is known who asks."""
        return self.document is not None


def drawer_of(case_id: CaseId) -> CaseId:
    """Return the vault's name of the request's papers: under a key of their own, which outlives the case's.

    The case's key is shredded when the case is sealed; the letter that says so is sent after that.
    """
    return CaseId(f"{case_id}-papers")
