"""`/v1/cases`: requests, sweeps, restores; and what every change of a case has in common."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from retention.api.calls import Once, Sent, answer, etag_of, perform, refuse_changed, response
from retention.api.shapes import CaseList, CaseNumber, CaseShape, Shape
from retention.api.visiting import Visit, allow
from retention.errors import UnknownNameError
from retention.model.access import Answer, Role
from retention.model.case import Case, CaseKind
from retention.model.ids import CaseId

router = APIRouter(prefix="/v1/cases", tags=["cases"])

Before = Annotated[
    str, Query(pattern=r"^(C-\d{8}-[a-z0-9]{6})?$", description="The number after which to go on; empty: the newest.")
]
Reader = Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)]


@router.get("", response_model=CaseList)
def list_cases(
    visit: Reader,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Before = "",
) -> CaseList:
    """List all cases, newest first."""
    return listed(visit, None, limit, before)


@router.get("/{case_id}", response_model=CaseShape)
def show_case(visit: Reader, case_id: Annotated[CaseNumber, Path()]) -> Response:
    """Show one case; its ETag is good for `If-Match`."""
    return response(shown(visit, visit.app.context.ledger.cases.get(CaseId(case_id)), 200))


def listed(visit: Visit, kind: CaseKind | None, limit: int, before: str) -> CaseList:
    """Return one page of cases.

    Raises:
        UnknownNameError: there is no case `before`.

    """
    ledger = visit.app.context.ledger
    found = ledger.cases.all(kind)
    numbers = [case.case_id for case in found]
    if before and before not in numbers:
        raise UnknownNameError(f"no case {before} in this list", hint="begin again without `before`")
    start = numbers.index(CaseId(before)) + 1 if before else 0
    page = found[start : start + limit]
    more = start + limit < len(found)
    shapes = [CaseShape.of(case, ledger.plans.of_case(case.case_id)) for case in page]
    return CaseList(cases=shapes, next_before=page[-1].case_id if more else None)


def shown(visit: Visit, case: Case, status: int) -> Answer:
    """Return the answer that shows the case."""
    shape = shape_of(visit, case)
    return answer(status, shape, etag=etag_of(shape))


def shape_of(visit: Visit, case: Case) -> CaseShape:
    """Show the case with its newest plan."""
    return CaseShape.of(case, visit.app.context.ledger.plans.of_case(case.case_id))


def changed(
    visit: Visit, case_id: CaseId, sent: Sent, body: Shape | None, act: Callable[[Once], Case | Answer]
) -> Response:
    """Change one case, once, and only if it is what the caller saw; return how it is then, or what is answered."""

    def attempt(once: Once) -> Answer:
        _refuse_stale(visit, case_id, sent.seen, once)
        said = act(once)
        return shown(visit, said, 200) if isinstance(said, Case) else said

    return perform(visit, sent.key, body, attempt, case_id=case_id)


def _refuse_stale(visit: Visit, case_id: CaseId, seen: str, once: Once) -> None:
    """Refuse to change a case that is not any more what the caller saw; an attempt that died has changed it itself.

    Raises:
        ChangedError: it was changed by somebody else.
        UnknownNameError: there is no such case.

    """
    case = visit.app.context.ledger.cases.get(case_id)
    if not once.again:
        refuse_changed(seen, etag_of(shape_of(visit, case)))
