"""A case: a sweep, a person's request, a batch of them, a restore, a joint use or a return, and the state it is in.

    OPEN ─► PLANNED ─► APPROVED ─► APPLYING ─► APPLIED ─► VERIFIED ─► SEALED ─► CLOSED
      │         │                     │  ▲         │
      └► DENIED └► REJECTED           ▼  │         ▼
                                    PARTIAL ◄──────┘

SEALED and CLOSED go to RETURNED when a re-scan finds the data again, and back to SEALED when it is gone again.

docs/states.md says for each state what is durable and what happens if the process dies there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from retention.model.ids import CaseId, SystemId
from retention.model.terms import Right


class CaseKind(Enum):
    """What set the case going."""

    SWEEP = "sweep"
    REQUEST = "request"
    RESTORE = "restore"
    JOINT_USE = "joint-use"
    """A set is handed to a joint user, or taken back."""
    RETURN = "return"
    """People whom completed cases had erased are here again."""
    BATCH = "batch"
    """Requests of many people, carried out together; they move along with it (`model.batch`)."""


class CaseState(Enum):
    """Where on the road the case is."""

    OPEN = "open"
    PLANNED = "planned"
    APPROVED = "approved"
    APPLYING = "applying"
    PARTIAL = "partial"
    """Something could not be done or verified; the reason stands in the journal. Never "completed"."""
    APPLIED = "applied"
    VERIFIED = "verified"
    SEALED = "sealed"
    """Evidence is published and the case key is shredded; copies may remain until their horizon."""
    CLOSED = "closed"
    """The last copy is gone."""
    RETURNED = "returned"
    """What was erased is here again; a return case erases it. Not done."""
    DENIED = "denied"
    REJECTED = "rejected"


NEXT: dict[CaseState, frozenset[CaseState]] = {
    CaseState.OPEN: frozenset({CaseState.PLANNED, CaseState.DENIED, CaseState.CLOSED}),
    CaseState.PLANNED: frozenset({CaseState.APPROVED, CaseState.REJECTED, CaseState.DENIED}),
    CaseState.APPROVED: frozenset({CaseState.PLANNED, CaseState.APPLYING}),
    CaseState.APPLYING: frozenset({CaseState.PARTIAL, CaseState.APPLIED}),
    CaseState.PARTIAL: frozenset({CaseState.PLANNED, CaseState.APPLYING}),
    CaseState.APPLIED: frozenset({CaseState.APPLYING, CaseState.PARTIAL, CaseState.VERIFIED}),
    CaseState.VERIFIED: frozenset({CaseState.PARTIAL, CaseState.SEALED}),
    CaseState.SEALED: frozenset({CaseState.CLOSED, CaseState.RETURNED}),
    CaseState.CLOSED: frozenset({CaseState.RETURNED}),
    CaseState.RETURNED: frozenset({CaseState.SEALED}),
    CaseState.DENIED: frozenset(),
    CaseState.REJECTED: frozenset({CaseState.PLANNED}),
}
"""From each state, the states it may move to; staying (a date is written, a crash is repeated) is always allowed."""


@dataclass(frozen=True, slots=True)
class Case:
    """One case as the ledger keeps it: no personal value."""

    case_id: CaseId
    kind: CaseKind
    state: CaseState
    opened_at: datetime
    due_at: datetime | None
    """By when the person must be answered; None for sweeps and restores."""
    identified_at: datetime | None = None
    """When the requester's identity was proven."""
    decided_at: datetime | None = None
    """When a person decided to carry the request out."""
    restored_system: SystemId | None = None
    """For a restore: the system that was restored and must not open yet."""
    instruction: str | None = None
    """For a request that a tenant makes about its own data: the id of its instruction."""
    regime: str | None = None
    """Under which law the person asks (`eu.gdpr`); None: under every law that the policy names."""
    right: Right | None = None
    """What a request asks for; None: erasure."""
    lifts: CaseId | None = None
    """For a case that ends a suspension: the case that began it."""
