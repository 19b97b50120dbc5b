"""What is due becomes a plan."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.records import PlanSummary, planned_case
from retention.app.suspensions import standing
from retention.model.case import CaseKind
from retention.planning import assemble


def plan_sweep(context: Context, now: datetime) -> PlanSummary | None:
    """Plan everything whose clocks have run out; None if nothing has."""
    world = context.world(context.datamap, now)
    return planned_case(
        context,
        CaseKind.SWEEP,
        now,
        lambda header: assemble.plan_sweep(world, header, context.pauses(), context.promised(), standing(context)),
    )
