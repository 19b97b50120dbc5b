"""What is left to do in a case, in order; the first is what to do next. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from retention.model.case import Case, CaseKind, CaseState
from retention.model.request import OVER, Request, RequestState
from retention.model.request_moves import Granted, GrantedInPart

SOON = timedelta(days=7)
"""So long before its day an answer is due soon."""
ENDED = frozenset({CaseState.SEALED, CaseState.CLOSED, CaseState.DENIED})
"""The person asked can be answered: what was to be done is done, or was refused."""


class Work(Enum):
    """One thing that is left to do."""

    IDENTIFY = "identify"
    AWAIT_REQUESTER = "await-requester"
    DECIDE = "decide"
    PLAN = "plan"
    PLAN_AGAIN = "plan-again"
    APPROVE = "approve"
    APPROVE_SECOND = "approve-second"
    APPLY = "apply"
    MEND = "mend"
    VERIFY = "verify"
    ORDERS = "orders"
    SEAL = "seal"
    LETTERS = "letters"
    ERASE_AGAIN = "erase-again"
    ANSWER = "answer"
    COPIES = "copies"


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules look at beside case and request; nothing of it where it is not known."""

    second: bool = False
    """One person has approved, and a second one must."""
    failed: int = 0
    """Steps, and looks, that failed and have not been got over."""
    orders: int = 0
    """Orders about which something is to be done, or waited for."""
    letters: int = 0
    """Recipients who have not been written to."""
    copies: int = 0
    until: datetime | None = None
    """When the last copy is gone; None: none remains, or nobody can say."""


@dataclass(frozen=True, slots=True)
class Left:
    """One thing that is left, and how much of it."""

    work: Work
    count: int = 0
    until: datetime | None = None


class Timeliness(Enum):
    """How an answer stands to its day."""

    LATE = "late"
    SOON = "soon"
    IN_TIME = "in-time"


def left_in(case: Case, request: Request | None, facts: Facts) -> tuple[Left, ...]:
    """Return what is left to do, in order."""
    if case.state is CaseState.OPEN and request is not None and request.state in OVER:
        return ()
    return (*_of_case(case, request, facts), *_of_answer(request), *_afterwards(case, facts))


def next_work(case: Case, request: Request | None) -> Work | None:
    """Return what to do next, as far as case and request tell; None: nothing."""
    left = left_in(case, request, Facts())
    return left[0].work if left else None


def timeliness(case: Case, request: Request | None, now: datetime) -> Timeliness | None:
    """Return how the answer stands to its day; None if nothing is owed to anybody any more."""
    due_at = request.due_at if request else case.due_at
    over = request.state in OVER if request else case.state in ENDED
    if due_at is None or over:
        return None
    if now > due_at:
        return Timeliness.LATE
    return Timeliness.SOON if due_at - now <= SOON else Timeliness.IN_TIME


def _of_case(case: Case, request: Request | None, facts: Facts) -> Iterator[Left]:
    match case.state:
        case CaseState.OPEN:
            yield from _before_plan(case, request)
        case CaseState.REJECTED:
            yield Left(Work.PLAN_AGAIN)
        case CaseState.PLANNED:
            yield Left(Work.APPROVE_SECOND if facts.second else Work.APPROVE)
        case CaseState.PARTIAL:
            yield Left(Work.MEND, facts.failed)
        case CaseState.RETURNED:
            yield Left(Work.ERASE_AGAIN)
        case _:
            pass
    yield from _road(case.state, facts)


def _before_plan(case: Case, request: Request | None) -> Iterator[Left]:
    if request is not None:
        if request.state is RequestState.WAITING:
            yield Left(Work.AWAIT_REQUESTER, len(request.waiting_for))
        if not request.is_identified:
            yield Left(Work.IDENTIFY)
        if not isinstance(request.decision, Granted | GrantedInPart):
            yield Left(Work.DECIDE)
    elif case.kind is CaseKind.REQUEST and case.decided_at is None:
        yield Left(Work.DECIDE)
    yield Left(Work.PLAN)


_APPLIED = frozenset({CaseState.APPLIED, CaseState.VERIFIED})
_BEFORE = frozenset({CaseState.OPEN, CaseState.PLANNED, CaseState.REJECTED, CaseState.PARTIAL})
_ON_ROAD = _APPLIED | _BEFORE | {CaseState.APPROVED, CaseState.APPLYING}


def _road(state: CaseState, facts: Facts) -> Iterator[Left]:
    if state not in _ON_ROAD:
        return
    if state in (CaseState.OPEN, CaseState.REJECTED):
        yield Left(Work.APPROVE)
    if state not in _APPLIED and state is not CaseState.PARTIAL:
        yield Left(Work.APPLY)
    if state is not CaseState.VERIFIED:
        yield Left(Work.VERIFY)
    if facts.orders:
        yield Left(Work.ORDERS, facts.orders)
    yield Left(Work.SEAL)


def _of_answer(request: Request | None) -> Iterator[Left]:
    if request is not None and request.state not in OVER:
        yield Left(Work.ANSWER, until=request.due_at)


def _afterwards(case: Case, facts: Facts) -> Iterator[Left]:
    if facts.letters:
        yield Left(Work.LETTERS, facts.letters)
    if facts.copies and case.state not in (CaseState.CLOSED, CaseState.DENIED):
        yield Left(Work.COPIES, facts.copies, facts.until)
