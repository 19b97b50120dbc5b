"""What a canary's rows look like: ordinary, made from a random seed, parents first. Pure."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from retention.model.datamap import ColumnType, DataMap, Dataset
from retention.model.ids import DatasetId
from retention.model.subject import Key
from retention.model.transform import Value

LONG_AGO = timedelta(days=366 * 40)
"""A canary's row where a law keeps rows for years: it is dated so that the law no longer does."""


@dataclass(frozen=True, slots=True)
class Shape:
    """What one live dataset asks of a row."""

    columns: Mapping[str, ColumnType]
    examples: Mapping[str, Value] = field(repr=False)
    """Values that stand there already, of columns that are not personal: constraints take them."""
    is_kept: bool
    """Whether some law keeps fields of this dataset."""


@dataclass(frozen=True, slots=True)
class Planting:
    """One row to be planted."""

    dataset: Dataset
    row: Mapping[str, Value] = field(repr=False)


def rows_of(datamap: DataMap, shapes: Mapping[DatasetId, Shape], seed: bytes, now: datetime) -> tuple[Planting, ...]:
    """Return one row for each dataset that can hold the person, parents before children.

    The same seed gives the same rows. A dataset that no key and no planted parent reaches gets none.
    """
    keys = _Keys(datamap, shapes, seed)
    made: dict[DatasetId, Mapping[str, Value]] = {}
    for dataset in _parents_first([d for d in datamap.datasets.values() if d.dataset_id in shapes]):
        shape = shapes[dataset.dataset_id]
        links = _links(dataset, made)
        if links is None or not (dataset.subject or links):
            continue
        ties = {**{column: keys.of(dataset, name) for name, column in dataset.subject.items()}, **links}
        primary = {column: keys.primary(dataset, column) for column in dataset.primary_key if column not in ties}
        at = now - LONG_AGO if shape.is_kept else now
        rest = {
            name: shape.examples.get(name, keys.other(dataset, name, kind, at)) for name, kind in shape.columns.items()
        }
        made[dataset.dataset_id] = {**rest, **primary, **ties}
    return tuple(Planting(datamap.datasets[name], row) for name, row in made.items())


def keys_of(plantings: Sequence[Planting]) -> frozenset[Key]:
    """Return the values by which the canary can be told: identity keys, references, primary keys."""
    return frozenset(
        value
        for planting in plantings
        for column in telling_columns(planting.dataset)
        if isinstance(value := planting.row.get(column), str | int)
    )


def telling_columns(dataset: Dataset) -> tuple[str, ...]:
    """Return the columns that say whose row it is."""
    return tuple(sorted({*dataset.linking_columns, *dataset.primary_key}))


def _links(dataset: Dataset, made: Mapping[DatasetId, Mapping[str, Value]]) -> dict[str, Value] | None:
    """Return the references' values; None if a parent was not planted."""
    links: dict[str, Value] = {}
    for reference in dataset.parents:
        if reference.parent == dataset.dataset_id or reference.is_kept:
            continue  # a root of its own tree; a canary is never suspended
        if reference.parent not in made:
            return None
        links |= {here: made[reference.parent].get(there) for here, there in reference.columns}
    return links


def _parents_first(datasets: Sequence[Dataset]) -> list[Dataset]:
    known = {dataset.dataset_id for dataset in datasets}
    done: dict[DatasetId, Dataset] = {}
    waiting = list(datasets)
    while waiting:
        ready = [
            d
            for d in waiting
            if all(ref.parent in {*done, d.dataset_id} or ref.parent not in known for ref in d.parents)
        ]
        done |= {dataset.dataset_id: dataset for dataset in ready}
        waiting = [dataset for dataset in waiting if dataset.dataset_id not in done]
    return list(done.values())


class _Keys:
    """Values from the seed; the same person has the same key under one name everywhere."""

    def __init__(self, datamap: DataMap, shapes: Mapping[DatasetId, Shape], seed: bytes) -> None:
        self._seed = seed
        self._shapes = shapes
        self._numeric = {
            name
            for dataset in datamap.datasets.values()
            for name, column in dataset.subject.items()
            if dataset.dataset_id in shapes and _is_number(shapes[dataset.dataset_id].columns.get(column))
        }

    def of(self, dataset: Dataset, name: str) -> Value:
        """Return the identity key of that name, in the column's type."""
        raw = self._raw(f"key {name}")
        value: Value
        if name in self._numeric:
            number = 1_000_000_000 + int.from_bytes(raw[:8]) % 1_000_000_000
            is_number = _is_number(self._shapes[dataset.dataset_id].columns.get(dataset.subject[name]))
            return number if is_number else str(number)
        value = f"{raw.hex()[:12]}@example.com" if "mail" in name else str(uuid.UUID(bytes=raw[:16], version=4))
        return value

    def primary(self, dataset: Dataset, column: str) -> Value:
        """Return a primary key's part."""
        raw = self._raw(f"primary {dataset.dataset_id} {column}")
        if _is_number(self._shapes[dataset.dataset_id].columns.get(column)):
            return 1_000_000_000 + int.from_bytes(raw[:8]) % 1_000_000_000
        return str(uuid.UUID(bytes=raw[:16], version=4))

    def other(self, dataset: Dataset, column: str, kind: ColumnType, at: datetime) -> Value:
        """Return something ordinary of the column's type."""
        raw = self._raw(f"other {dataset.dataset_id} {column}")
        match kind:
            case ColumnType.TEXT:
                return raw.hex()[:10]
            case ColumnType.INTEGER:
                return 1 + raw[0] % 99
            case ColumnType.NUMBER:
                return float(1 + raw[0] % 99)
            case ColumnType.BOOLEAN:
                return False
            case ColumnType.DATE:
                return at.date()
            case ColumnType.INSTANT:
                return at
            case ColumnType.OTHER:
                return None

    def _raw(self, what: str) -> bytes:
        return hashlib.sha256(self._seed + what.encode()).digest()


def _is_number(kind: ColumnType | None) -> bool:
    return kind in (ColumnType.INTEGER, ColumnType.NUMBER)
