"""What a call that died before it was answered may have done already: then it is not done again.

Only for what cannot simply be repeated; moves of a request, applying and verifying can.
"""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.model.case import Case, CaseState
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, HoldId, PlanId


def planned_before(context: Context, case_id: CaseId, begun_at: datetime) -> PlanId | None:
    """Return the plan of that moment, if it stands."""
    newest = next(iter(context.ledger.plans.of_case(case_id)), None)
    stands = context.ledger.cases.get(case_id).state is not CaseState.OPEN
    return newest.plan_id if newest is not None and newest.made_at == begun_at and stands else None


def decided_before(context: Context, plan_id: PlanId, approver: str, *, approved: bool) -> Case | None:
    """Return the case if this person's word on the plan was taken, and the case has moved on by it."""
    reference = context.ledger.secret_reference(approver)
    said = context.ledger.plans.approvals(plan_id)
    case = context.ledger.cases.get(context.ledger.plans.get(plan_id).case_id)
    mine = any(one.approver_ref == reference and one.approved is approved for one in said)
    return case if mine and case.state is not CaseState.PLANNED else None


def released_before(context: Context, hold_id: HoldId, begun_at: datetime) -> PlacedHold | None:
    """Return the hold if it was released at that moment."""
    found = (hold for hold in context.ledger.holds.all() if hold.hold_id == hold_id)
    return next((hold for hold in found if hold.released_at == begun_at), None)
