"""Great Expectations looks whether the systems hold what the data map says, before anything is done to them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from retention.app.context import Context
from retention.app.records import stored
from retention.model.datamap import DataMap, Dataset, Reference
from retention.model.facts import MapLooked
from retention.model.ids import CaseId, DatasetId, PlanId
from retention.model.plan import AnonymizeRows, EraseRows, RedactFields, RowStep
from retention.verification import MapLook, Parent, Subject, look_at_map


def expect_map(context: Context, now: datetime, plan_id: PlanId | None = None) -> Mapping[DatasetId, MapLook]:
    """Look at every dataset of the map, or at those that a plan touches; what was seen is evidence.

    Raises:
        MissingExtraError: Great Expectations is not installed.
        TransientFailure, TerminalFailure: from the stores.

    """
    case_id: CaseId | None = None
    datamap, digest = context.datamap, None
    steps: dict[DatasetId, list[RowStep]] = {name: [] for name in datamap.datasets}
    if plan_id is not None:
        kept, plan = stored(context, plan_id)
        case_id, digest = plan.case_id, kept.digest
        datamap = context.datamap_for(context.ledger.cases.get(case_id))
        steps = {}
        for step in plan.steps:
            if isinstance(step, EraseRows | RedactFields | AnonymizeRows):
                steps.setdefault(step.dataset, []).append(step)
    looks = {name: _look(context, datamap, datamap.datasets[name], own) for name, own in steps.items()}
    for name, look in looks.items():
        fact = MapLooked(digest, name, not look.failed, len(look.verdicts), len(look.failed), look.digest)
        context.record(case_id, fact, now)
    context.log.publish()
    return looks


def _look(context: Context, datamap: DataMap, dataset: Dataset, steps: list[RowStep]) -> MapLook:
    store = context.stores[dataset.system]
    subject = Subject(dataset, store.finder().describe(dataset), store.inspector())
    parents = [
        Parent(
            reference,
            datamap.datasets[reference.parent],
            context.stores[datamap.datasets[reference.parent].system].inspector(),
        )
        for reference in dataset.parents
        if reference.parent in datamap.datasets and not _may_be_elsewhere(reference, dataset)
    ]
    return look_at_map(subject, parents, steps)


def _may_be_elsewhere(reference: Reference, dataset: Dataset) -> bool:
    """Whether the row that is referred to may lie in another place: suspended rows are moved."""
    return any(other.is_kept and other.columns == reference.columns for other in dataset.parents)
