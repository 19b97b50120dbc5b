"""Where the data is: the data map, read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.subject import Key
from retention.model.suspension import Flag, Suspension
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


class Shows(Enum):
    """Whether an answer to the person shows a field of his rows."""

    OWN = "own"
    OTHERS = "others"
    """It speaks of somebody else: masked."""
    SECRET = "secret"  # noqa: S105 -- a word of the data map
    """A password, a token: it never leaves."""


class Origin(Enum):
    """Where a field's values come from; who asks for portability receives what he provided (GDPR art. 20(1))."""

    PROVIDED = "provided"
    """By the person, or observed of what he did (WP 242 rev.01, II.3)."""
    INFERRED = "inferred"
    """By us, from that."""


@dataclass(frozen=True, slots=True)
class Field:
    """One personal field of a dataset."""

    name: str
    category: CategoryId
    identifies: Identifies
    anonymize: Transform | None
    """What anonymization does to it; None keeps it as it is: unless it identifies directly."""
    shows: Shows | None = None
    """None: the map does not say; then its name may (`datamap.showing`)."""
    origin: Origin | None = None
    """None: the map does not say; then it is inferred where its dataset is derived from others."""


@dataclass(frozen=True, slots=True)
class Encryption:
    """Fields that the application encrypts, each under its person's own key for the field's category."""

    keys: SystemId
    """The system of subject keys."""
    by: str
    """The identity key whose value owns the key: one of the dataset's `subject`."""
    fields: frozenset[str]


@dataclass(frozen=True, slots=True)
class Reference:
    """Rows of this dataset belong to rows of the parent."""

    parent: DatasetId
    columns: tuple[tuple[str, str], ...]
    """(column here, column of the parent); several pairs join on all of them together."""
    is_kept: bool = False
    """Whether it leads to where the parent's suspended rows are kept: beside the reference to the parent itself."""

    @property
    def here(self) -> tuple[str, ...]:
        """The columns here."""
        return tuple(here for here, _ in self.columns)

    @property
    def there(self) -> tuple[str, ...]:
        """The parent's columns."""
        return tuple(there for _, there in self.columns)


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
    mentions: tuple[Reference, ...] = ()
    """References that do not make a row the person's: emptied when the row they lead to goes."""
    stand_ins: Mapping[str, Key] = field(default_factory=lambda: MappingProxyType({}))
    """Column → what stands in it once it is emptied, where it cannot be null: "", or a tombstone's key."""
    is_shared: bool = False
    """Rows belong to all of their parents together: one goes when the last of them does."""
    tenant: tuple[str, str] | None = None
    """(tenant key, column): rows in which the column is filled are that tenant's; others are the individual's."""
    associates: Mapping[str, str] = field(default_factory=dict)
    """Key that goes with the person and may go with others → column: `{"device_id": "device"}`. Never followed."""
    scan: bool = False
    """Whether a store that finds rows by keys only (DynamoDB) may read the whole table to find others."""
    encrypted: Encryption | None = None
    ttl: str | None = None
    """Column by which the store lets rows expire by itself; checked against the store's own setting."""
    suspension: Suspension | None = None
    """How the use of its rows is stopped; None if the map does not say."""
    out_of_use_with_parent: str | None = None
    """Why its rows are out of use whenever their parent's row is: nothing has to be done to them."""
    keeps: DatasetId | None = None
    """The dataset whose suspended rows, or whose suspended rows' keys, stand here."""
    only_with: str | None = None
    """Column without which a row should not be here (the number of a consent): empty, and the row is due at once."""
    given_to: Mapping[str, str] = field(default_factory=dict)
    """Recipient of the policy → column that says which company of that name was given the row."""

    @property
    def short_name(self) -> str:
        """The last part of the id: `payments` of `app.payments`, and of what keeps its suspended rows."""
        return (self.keeps or self.dataset_id).rsplit(".", 1)[-1]

    @property
    def flag(self) -> Flag | None:
        """The column that says whether a row is suspended."""
        means = self.suspension.means if self.suspension else None
        return means if isinstance(means, Flag) else None

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
    """All datasets, checked: parents exist, and belong to nobody in a circle (mentions may)."""

    datasets: Mapping[DatasetId, Dataset]
    digest: str
    """SHA-256 (hex) of the file's bytes."""
    excluded: Mapping[SystemId, Mapping[str, str]] = field(default_factory=dict)
    """System → table, path pattern or folder (`tmp/`) → the reason why nothing in it is personal."""

    def of_system(self, system: SystemId) -> tuple[Dataset, ...]:
        """Return the system's datasets, in the map's order."""
        return tuple(d for d in self.datasets.values() if d.system == system)

    def known_in(self, system: SystemId) -> frozenset[str]:
        """Return every location of the system that is mapped, or excluded with a reason."""
        return frozenset({d.location for d in self.of_system(system)} | self.excluded.get(system, {}).keys())
