"""Does the data map still fit the systems? Fails closed: what is not mapped will not be erased."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import cast

from retention.app.context import Context
from retention.app.records import move
from retention.datamap import HIDES_DATA, beside, drift, expiry_drift, kept_id, suspension_drift, telling, view_of
from retention.errors import FoundError
from retention.grammar import Finding
from retention.model.case import Case, CaseState
from retention.model.datamap import ColumnType, DataMap, Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.restores import copy_named
from retention.ports.connector import Store
from retention.ports.expiring import ExpiringStore
from retention.ports.surveyor import SurveyingStore


def check_datamap(context: Context) -> tuple[Finding, ...]:
    """Compare the map with all live systems; return what does not fit.

    A restored store is looked at when it is restored, not before.

    Raises:
        TransientFailure, TerminalFailure: from the stores.

    """
    parts = {name for name in context.stores if copy_named(name)}
    return _findings(context, context.datamap, context.stores.keys() - context.restores.keys() - parts)


def refuse_unmapped(context: Context, case: Case) -> None:
    """Make the case PARTIAL if something lies in its systems that the map does not know.

    It is asked before the first row moves and again when verification has looked: a row that
    is erased while an unmapped table refers to it can never be followed there again.

    Raises:
        FoundError: an unmapped table, column or file; nothing was touched by this.
        TransientFailure, TerminalFailure: from the stores.

    """
    datamap = context.datamap_for(case)
    systems = {dataset.system for dataset in datamap.datasets.values()}
    hiding = [finding for finding in _findings(context, datamap, systems) if finding.code in HIDES_DATA]
    if not hiding:
        return
    if case.state is CaseState.APPROVED:
        move(context, case.case_id, CaseState.APPLYING)
    move(context, case.case_id, CaseState.PARTIAL)
    what = "; ".join(f"{finding.code} {finding.where}" for finding in hiding)
    raise FoundError(
        f"{case.case_id} is partial: the data map does not know all there is ({what})",
        hint="map it or exclude it with the reason, then make a new plan; `retention datamap check` says more",
    )


def described(context: Context, datamap: DataMap) -> dict[DatasetId, Mapping[str, ColumnType]]:
    """Return the columns that each dataset of the map has now; none for what is not there."""
    return {
        name: context.stores[dataset.system].finder().describe(dataset) for name, dataset in datamap.datasets.items()
    }


def unmapped(
    context: Context, datamap: DataMap, live: Mapping[DatasetId, Mapping[str, ColumnType]]
) -> tuple[Finding, ...]:
    """Return findings for what lies in the map's systems and is not mapped: anybody could be in it."""
    systems = {dataset.system for dataset in datamap.datasets.values()}
    columns = (finding for name, dataset in datamap.datasets.items() for finding in drift(dataset, live[name]))
    found = [finding for finding in columns if finding.code in HIDES_DATA]
    return (*found, *_all_beside(context, datamap, systems))


def _findings(context: Context, datamap: DataMap, systems: Collection[SystemId]) -> tuple[Finding, ...]:
    found: list[Finding] = []
    for name, live in described(context, datamap).items():
        dataset = datamap.datasets[name]
        store = context.stores[dataset.system]
        found.extend(drift(dataset, live))
        if (seen := view_of(dataset) or datamap.datasets.get(kept_id(dataset.dataset_id))) and seen.fields:
            found.extend(suspension_drift(dataset, live, store.finder().describe(seen)))
        if live and store.capabilities.expires:
            found.extend(expiry_drift(dataset, cast("ExpiringStore", store).expiry(dataset)))
        elif dataset.ttl:
            found.extend(expiry_drift(dataset, None))
    return (*found, *_excluded(context, datamap, systems), *_all_beside(context, datamap, systems))


def _excluded(context: Context, datamap: DataMap, systems: Collection[SystemId]) -> Iterator[Finding]:
    """Look at the columns of what was excluded as not personal; a folder of any files has none."""
    for system in sorted(systems):
        for location in datamap.excluded.get(system, {}):
            if not location.endswith("/"):
                live = context.stores[system].finder().describe(_bare(system, location))
                yield from telling(system, location, live, datamap)


def _bare(system: SystemId, location: str) -> Dataset:
    """Return the place as a dataset of which nothing is known."""
    return Dataset(
        dataset_id=DatasetId(f"{system}.excluded"),
        system=system,
        location=location,
        primary_key=(),
        subject={},
        parents=(),
        derived_from=(),
        fields={},
        dates={},
        not_personal={},
    )


def _all_beside(context: Context, datamap: DataMap, systems: Collection[SystemId]) -> Iterator[Finding]:
    for system in sorted(systems):
        yield from beside(system, _beside(context.stores[system], datamap.known_in(system)))


def _beside(store: Store, known: Collection[str]) -> Collection[str]:
    if store.capabilities.surveys:
        return cast("SurveyingStore", store).surveyor().beside(known)
    return set(store.tables()) - set(known)
