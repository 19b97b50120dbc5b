"""A plan that is asked for again is the plan that was made.

Whoever does something again because the process before died gives the moment of the first attempt: a plan of that
moment stands, and is finished if it was not; nobody has to approve a second one. Another moment makes another plan.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from retention.app.batches import BatchSummary, plan_waiting
from retention.app.context import Context
from retention.app.records import PlanSummary, settle_plan, stored
from retention.app.requests import plan_request
from retention.app.rescans import RescanReport, rescan
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


def plan_batch_once(context: Context, now: datetime) -> BatchSummary | None:
    """Gather and plan who waits, or return the batch that was planned for this moment. See `batches.plan_waiting`."""
    for plan in _of_moment(context, CaseKind.BATCH, now, CaseState.OPEN):
        return BatchSummary(plan.case_id, plan, len(context.ledger.batches.members(plan.case_id)), ())
    return plan_waiting(context, now)


def rescan_once(context: Context, now: datetime) -> RescanReport:
    """Look again at what is still due; plans that were made for this moment are named first. See `rescans.rescan`."""
    made = _of_moment(context, CaseKind.RETURN, now)
    report = rescan(context, now)
    return replace(report, plans=(*made, *(plan for plan in report.plans if plan not in made)))


def _of_moment(context: Context, kind: CaseKind, now: datetime, *more: CaseState) -> list[PlanSummary]:
    """Return the plans of that kind and moment whose cases wait, are approved, or are in one of the states besides."""
    waiting = context.ledger.cases.all(kind, [CaseState.PLANNED, CaseState.APPROVED, *more])
    return [made for case in waiting if (made := _made(context, case, now)) is not None]


def _made(context: Context, case: Case, now: datetime) -> PlanSummary | None:
    """Return the case's plan of that moment; what a death left undone is done."""
    newest = next(iter(context.ledger.plans.of_case(case.case_id)), None)
    if newest is None or newest.made_at != now:
        return None
    return settle_plan(context, *stored(context, newest.plan_id))
