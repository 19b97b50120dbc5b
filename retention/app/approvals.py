"""People allow or refuse a plan, by its digest and nothing else."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

from retention.app.access import refuse_own
from retention.app.context import Context
from retention.app.records import move, refuse_left, stored
from retention.errors import ApprovalError, LimitError, StateError
from retention.model.case import Case, CaseState
from retention.model.facts import Approved, Rejected
from retention.model.ids import PlanId
from retention.planning.approval import check_approved, check_digest
from retention.ports.ledger import Approval


def approve(context: Context, plan_id: PlanId, digest: str, approver: str, now: datetime) -> Case:
    """Allow the plan; above a limit the case waits for a second person.

    Raises:
        OwnPlanError: he took, decided or planned the case himself, as far as that is known (see `access`).
        ApprovalError: the digest is another plan's, or someone rejected it.
        StateError: the plan is not the case's newest, or not waiting.
        StalePlanError: somebody of a batch goes with it no longer.

    """
    kept, plan = stored(context, plan_id)
    check_digest(kept.digest, digest)
    _require_waiting(context, plan_id)
    refuse_left(context, plan)
    reference = context.ledger.secret_reference(approver)
    refuse_own(context, plan.case_id, reference)
    # stated first: whoever dies after the next line has left nothing to do that `settle` cannot
    context.record(plan.case_id, Approved(plan_id, digest, reference, standing=False), now)
    context.ledger.plans.approve(Approval(plan_id, digest, reference, approved=True, standing=False, decided_at=now))
    return settle(context, plan_id)


def reject(context: Context, plan_id: PlanId, approver: str, reason: str, now: datetime) -> Case:
    """Refuse the plan, for a reason given as a code (see `facts.Rejected`); the case may be planned again."""
    kept, plan = stored(context, plan_id)
    _require_waiting(context, plan_id)
    reference = context.ledger.secret_reference(approver)
    context.record(plan.case_id, Rejected(plan_id, kept.digest, reference, reason), now)
    context.ledger.plans.approve(
        Approval(plan_id, kept.digest, reference, approved=False, standing=False, decided_at=now)
    )
    return move(context, plan.case_id, CaseState.REJECTED)


def settle(context: Context, plan_id: PlanId) -> Case:
    """Move the case to where people's words on its newest plan put it: whoever wrote one down may have died then."""
    kept = context.ledger.plans.get(plan_id)
    case = context.ledger.cases.get(kept.case_id)
    if case.state is not CaseState.PLANNED or not is_newest(context, plan_id):
        return case
    match approval_state(context, plan_id):
        case "approved":
            return move(context, kept.case_id, CaseState.APPROVED)
        case "rejected":
            return move(context, kept.case_id, CaseState.REJECTED)
        case "waiting":
            return case


def is_newest(context: Context, plan_id: PlanId) -> bool:
    """Whether no newer plan of the case has taken its place."""
    case_id = context.ledger.plans.get(plan_id).case_id
    return context.ledger.plans.of_case(case_id)[0].plan_id == plan_id


def approval_state(context: Context, plan_id: PlanId) -> Literal["waiting", "approved", "rejected"]:
    """Say how the plan stands; what a waiting task asks."""
    kept, plan = stored(context, plan_id)
    said = context.ledger.plans.approvals(plan_id)
    if any(not approval.approved for approval in said):
        return "rejected"
    try:
        check_approved(plan, kept.digest, said)
    except (ApprovalError, LimitError):
        return "waiting"
    return "approved"


def _require_waiting(context: Context, plan_id: PlanId) -> None:
    kept = context.ledger.plans.get(plan_id)
    newest = context.ledger.plans.of_case(kept.case_id)[0]
    if newest.plan_id != plan_id:
        raise StateError(f"{plan_id} was replaced by {newest.plan_id}", hint="look at the newer plan")
    case = context.ledger.cases.get(kept.case_id)
    if case.state is not CaseState.PLANNED:
        raise StateError(f"{case.case_id} is {case.state.value}; its plan is not waiting for approval")
