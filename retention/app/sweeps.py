"""What is due becomes a plan."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from retention.app.contacts import doubt_contacts
from retention.app.context import Context
from retention.app.records import PlanSummary, plan_opened, planned_case, salt
from retention.app.suspensions import standing
from retention.model.case import Case, CaseKind
from retention.planning import assemble
from retention.planning.assemble import Draft, Header
from retention.planning.keysets import KeySets
from retention.planning.promised import find_promised


def plan_sweep(context: Context, now: datetime) -> PlanSummary | None:
    """Plan everything whose clocks have run out, and what was promised for today; None if there is nothing."""
    doubt_contacts(context, now)
    return planned_case(context, CaseKind.SWEEP, now, _drawing(context, now))


def plan_begun_sweep(context: Context, case: Case, now: datetime) -> PlanSummary | None:
    """Go on with a sweep over whose planning somebody died; see `plan_sweep`."""
    doubt_contacts(context, now)
    salt(context, case.case_id)
    return plan_opened(context, case, now, _drawing(context, now))


def _drawing(context: Context, now: datetime) -> Callable[[Header], Draft | None]:
    world = context.world(context.datamap, now)
    promises, digest = context.ledger.promises.open(), context.suppression_digester()

    def draw(header: Header) -> Draft | None:
        word = find_promised(world, promises, digest, KeySets(header.salt))
        context.ledger.promises.mark_kept(word.gone, now)
        return assemble.plan_sweep(world, header, context.pauses(), context.promised(), standing(context), word=word)

    return draw
