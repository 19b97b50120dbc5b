"""What a plan's steps on large stores are expected to cost, and the shards they are cut into: kept beside the plan."""

from __future__ import annotations

from collections.abc import Iterator
from typing import cast

from retention.app.context import Context
from retention.model.plan import DisposalStep, Plan, PseudonymizeRows
from retention.model.predicate import Selection
from retention.model.subject import KeyValues
from retention.model.volume import StepVolume
from retention.ports.volume import ShardedStore


def estimate(context: Context, plan: Plan, keys: KeyValues) -> Iterator[StepVolume]:
    """Yield what each step on rows of a store that can be cut is expected to cost, as the store is now.

    Raises:
        TransientFailure, TerminalFailure: from the stores.

    """
    datamap = context.datamap_for(context.ledger.cases.get(plan.case_id))
    for step in plan.steps:
        if not isinstance(step, DisposalStep | PseudonymizeRows):
            continue
        dataset = datamap.datasets[step.dataset]
        store = context.stores[dataset.system]
        if store.capabilities.shards:
            gauge = cast("ShardedStore", store).gauge()
            expected = gauge.estimate(dataset, Selection(step.where, keys), step.rows)
            yield StepVolume(step.step_id, step.dataset, expected, gauge.shards(dataset))
