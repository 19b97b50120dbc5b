"""Cases as a list: chosen by state, kind and day, a page at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from retention.app.case_work import ENDED, Timeliness, Work, next_work, timeliness
from retention.app.context import Context
from retention.app.lives import has_life, life_of
from retention.errors import UnknownNameError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.model.request import Request


class View(Enum):
    """A choice of cases that somebody looks at every day."""

    ALL = "all"
    WAITING = "waiting"
    """For a person: to decide, plan or approve."""
    UNDER_WAY = "under-way"
    STUCK = "stuck"
    SOON = "soon"
    """The answer is due within days."""
    LATE = "late"


_STATES = {
    View.WAITING: (CaseState.OPEN, CaseState.PLANNED, CaseState.REJECTED),
    View.UNDER_WAY: (CaseState.APPROVED, CaseState.APPLYING, CaseState.APPLIED, CaseState.VERIFIED),
    View.STUCK: (CaseState.PARTIAL, CaseState.RETURNED),
}
_UNENDED = tuple(state for state in CaseState if state not in ENDED)
_BY_DAY = {View.SOON: Timeliness.SOON, View.LATE: Timeliness.LATE}


@dataclass(frozen=True, slots=True)
class Choice:
    """Which cases are asked for."""

    view: View = View.ALL
    state: CaseState | None = None
    kind: CaseKind | None = None
    before: CaseId | None = None
    """The case after which to go on; None: the newest first."""


@dataclass(frozen=True, slots=True)
class Row:
    """One case in the list."""

    case: Case
    request: Request | None
    due_at: datetime | None
    timeliness: Timeliness | None
    next: Work | None


@dataclass(frozen=True, slots=True)
class CaseList:
    """One page of it."""

    choice: Choice
    rows: tuple[Row, ...]
    next_before: CaseId | None
    """None on the last page."""
    counts: Mapping[View, int]
    """How many cases each daily view holds, whatever else was chosen."""
    zone: ZoneInfo
    now: datetime


def list_cases(context: Context, choice: Choice, now: datetime, limit: int = 25) -> CaseList:
    """Return one page, newest first.

    Raises:
        UnknownNameError: there is no case `before`.

    """
    counts = _counts(context, now)
    chosen = [case for case in _chosen(context, choice) if _by_day(context, case, choice.view, now)]
    start = 0
    if choice.before is not None:
        numbers = [case.case_id for case in chosen]
        if choice.before not in numbers:
            raise UnknownNameError(f"no case {choice.before} in this list", hint="begin again with the newest")
        start = numbers.index(choice.before) + 1
    page = chosen[start : start + limit]
    more = start + limit < len(chosen)
    return CaseList(
        choice,
        tuple(_row(context, case, now) for case in page),
        page[-1].case_id if more else None,
        counts,
        context.zone,
        now,
    )


def _chosen(context: Context, choice: Choice) -> Iterable[Case]:
    states = _STATES.get(choice.view, ())
    if choice.view in _BY_DAY:
        states = _UNENDED
    if choice.state is not None:
        states = (choice.state,) if not states or choice.state in states else ()
        if not states:
            return ()
    return context.ledger.cases.all(choice.kind, states)


def _by_day(context: Context, case: Case, view: View, now: datetime) -> bool:
    if view not in _BY_DAY:
        return True
    return timeliness(case, _life(context, case), now) is _BY_DAY[view]


def _counts(context: Context, now: datetime) -> Mapping[View, int]:
    found: Counter[View] = Counter()
    for case in context.ledger.cases.all(states=_UNENDED):
        found.update(view for view, states in _STATES.items() if case.state in states)
        if case.due_at is not None:
            at = timeliness(case, _life(context, case), now)
            found.update(view for view, wanted in _BY_DAY.items() if at is wanted)
    return found


def _row(context: Context, case: Case, now: datetime) -> Row:
    request = _life(context, case)
    due_at = request.due_at if request else case.due_at
    return Row(case, request, due_at, timeliness(case, request, now), next_work(case, request))


def _life(context: Context, case: Case) -> Request | None:
    return life_of(context, case.case_id) if case.kind is CaseKind.REQUEST and has_life(context, case.case_id) else None
