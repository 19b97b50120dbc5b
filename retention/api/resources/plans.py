"""`/v1/plans`: look, allow or refuse by digest, carry out, look again."""

from __future__ import annotations

import json
from typing import Annotated

from fastapi import APIRouter, Path, Response

from retention.api.calls import Headers, Once, answer, response
from retention.api.resources.cases import changed
from retention.api.shapes import Applied, Approval, CaseShape, PlanNumber, PlanShape, Rejection, Verified
from retention.api.visiting import Visit, allow
from retention.app.repeats import decided_before
from retention.model.access import Answer, Role
from retention.model.case import Case, CaseState
from retention.model.ids import CaseId, PlanId

router = APIRouter(prefix="/v1/plans", tags=["plans"])

Operator = Annotated[Visit, allow(Role.OPERATOR)]
Approver = Annotated[Visit, allow(Role.APPROVER)]
Reader = Annotated[Visit, allow(Role.OPERATOR, Role.APPROVER, Role.AUDITOR)]
PlanInPath = Annotated[PlanNumber, Path()]
_LOOKED = (CaseState.VERIFIED, CaseState.SEALED, CaseState.CLOSED)


@router.get("/{plan_id}", response_model=PlanShape)
def show_plan(visit: Reader, plan_id: PlanInPath) -> Response:
    """Show a plan as it was frozen; its ETag is its digest."""
    kept = visit.app.context.ledger.plans.get(PlanId(plan_id))
    state = visit.app.approval_state(kept.plan_id)
    shape = PlanShape(digest=kept.digest, approval=state, plan=json.loads(kept.body))
    return response(answer(200, shape, etag=f'"{kept.digest}"'))


@router.post("/{plan_id}/approval", response_model=CaseShape)
def approve(visit: Approver, plan_id: PlanInPath, body: Approval, sent: Headers) -> Response:
    """Allow exactly this plan. Above a limit a second approver must; nobody allows what he took or planned himself."""

    def act(once: Once) -> Case:
        before = decided_before(visit.app.context, PlanId(plan_id), visit.name, approved=True) if once.again else None
        return before or visit.app.approve(PlanId(plan_id), body.digest, visit.name, once.now)

    return changed(visit, _case(visit, plan_id), sent, body, act)


@router.post("/{plan_id}/rejection", response_model=CaseShape)
def reject(visit: Approver, plan_id: PlanInPath, body: Rejection, sent: Headers) -> Response:
    """Refuse the plan; the case can be planned again."""

    def act(once: Once) -> Case:
        before = decided_before(visit.app.context, PlanId(plan_id), visit.name, approved=False) if once.again else None
        return before or visit.app.reject(PlanId(plan_id), visit.name, body.reason, once.now)

    return changed(visit, _case(visit, plan_id), sent, body, act)


@router.post("/{plan_id}/run", response_model=Applied)
def run(visit: Operator, plan_id: PlanInPath, sent: Headers) -> Response:
    """Carry an approved plan out; the answer comes when all that can be done is done. A large plan is a DAG's work."""

    def act(once: Once) -> Answer:
        report = visit.app.apply(PlanId(plan_id), once.now)
        shape = Applied(
            case_id=report.case_id,
            state=report.state,
            done=report.done,
            failed={step: failed.code for step, failed in report.failed.items()},
            pending={step: waiting.waiting_for for step, waiting in report.pending.items()},
        )
        return answer(200, shape)

    return changed(visit, _case(visit, plan_id), sent, None, act)


@router.post("/{plan_id}/verification", response_model=Verified)
def verify(visit: Operator, plan_id: PlanInPath, sent: Headers) -> Response:
    """Look again by other code; if all is well and every processor has answered, seal the case."""

    def act(once: Once) -> Answer:
        if visit.app.context.ledger.cases.get(_case(visit, plan_id)).state not in _LOOKED:
            visit.app.verify(PlanId(plan_id), once.now)
        sealed = visit.app.seal(PlanId(plan_id), once.now)
        shape = Verified(case_id=sealed.case_id, state=sealed.state, copies=sealed.copies, copies_until=sealed.until)
        return answer(200, shape)

    return changed(visit, _case(visit, plan_id), sent, None, act)


def _case(visit: Visit, plan_id: str) -> CaseId:
    return visit.app.context.ledger.plans.get(PlanId(plan_id)).case_id
