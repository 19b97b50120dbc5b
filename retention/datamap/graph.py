"""References between datasets: children point to parents, copies to originals."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import CycleError, TopologicalSorter

from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId


def order(datamap: DataMap) -> tuple[DatasetId, ...]:
    """Return the datasets in the order of erasure: copies before originals, children before parents.

    A child is found by its parent's rows and a copy is remade from its original, so both go
    first. Datasets that do not depend on each other stand in the order of their ids.
    """
    sorter = _sorter(datamap.datasets)
    sorter.prepare()
    result: list[DatasetId] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        result.extend(ready)
        sorter.done(*ready)
    return tuple(result)


def cycle_of(datasets: Mapping[DatasetId, Dataset]) -> tuple[DatasetId, ...]:
    """Return a cycle of references, its first dataset again at the end; empty if there is none."""
    try:
        _sorter(datasets).prepare()
    except CycleError as error:
        return tuple(reversed(error.args[1]))
    return ()


def unreachable(datasets: Mapping[DatasetId, Dataset]) -> tuple[DatasetId, ...]:
    """Return datasets with personal fields that no identity key reaches, not even through parents."""
    reached = {dataset.dataset_id for dataset in datasets.values() if dataset.subject}
    grows = True
    while grows:
        more = {d.dataset_id for d in datasets.values() if any(ref.parent in reached for ref in d.parents)}
        grows = not more <= reached
        reached |= more
    return tuple(d.dataset_id for d in datasets.values() if d.fields and d.dataset_id not in reached)


def _sorter(datasets: Mapping[DatasetId, Dataset]) -> TopologicalSorter[DatasetId]:
    sorter: TopologicalSorter[DatasetId] = TopologicalSorter()
    for dataset in datasets.values():
        sorter.add(dataset.dataset_id)
        for later in (*(ref.parent for ref in dataset.parents), *dataset.derived_from):
            # a tree within one dataset is the store's to take down in order
            if later in datasets and later != dataset.dataset_id:
                sorter.add(later, dataset.dataset_id)
    return sorter
