"""Where the data is: the data map, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.transform import Transform


class Identifies(Enum):
    """How far a field tells who the person is."""

    DIRECTLY = "directly"
    INDIRECTLY = "indirectly"
    """A quasi-identifier: together with others it may tell."""
    NO = "no"


class ColumnType(Enum):
    """A live column's type, as far as planning needs to know it."""

    TEXT = "text"
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    INSTANT = "instant"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Field:
    """One personal field of a dataset."""

    name: str
    category: CategoryId
    identifies: Identifies
    anonymize: Transform | None
    """What anonymization does to it; None keeps it as it is: unless it identifies directly."""


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows of this dataset belong to rows of the parent."""

    parent: DatasetId
    columns: tuple[tuple[str, str], ...]
    """(column here, column of the parent); exactly one pair in this version."""


@dataclass(frozen=True, slots=True)
class Dataset:
    """One table, or one set of files of the same shape."""

    dataset_id: DatasetId
    system: SystemId
    location: str
    """A table's name, or a path pattern (`viewing/dt=*/*.parquet`)."""
    primary_key: tuple[str, ...]
    """Columns that identify a row (not a person); empty for files."""
    subject: Mapping[str, str]
    """Identity key → column: `{"user_id": "id"}`."""
    parents: tuple[Reference, ...]
    derived_from: tuple[DatasetId, ...]
    """Originals this is a copy of; copies are erased before originals."""
    fields: Mapping[str, Field]
    """Personal fields by name; other columns are not personal."""
    dates: Mapping[str, str]
    """Date name → column: `{"watched": "watched_at"}`."""
    not_personal: Mapping[str, str]
    """Column → the reason why it is not personal."""
    tenant: tuple[str, str] | None = None
    """(tenant key, column): rows in which the column is filled are that tenant's; others are the individual's."""
    associates: Mapping[str, str] = field(default_factory=dict)
    """Key that goes with the person and may go with others → column: `{"device_id": "device"}`. Never followed."""
    scan: bool = False
    """Whether a store that finds rows by keys only (DynamoDB) may read the whole table to find others."""
    ttl: str | None = None
    """Column by which the store lets rows expire by itself; checked against the store's own setting."""

    @property
    def short_name(self) -> str:
        """The last part of the id: `payments` of `app.payments`."""
        return self.dataset_id.rsplit(".", 1)[-1]

    @property
    def linking_columns(self) -> tuple[str, ...]:
        """Columns that tie a row to its person: identity keys, associated keys and references, sorted."""
        references = {here for ref in self.parents for here, _ in ref.columns}
        return tuple(sorted({*self.naming_columns, *references}))

    @property
    def naming_columns(self) -> frozenset[str]:
        """Columns that hold a key of the person, or one that goes with him."""
        return frozenset({*self.subject.values(), *self.associates.values()})


@dataclass(frozen=True, slots=True)
class DataMap:
    """All datasets, checked: parents exist, and there is no cycle of references."""

    datasets: Mapping[DatasetId, Dataset]
    digest: str
    """SHA-256 (hex) of the file's bytes."""

    def of_system(self, system: SystemId) -> tuple[Dataset, ...]:
        """Return the system's datasets, in the map's order."""
        return tuple(d for d in self.datasets.values() if d.system == system)
