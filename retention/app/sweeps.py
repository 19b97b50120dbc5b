"""What is due becomes a plan."""

from __future__ import annotations

from datetime import datetime

from retention.app.contacts import doubt_contacts
from retention.app.context import Context
from retention.app.records import PlanSummary, planned_case
from retention.app.suspensions import standing
from retention.model.case import CaseKind
from retention.planning import assemble
from retention.planning.assemble import Draft, Header
from retention.planning.keysets import KeySets
from retention.planning.promised import find_promised


def plan_sweep(context: Context, now: datetime) -> PlanSummary | None:
    """Plan everything whose clocks have run out, and what was promised for today; None if there is nothing."""
    doubt_contacts(context, now)
    world = context.world(context.datamap, now)
    promises, digest = context.ledger.promises.open(), context.suppression_digester()

    def draw(header: Header) -> Draft | None:
        word = find_promised(world, promises, digest, KeySets(header.salt))
        context.ledger.promises.mark_kept(word.gone, now)
        return assemble.plan_sweep(world, header, context.pauses(), context.promised(), standing(context), word=word)

    return planned_case(context, CaseKind.SWEEP, now, draw)
