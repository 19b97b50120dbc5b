"""Which rows of which dataset belong to somebody: by their own keys, or through a parent's row."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from graphlib import TopologicalSorter

from retention.errors import UnreachableDataError
from retention.model.datamap import DataMap, Dataset, Reference
from retention.model.ids import CategoryId, DatasetId
from retention.model.plan import Unlinked
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


@dataclass(frozen=True, slots=True)
class Reach:
    """Which rows are somebody's, and which datasets cannot be his."""

    rows: Mapping[DatasetId, Predicate]
    unlinked: tuple[Unlinked, ...]


def of_identity(
    world: World,
    identity: Identity,
    keysets: KeySets,
    categories: Collection[CategoryId] | None = None,
    *,
    wholly: bool = False,
) -> Reach:
    """Return, per dataset that holds rows of the identity, which rows, and which datasets no key of it leads to.

    Every tie between rows has been followed by then, so where no key leads, nothing ties a row to him.

    Args:
        world: Where the rows are.
        identity: Whose rows.
        keysets: Takes the keys.
        categories: What is asked for; None: everything personal. A retired employee's clock says
            nothing of cookies, so that it does not matter that no key of his leads to them.
        wholly: Leave out shared rows in which somebody else keeps a share.

    """
    roots = _by_own_keys(world, identity.keys, keysets)
    out_of_reach = unlinked_by(world.datamap, [name for name, keys in identity.keys.items() if keys], categories)
    return Reach(through_parents(world, roots, keysets, wholly=wholly), out_of_reach)


def unlinked_by(
    datamap: DataMap, names: Collection[str], categories: Collection[CategoryId] | None = None
) -> tuple[Unlinked, ...]:
    """Return the datasets to which no key of these names leads, sorted; the stores are not asked."""
    reachable = {d.dataset_id for d in datamap.datasets.values() if not d.subject.keys().isdisjoint(names)}
    linked = linked_names(datamap, names)
    unlinked: list[Unlinked] = []
    for dataset in parents_first(datamap):
        if any(reference.parent in reachable for reference in dataset.parents):
            reachable.add(dataset.dataset_id)
        elif dataset.dataset_id not in reachable and _holds(dataset, categories):
            known = known_by(datamap, dataset)
            why = "no-link" if linked.isdisjoint(known) else "not-tied"
            unlinked.append(Unlinked(dataset.dataset_id, tuple(sorted(known)), why))
    return tuple(sorted(unlinked, key=lambda one: one.dataset))


def refuse_unlinkable(reach: Reach, names: Iterable[str]) -> None:
    """Stop a clock that is about data to which the map knows no way: it would run out and nothing would happen.

    Raises:
        UnreachableDataError: the map ties none of a dataset's keys to any key by which the person is known.

    """
    for one in reach.unlinked:
        if one.why == "no-link":
            raise UnreachableDataError(
                f"{one.dataset} knows people by {', '.join(one.known_by) or 'its parents only'}, "
                f"and only {', '.join(sorted(names))} is known of this person",
                hint="record the event by such a key, or add the missing link to the data map",
            )


def linked_names(datamap: DataMap, names: Iterable[str]) -> frozenset[str]:
    """Return the names of keys that the map ties to these, over any number of datasets."""
    linked = set(names)
    groups = [set(dataset.subject) for dataset in datamap.datasets.values() if len(dataset.subject) > 1]
    while grown := [group for group in groups if group & linked and not group <= linked]:
        linked.update(*grown)
    return frozenset(linked)


def known_by(datamap: DataMap, dataset: Dataset) -> frozenset[str]:
    """Return the names of the keys by which the dataset, or a parent of it, knows people."""
    above = (datamap.datasets[ref.parent] for ref in dataset.parents if ref.parent in datamap.datasets)
    return frozenset(dataset.subject).union(*(known_by(datamap, parent) for parent in above))


def _holds(dataset: Dataset, categories: Collection[CategoryId] | None) -> bool:
    return any(categories is None or field.category in categories for field in dataset.fields.values())


def rows_of(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return, per dataset, the rows that these keys lead to; where none leads, nothing is said."""
    return through_parents(world, _by_own_keys(world, keys, keysets), keysets)


def rows_around(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return, per dataset, the rows that name these keys, or are known by a key that goes with them in some row."""
    beside = _associated(world, keys, keysets)
    roots: dict[DatasetId, Predicate] = {}
    for dataset in world.datamap.datasets.values():
        ways = by_subject(dataset, keys, keysets, widely=True), by_subject(dataset, beside, keysets)
        found = tuple(where for where in ways if where is not None)
        if found:
            roots[dataset.dataset_id] = found[0] if len(found) == 1 else AnyOf(found)
    return through_parents(world, roots, keysets)


def _associated(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[str, frozenset[Key]]:
    found: dict[str, frozenset[Key]] = {}
    for dataset in world.datamap.datasets.values():
        where = by_subject(dataset, keys, keysets) if dataset.associates else None
        if where is not None:
            for name, column in dataset.associates.items():
                values = map(str, referenced(world, dataset, column, where, keysets))
                found[name] = found.get(name, frozenset()) | frozenset(values)
    return found


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
