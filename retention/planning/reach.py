"""Which rows of which dataset belong to somebody: by their own keys, or through a parent's row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from graphlib import TopologicalSorter

from retention.errors import UnreachableDataError
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import CategoryId, DatasetId
from retention.model.predicate import Among, AnyOf, Predicate, Selection
from retention.model.subject import Key
from retention.planning.identity import Identity, by_subject
from retention.planning.keysets import KeySets
from retention.planning.world import World


def parents_first(datamap: DataMap) -> tuple[Dataset, ...]:
    """Return all datasets, each after those it refers to."""
    graph = {d.dataset_id: [ref.parent for ref in d.parents] for d in datamap.datasets.values()}
    return tuple(datamap.datasets[name] for name in TopologicalSorter(graph).static_order() if name in datamap.datasets)


def of_identity(
    world: World, identity: Identity, keysets: KeySets, categories: Collection[CategoryId] | None = None
) -> dict[DatasetId, Predicate]:
    """Return, per dataset that holds rows of the identity, which rows.

    Args:
        world: Where the rows are.
        identity: Whose rows.
        keysets: Takes the keys.
        categories: What is asked for; None: everything personal. A retired employee's clock says
            nothing of cookies, so that it does not matter that no key of his leads to them.

    Raises:
        UnreachableDataError: a dataset with fields of these categories cannot be reached from the keys known.

    """
    roots = _by_own_keys(world, identity.keys, keysets)
    reachable = set(roots)
    for dataset in parents_first(world.datamap):
        if any(reference.parent in reachable for reference in dataset.parents):
            reachable.add(dataset.dataset_id)
        elif dataset.dataset_id not in reachable and _holds(dataset, categories):
            raise UnreachableDataError(
                f"{dataset.dataset_id} knows people by {', '.join(sorted(dataset.subject)) or 'its parents only'}, "
                f"and only {', '.join(sorted(identity.keys))} is known of this person",
                hint="open the request by such a key, or add the missing link to the data map",
            )
    return through_parents(world, roots, keysets)


def _holds(dataset: Dataset, categories: Collection[CategoryId] | None) -> bool:
    return any(categories is None or field.category in categories for field in dataset.fields.values())


def rows_of(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return, per dataset, the rows that these keys lead to; where none leads, nothing is said."""
    return through_parents(world, _by_own_keys(world, keys, keysets), keysets)


def _by_own_keys(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    found = {d.dataset_id: by_subject(d, keys, keysets) for d in world.datamap.datasets.values()}
    return {name: where for name, where in found.items() if where is not None}


def through_parents(world: World, roots: Mapping[DatasetId, Predicate], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Add to the rows given those that refer to them, child by child."""
    reached = dict(roots)
    for dataset in parents_first(world.datamap):
        parts = [*([reached[dataset.dataset_id]] if dataset.dataset_id in reached else [])]
        for reference in dataset.parents:
            if reference.parent in reached and reference.parent in world.datamap.datasets:
                (here, there) = reference.columns[0]
                keys = referenced(world, world.dataset(reference.parent), there, reached[reference.parent], keysets)
                parts.extend([Among(here, keysets.of(keys))] if keys else [])
        if parts:
            reached[dataset.dataset_id] = parts[0] if len(parts) == 1 else AnyOf(tuple(parts))
    return reached


def referenced(world: World, dataset: Dataset, column: str, where: Predicate, keysets: KeySets) -> frozenset[Key]:
    """Return the values that rows of other datasets refer to."""
    rows: Iterable[tuple[object, ...]] = world.finder(dataset).values(
        dataset, [column], Selection(where, keysets.values)
    )
    return frozenset(value if isinstance(value, int) else str(value) for (value,) in rows if value is not None)
