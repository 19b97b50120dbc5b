"""Which rows of which dataset belong to somebody: by their own keys, or through a parent's row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from graphlib import TopologicalSorter

from retention.errors import UnreachableDataError
from retention.model.datamap import DataMap, Dataset, Reference
from retention.model.ids import CategoryId, DatasetId
from retention.model.predicate import (
    Among,
    AmongTuples,
    AnyOf,
    Not,
    Populated,
    Predicate,
    Selection,
    tuple_key,
)
from retention.model.subject import Key, KeySet
from retention.planning.holding import together
from retention.planning.identity import Identity, by_subject
from retention.planning.keysets import KeySets
from retention.planning.world import World


def parents_first(datamap: DataMap) -> tuple[Dataset, ...]:
    """Return all datasets, each after those it refers to."""
    graph = {
        d.dataset_id: [ref.parent for ref in d.parents if ref.parent != d.dataset_id] for d in datamap.datasets.values()
    }
    return tuple(datamap.datasets[name] for name in TopologicalSorter(graph).static_order() if name in datamap.datasets)


def of_identity(
    world: World,
    identity: Identity,
    keysets: KeySets,
    categories: Collection[CategoryId] | None = None,
    *,
    wholly: bool = False,
) -> dict[DatasetId, Predicate]:
    """Return, per dataset that holds rows of the identity, which rows.

    Args:
        world: Where the rows are.
        identity: Whose rows.
        keysets: Takes the keys.
        categories: What is asked for; None: everything personal. A retired employee's clock says
            nothing of cookies, so that it does not matter that no key of his leads to them.
        wholly: Leave out shared rows in which somebody else keeps a share.

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
    return through_parents(world, roots, keysets, wholly=wholly)


def _holds(dataset: Dataset, categories: Collection[CategoryId] | None) -> bool:
    return any(categories is None or field.category in categories for field in dataset.fields.values())


def rows_of(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return, per dataset, the rows that these keys lead to; where none leads, nothing is said."""
    return through_parents(world, _by_own_keys(world, keys, keysets), keysets)


def _by_own_keys(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    found = {d.dataset_id: by_subject(d, keys, keysets) for d in world.datamap.datasets.values()}
    return {name: where for name, where in found.items() if where is not None}


def through_parents(
    world: World, roots: Mapping[DatasetId, Predicate], keysets: KeySets, *, wholly: bool = False
) -> dict[DatasetId, Predicate]:
    """Add to the rows given those that refer to them, child by child, and down trees within one dataset."""
    reached = dict(roots)
    for dataset in parents_first(world.datamap):
        parts = [*([reached[dataset.dataset_id]] if dataset.dataset_id in reached else [])]
        parts += _children(world, dataset, reached, keysets, wholly=wholly)
        if parts:
            reached[dataset.dataset_id] = any_of(parts)
        for reference in dataset.parents:
            if reference.parent == dataset.dataset_id and parts:
                _grow(world, dataset, reference, reached, keysets)
    return reached


def _children(
    world: World, dataset: Dataset, reached: Mapping[DatasetId, Predicate], keysets: KeySets, *, wholly: bool
) -> list[Predicate]:
    """Return the rows that refer to rows reached; of shared rows, if need be, only those in which no share stays."""
    found: list[Predicate] = []
    gone: list[Predicate] = []
    for reference in dataset.parents:
        parent = world.datamap.datasets.get(reference.parent)
        if parent is None or parent is dataset:
            continue
        within = reached.get(reference.parent)
        keys = joined(world, parent, reference.there, within, keysets) if within is not None else frozenset()
        refers = [among(reference.here, keysets.of(keys))] if keys else []
        found += refers
        gone.append(any_of([*refers, *(Not(Populated((column,))) for column in reference.here)]))
    return [together(any_of(found), *gone)] if found and wholly and dataset.is_shared else found


def _grow(
    world: World, dataset: Dataset, reference: Reference, reached: dict[DatasetId, Predicate], keysets: KeySets
) -> None:
    """Follow references within the dataset, generation by generation, until nothing new comes."""
    own = reached[dataset.dataset_id]
    known: frozenset[Key] = frozenset()
    while not (found := joined(world, dataset, reference.there, reached[dataset.dataset_id], keysets)) <= known:
        known |= found
        reached[dataset.dataset_id] = any_of([own, among(reference.here, keysets.of(known))])


def any_of(parts: Sequence[Predicate]) -> Predicate:
    """Return the rows that some part selects; at least one part."""
    return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))


def among(columns: tuple[str, ...], keys: KeySet) -> Predicate:
    """Return the rows that hold one of the keys in the column, or in the columns together."""
    return Among(columns[0], keys) if len(columns) == 1 else AmongTuples(columns, keys)


def joined(
    world: World, dataset: Dataset, columns: tuple[str, ...], where: Predicate, keysets: KeySets
) -> frozenset[Key]:
    """Return what rows of other datasets refer to by these columns; a null in one of them refers to nothing."""
    if len(columns) == 1:
        return referenced(world, dataset, columns[0], where, keysets)
    rows: Iterable[tuple[object, ...]] = world.finder(dataset).values(
        dataset, columns, Selection(where, keysets.values)
    )
    return frozenset(tuple_key([as_key(value) for value in row]) for row in rows if None not in row)


def referenced(world: World, dataset: Dataset, column: str, where: Predicate, keysets: KeySets) -> frozenset[Key]:
    """Return the values that rows of other datasets refer to."""
    rows: Iterable[tuple[object, ...]] = world.finder(dataset).values(
        dataset, [column], Selection(where, keysets.values)
    )
    return frozenset(as_key(value) for (value,) in rows if value is not None)


def as_key(value: object) -> Key:
    """Return a value as keys are written."""
    return value if isinstance(value, int) else str(value)
