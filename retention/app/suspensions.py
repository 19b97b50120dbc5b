"""The use of a person's data is stopped, and allowed again."""

from __future__ import annotations

import json
from datetime import datetime

from retention.app.context import Context
from retention.app.records import PlanSummary, header, keep_plan, new_id, open_case
from retention.app.restricting import refuse_untold
from retention.errors import InputError, Problem, StateError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId
from retention.model.terms import Right
from retention.planning import suspended
from retention.planning.suspending import Standing

LIFT_REASONS = ("cured", "ground-over", "unfounded", "withdrawn")
"""The breach was cured; the ground is over; it was found that there was none; the person took it back."""


def standing(context: Context) -> Standing:
    """Return whose data is suspended, as planning may know it."""
    return Standing(context.ledger.suspensions.standing(), context.suppression_digest)


def open_lift(context: Context, case_id: CaseId, reason: str, decider: str, now: datetime) -> Case:
    """Open a case that ends what another case suspended; who decided it, and why, goes into evidence.

    Raises:
        InputError: there is no such reason.
        StateError: the case suspends nothing, or not any more.
        RefusedError: it is a restriction, and the person was not told that it ends.

    """
    if reason not in LIFT_REASONS:
        problem = Problem(where="--reason", expected=f"one of {', '.join(LIFT_REASONS)}", found=f"`{reason[:20]}`")
        raise InputError("nobody can say why it is lifted", problems=(problem,))
    begun = context.ledger.cases.get(case_id)
    entries = context.ledger.suspensions.all(case_id)
    if all(entry.lifted_at is not None for entry in entries):
        lifted = next((entry.lifted_by for entry in entries), None)
        raise StateError(
            f"{case_id} suspends nothing" + (f" any more: {lifted} lifted it" if lifted else ""),
            hint="`retention request list` shows the cases",
        )
    refuse_untold(context, case_id, now)
    case = Case(
        CaseId(new_id("C", now)),
        CaseKind.REQUEST,
        CaseState.OPEN,
        now,
        None,
        identified_at=now,
        decided_at=now,
        regime=begun.regime,
        right=Right.SUSPENSION,
        lifts=case_id,
    )
    open_case(context, case)
    decision = {"reason": reason, "decider": context.ledger.secret_reference(decider)}
    context.ledger.vault.put(case.case_id, "lift", json.dumps(decision).encode())
    return case


def plan_lift(context: Context, case: Case, begun: CaseId, now: datetime) -> PlanSummary:
    """Plan to allow the use of what the other case suspended."""
    decision = json.loads(context.ledger.vault.get(case.case_id, "lift"))
    draft = suspended.plan_lift(
        context.world(context.datamap, now),
        header(context, case.case_id, now),
        suspended.Lifting(begun, decision["reason"], decision["decider"]),
        standing(context),
    )
    return keep_plan(context, draft, now)
