"""What a restored store must forget again before it opens."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from retention.app.context import Context, rehomed
from retention.app.instructions import tenants_behind
from retention.app.records import PlanSummary, planned_case
from retention.app.suspensions import standing
from retention.model.case import CaseKind
from retention.model.facts import Replayed
from retention.model.ids import SystemId
from retention.planning import assemble
from retention.planning.assemble import Draft, Header


def plan_restore(context: Context, system: SystemId, now: datetime) -> PlanSummary | None:
    """Plan the replay of erasures on a restored store; None if it brought nobody back.

    Raises:
        UnknownNameError: retention.yaml declares no such restored system.

    """
    datamap = rehomed(context.datamap, context.original_of(system), system)
    world = context.world(datamap, now)
    suppressed = assemble.Suppressed(_scopes(context, now), context.suppression_digest, tenants_behind(context))

    def draw(header: Header) -> Draft | None:
        draft, found = assemble.plan_restore(world, header, suppressed, context.pauses(), standing(context))
        context.record(header.case_id, Replayed(system, len(suppressed.scopes), found), now)
        return draft

    return planned_case(context, CaseKind.RESTORE, now, draw, system)


def _scopes(context: Context, now: datetime) -> dict[tuple[str, str], frozenset[str]]:
    """Return (key name, digest) → the scopes in which the person was disposed of."""
    scopes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for entry in context.ledger.copies.suppressions(now):
        scopes[entry.key_name, entry.digest].add(entry.scope)
    return {who: frozenset(found) for who, found in scopes.items()}
