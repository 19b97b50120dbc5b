"""Whose data a row is: the individual's, or a tenant's, for whom we only hold it.

Authority lies with the record, not with the person (APPI art. 16(4): who may disclose, correct
and delete it; GDPR art. 28(3)): someone may have rows of his own and rows of his employer's.
The data map says by which column; rows that refer to a tenant's row are the tenant's as well.

A tenant's rows move only when the tenant's own clock has run out (its contract ended), or on the
tenant's instruction. Every other plan leaves them where they are, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping

from retention.model.datamap import DataMap
from retention.model.ids import DatasetId
from retention.model.predicate import Among, Populated, Predicate
from retention.model.subject import Key
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.reach import referenced, through_parents
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
    """Return which of the rows given some tenant decides over."""
    roots = {
        dataset.dataset_id: together(reached[dataset.dataset_id], Populated((dataset.tenant[1],)))
        for dataset in world.datamap.datasets.values()
        if dataset.tenant and dataset.dataset_id in reached
    }
    return through_parents(world, roots, keysets)


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
