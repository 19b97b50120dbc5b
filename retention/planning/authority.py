"""Whose data a row is: the individual's, or a tenant's, for whom we only hold it.

Authority lies with the record, not with the person (APPI art. 16(4): who may disclose, correct
and delete it; GDPR art. 28(3)): someone may have rows of his own and rows of his employer's.
The data map says by which column; rows that refer to a tenant's row are the tenant's as well.

A tenant's rows move only when the tenant's own clock has run out (its contract ended), or on the
tenant's instruction. Every other plan leaves them where they are, and says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from retention.model.datamap import DataMap, Dataset, Reference
from retention.model.ids import DatasetId
from retention.model.predicate import Among, AnyOf, Populated, Predicate
from retention.model.subject import Key
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.reach import among, joined, referenced, through_parents
from retention.planning.world import World

CONTROLLED = "tenant-controlled"
"""The code under which such rows are withheld."""


def tenant_key_names(datamap: DataMap) -> frozenset[str]:
    """Return the names of the keys by which tenants are known."""
    return frozenset(dataset.tenant[0] for dataset in datamap.datasets.values() if dataset.tenant)


def of_tenants(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return all rows of these tenants, per dataset."""
    roots: dict[DatasetId, Predicate] = {
        dataset.dataset_id: Among(dataset.tenant[1], keysets.of(keys[dataset.tenant[0]]))
        for dataset in world.datamap.datasets.values()
        if dataset.tenant and keys.get(dataset.tenant[0])
    }
    return through_parents(world, roots, keysets)


def controlled(world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return which of the rows given some tenant decides over; a parent's tenant counts, reached or not."""
    return through_parents(world, _roots(world, reached, keysets), keysets)


def _roots(world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return the rows that name a tenant, or whose parent beyond the rows given is a tenant's."""
    roots: dict[DatasetId, Predicate] = {}
    for dataset_id, where in reached.items():
        dataset = world.dataset(dataset_id)
        parts: list[Predicate] = [Populated((dataset.tenant[1],))] if dataset.tenant else []
        for reference in dataset.parents:
            if reference.parent not in reached and _may_be_a_tenants(world, reference.parent):
                parts += _by_parent(world, dataset, reference, where, keysets)
        if parts:
            roots[dataset_id] = together(where, parts[0] if len(parts) == 1 else AnyOf(tuple(parts)))
    return roots


def _by_parent(
    world: World, dataset: Dataset, reference: Reference, where: Predicate, keysets: KeySets
) -> Iterator[Predicate]:
    """Yield which of the rows refer to a tenant's row: rows found by their own dates come without their parents."""
    parent = world.dataset(reference.parent)
    keys = joined(world, dataset, reference.here, where, keysets)
    above = _roots(world, {parent.dataset_id: among(reference.there, keysets.of(keys))}, keysets) if keys else {}
    if parent.dataset_id in above:
        theirs = joined(world, parent, reference.there, above[parent.dataset_id], keysets)
        if theirs:
            yield among(reference.here, keysets.of(theirs))


def _may_be_a_tenants(world: World, dataset_id: DatasetId) -> bool:
    dataset = world.datamap.datasets.get(dataset_id)
    if dataset is None:
        return False
    return dataset.tenant is not None or any(
        _may_be_a_tenants(world, ref.parent) for ref in dataset.parents if ref.parent != dataset_id
    )


def instructed(
    world: World, reached: Mapping[DatasetId, Predicate], tenants: Mapping[str, frozenset[Key]], keysets: KeySets
) -> dict[DatasetId, Predicate]:
    """Return which of the rows given these tenants decide over."""
    roots = {
        dataset.dataset_id: together(
            reached[dataset.dataset_id], Among(dataset.tenant[1], keysets.of(tenants[dataset.tenant[0]]))
        )
        for dataset in world.datamap.datasets.values()
        if dataset.tenant and dataset.dataset_id in reached and tenants.get(dataset.tenant[0])
    }
    return through_parents(world, roots, keysets)


def people_in(world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets) -> dict[str, frozenset[Key]]:
    """Return the identity keys that the rows name, by key name."""
    found: dict[str, frozenset[Key]] = {}
    for dataset_id, where in reached.items():
        dataset = world.dataset(dataset_id)
        for name, column in dataset.subject.items():
            found[name] = found.get(name, frozenset()) | referenced(world, dataset, column, where, keysets)
    return {name: keys for name, keys in found.items() if keys}
