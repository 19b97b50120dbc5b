"""Whom a tenant's rows are about, asked by a digest of a key instead of the key."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping

from retention.model.ids import DatasetId
from retention.model.predicate import Predicate, Selection
from retention.model.subject import SubjectKey
from retention.planning.authority import of_tenants
from retention.planning.keysets import KeySets
from retention.planning.reach import among, any_of, as_key, joined, parents_first
from retention.planning.world import World


def known_by_digest(world: World, tenant: SubjectKey, name: str, digest: str, keysets: KeySets) -> Iterator[SubjectKey]:
    """Yield the keys of that name whose SHA-256 (hex) is the digest, among the people the tenant's rows are about.

    The digest is taken over the value as it stands, or over the value as it is compared (NFKC, without
    outer spaces, case folded): the common ways to hash an address. Every such key of the tenant is
    read; no store has an index over digests that others make.
    """
    for dataset_id, where in _rows_about_people(world, tenant, keysets).items():
        dataset = world.dataset(dataset_id)
        if (column := dataset.subject.get(name)) is None:
            continue
        for (value,) in world.finder(dataset).values(dataset, [column], Selection(where, keysets.values)):
            if value is not None and digest in _digests(key := SubjectKey(name, as_key(value))):
                yield key


def _digests(key: SubjectKey) -> set[str]:
    return {hashlib.sha256(text.encode()).hexdigest() for text in (str(key.value), key.compared)}


def _rows_about_people(world: World, tenant: SubjectKey, keysets: KeySets) -> Mapping[DatasetId, Predicate]:
    """Return the tenant's rows, and above them the rows they belong to: a note's person stands in his account."""
    rows = of_tenants(world, {tenant.name: frozenset({tenant.value})}, keysets)
    for dataset in reversed(parents_first(world.datamap)):
        for reference in dataset.parents if dataset.dataset_id in rows else ():
            if reference.parent in world.datamap.datasets and reference.parent != dataset.dataset_id:
                keys = joined(world, dataset, reference.here, rows[dataset.dataset_id], keysets)
                above = among(reference.there, keysets.of(keys))
                known = rows.get(reference.parent)
                rows[reference.parent] = above if known is None else any_of([known, above])
    return rows
