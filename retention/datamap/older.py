"""The map, as a store can be read by it that was copied when the map was another. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace

from retention.datamap.drift import MISSING_COLUMN, MISSING_DATASET
from retention.grammar import Finding
from retention.model.datamap import DataMap, Dataset, Reference
from retention.model.ids import DatasetId

Absent = Mapping[DatasetId, frozenset[str]]
"""Dataset → columns of the map that the store does not have."""


def absent_of(dataset: Dataset, live: AbstractSet[str]) -> frozenset[str]:
    """Return the columns of the map that the store does not have; all of them if it has no such dataset."""
    return frozenset(_needed(dataset)) - frozenset(live)


def as_of(datamap: DataMap, absent: Absent) -> DataMap:
    """Return the map without what the store lacks, so that what it has can be looked at and disposed of.

    A dataset that the store does not have is left out: nobody can be in it.
    """
    here = {
        name: _without(dataset, absent)
        for name, dataset in datamap.datasets.items()
        if not _is_gone(dataset, absent.get(name, frozenset()))
    }
    return replace(datamap, datasets=here)


def gone(datamap: DataMap, absent: Absent) -> tuple[DatasetId, ...]:
    """Return the datasets that the store does not have, sorted."""
    datasets = datamap.datasets.items()
    return tuple(sorted(name for name, one in datasets if _is_gone(one, absent.get(name, frozenset()))))


def blinding(datamap: DataMap, absent: Absent) -> tuple[Finding, ...]:
    """Return findings for missing columns without which somebody's rows could be there and not be found."""
    return tuple(_told(datamap, absent, blind=True))


def harmless(datamap: DataMap, absent: Absent) -> tuple[Finding, ...]:
    """Return findings for what is missing and hides nobody: younger datasets, and fields that did not exist yet."""
    left_out = (
        Finding(MISSING_DATASET, name, "the copy has no such dataset; load it before you look, if it should")
        for name in gone(datamap, absent)
    )
    return (*left_out, *_told(datamap, absent, blind=False))


def _told(datamap: DataMap, absent: Absent, *, blind: bool) -> Iterator[Finding]:
    says = "rows of people may not be found without it" if blind else "the copy is older than this field"
    left_out = gone(datamap, absent)
    for name, dataset in datamap.datasets.items():
        missing = absent.get(name, frozenset()) if name not in left_out else frozenset()
        chosen = missing & _finding(dataset) if blind else missing - _finding(dataset)
        for column in sorted(chosen):
            yield Finding(MISSING_COLUMN, f"{name}.{column}", f"{says}; bring the schema up to date, then look again")


def _finding(dataset: Dataset) -> frozenset[str]:
    """Return the columns by which rows are found: keys, references, dates, and whose they are."""
    references = (here for reference in dataset.parents for here in reference.here)
    tenant = [dataset.tenant[1]] if dataset.tenant else []
    return frozenset({*dataset.subject.values(), *dataset.primary_key, *dataset.dates.values(), *references, *tenant})


def _needed(dataset: Dataset) -> Iterator[str]:
    yield from _finding(dataset)
    yield from dataset.fields
    yield from dataset.associates.values()
    yield from (here for reference in dataset.mentions for here in reference.here)
    yield from [dataset.ttl] if dataset.ttl else []


def _is_gone(dataset: Dataset, missing: AbstractSet[str]) -> bool:
    needed = frozenset(_needed(dataset))
    return bool(needed) and needed <= missing


def _without(dataset: Dataset, absent: Absent) -> Dataset:
    missing = absent.get(dataset.dataset_id, frozenset())

    def holds(reference: Reference) -> bool:
        there = absent.get(reference.parent, frozenset())
        return missing.isdisjoint(reference.here) and there.isdisjoint(reference.there)

    return replace(
        dataset,
        primary_key=dataset.primary_key if missing.isdisjoint(dataset.primary_key) else (),
        subject=_kept(dataset.subject, missing),
        parents=tuple(filter(holds, dataset.parents)),
        fields={name: field for name, field in dataset.fields.items() if name not in missing},
        dates=_kept(dataset.dates, missing),
        mentions=tuple(filter(holds, dataset.mentions)),
        tenant=None if dataset.tenant and dataset.tenant[1] in missing else dataset.tenant,
        associates=_kept(dataset.associates, missing),
        ttl=None if dataset.ttl in missing else dataset.ttl,
    )


def _kept(columns: Mapping[str, str], missing: AbstractSet[str]) -> dict[str, str]:
    return {name: column for name, column in columns.items() if column not in missing}
