"""A plan that is asked for again is the plan that was made.

Whoever does something again because the process before died gives the moment of the first attempt: a plan of that
moment stands, and is finished if it was not; nobody has to approve a second one. Another moment makes another plan.
"""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.records import PlanSummary, settle_plan, stored
from retention.app.requests import plan_request
from retention.app.sweeps import plan_begun_sweep, plan_sweep
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId


def plan_sweep_once(context: Context, now: datetime) -> PlanSummary | None:
    """Plan the sweep of this moment, or return its plan; None if nothing was due. See `sweeps.plan_sweep`."""
    for case in context.ledger.cases.all(CaseKind.SWEEP):
        if case.opened_at == now:
            begun = case.state is CaseState.OPEN
            return _made(context, case, now) or (plan_begun_sweep(context, case, now) if begun else None)
    return plan_sweep(context, now)


def plan_request_once(context: Context, case_id: CaseId, now: datetime) -> PlanSummary:
    """Plan the request, unless its newest plan is of this moment: then return that. See `requests.plan_request`."""
    return _made(context, context.ledger.cases.get(case_id), now) or plan_request(context, case_id, now)


def _made(context: Context, case: Case, now: datetime) -> PlanSummary | None:
    """Return the case's plan of that moment; what a death left undone is done."""
    newest = next(iter(context.ledger.plans.of_case(case.case_id)), None)
    if newest is None or newest.made_at != now:
        return None
    return settle_plan(context, *stored(context, newest.plan_id))
