"""Does a dataset hold what the data map says of it? Great Expectations looks, before anything is done to it.

What is expected follows from the map (columns, keys, dates, references) and from the plan (as many rows
as it counted). Each look reads key columns and dates only; where there is no SQL, they are read into a
frame. Nothing but types of expectations, names and counts comes out.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

import pyarrow as pa
import pyarrow.compute as pc

from retention.model.datamap import ColumnType, Dataset, Reference
from retention.model.plan import RowStep
from retention.ports.inspector import Inspector, SqlAddress
from retention.verification.canon import plain
from retention.verification.suite import (
    AtLeast,
    Check,
    Dated,
    Exists,
    Filled,
    NeverTrue,
    NotNull,
    Refers,
    Unique,
    Verdict,
    at_frame,
    at_store,
)

_DATES = frozenset({ColumnType.DATE, ColumnType.INSTANT, ColumnType.TEXT})
_KEYS = frozenset({ColumnType.TEXT, ColumnType.INTEGER, ColumnType.NUMBER, ColumnType.OTHER})
"""Other: a UUID."""


@dataclass(frozen=True, slots=True)
class Parent:
    """What a reference leads to."""

    reference: Reference
    dataset: Dataset
    inspector: Inspector


@dataclass(frozen=True, slots=True)
class MapLook:
    """What was found; no personal value."""

    verdicts: tuple[Verdict, ...]

    @property
    def failed(self) -> tuple[Verdict, ...]:
        """What does not hold."""
        return tuple(verdict for verdict in self.verdicts if not verdict.success)

    @property
    def summary(self) -> str:
        """Canonical JSON: types of expectations, columns, verdicts and counts."""
        ordered = sorted(self.verdicts, key=lambda v: (v.expectation, v.column or "", v.looked_at, v.unexpected))
        document = {"expectations": [asdict(verdict) for verdict in ordered]}
        return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the summary, as evidence names it."""
        return hashlib.sha256(self.summary.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Subject:
    """What is looked at: a dataset, its live columns, and by whom it is read."""

    dataset: Dataset
    types: Mapping[str, ColumnType]
    inspector: Inspector


def look_at_map(subject: Subject, parents: Sequence[Parent], steps: Sequence[RowStep]) -> MapLook:
    """Look at one dataset; what could not be evaluated counts as not holding.

    Memory without SQL: the dataset's key and date columns, and its parents' keys.

    Raises:
        MissingExtraError: Great Expectations is not installed.
        TransientFailure: the store could not be reached.
        TerminalFailure: the data cannot be read.

    """
    dataset, inspector = subject.dataset, subject.inspector
    expected = list(_expected(subject, steps))
    typed = tuple(_typed(subject))
    address = inspector.address(dataset)
    if address is None:
        return MapLook((*typed, *_at_frame(subject, parents, expected)))
    near = [(parent, there) for parent in parents if (there := _beside(address, parent)) is not None]
    refers = [Refers(*parent.reference.columns[0], there.table) for parent, there in near]
    answers = at_store(address, [*expected, *refers])
    told = [one if isinstance(one, Verdict) else _unanswered(one.expectation, "store") for one in answers]
    far = [parent for parent in parents if all(parent is not each for each, _ in near)]
    return MapLook((*typed, *told, *(_at_frame(subject, far, []) if far else ())))


def _expected(subject: Subject, steps: Sequence[RowStep]) -> Iterator[Check]:
    """Yield what the map and the plan say; the same for every store."""
    dataset = subject.dataset
    for column in _columns(dataset):
        yield Exists(column)
    for column in dataset.primary_key:
        yield NotNull(column)
    if dataset.primary_key:
        yield Unique(dataset.primary_key)
    if not dataset.parents:
        # rows of which none names anybody would be passed over in silence
        yield from (Filled(column) for column in sorted(set(dataset.subject.values()) - set(dataset.primary_key)))
    for column in sorted(set(dataset.dates.values())):
        if subject.types.get(column) is ColumnType.TEXT:
            yield Dated(column)
    if steps:
        yield AtLeast(max(step.rows for step in steps))


def _typed(subject: Subject) -> Iterator[Verdict]:
    """Yield whether keys and dates can be compared: our own look, since each SQL names types in its own way."""
    dates, keys = set(subject.dataset.dates.values()), set(subject.dataset.linking_columns)
    for column in sorted((dates | keys) & subject.types.keys()):
        fits = subject.types[column] in (_DATES if column in dates else _KEYS)
        yield Verdict("type_can_be_compared", column, fits, 1, int(not fits), "types")


def _unanswered(expectation: str, looked_at: str) -> Verdict:
    return Verdict(expectation, None, success=False, elements=0, unexpected=0, looked_at=looked_at)


def _columns(dataset: Dataset) -> tuple[str, ...]:
    known = {*dataset.fields, *dataset.dates.values(), *dataset.linking_columns, *dataset.primary_key}
    return tuple(sorted(known))


def _beside(address: SqlAddress, parent: Parent) -> SqlAddress | None:
    """Return where the parent is if one query can see both."""
    there = parent.inspector.address(parent.dataset)
    return there if there is not None and there.url == address.url else None


def _at_frame(subject: Subject, parents: Sequence[Parent], expected: Sequence[Check]) -> list[Verdict]:
    """Read key and date columns into a frame, and, row by row, whether a reference leads nowhere."""
    names = {f"({parent.reference.columns[0][0]} of no {parent.dataset.dataset_id})": parent for parent in parents}
    keys = {name: _keys_of(parent) for name, parent in names.items()}
    dataset = subject.dataset
    wanted = {*dataset.dates.values(), *dataset.linking_columns, *dataset.primary_key}
    columns: dict[str, list[pa.Array]] = {name: [] for name in (*wanted, *names)}
    seen: set[str] = set()
    rows = 0
    for batch in subject.inspector.scan(dataset):
        rows += batch.num_rows
        seen |= set(batch.schema.names)
        for name in wanted:
            columns[name].append(_texts(batch, name))
        for name, parent in names.items():
            here = _texts(batch, parent.reference.columns[0][0])
            columns[name].append(pc.and_(pc.is_valid(here), pc.invert(pc.is_in(here, value_set=keys[name]))))
    if not rows:
        return []
    there = {
        name: pa.chunked_array(parts)
        for name, parts in columns.items()
        if name in seen or name in subject.types or name in names
    }
    # of other columns only their being there is asked
    frame = {**dict.fromkeys(seen | subject.types.keys(), pa.nulls(rows, pa.large_string())), **there}
    checks = [*expected, *map(NeverTrue, names)]
    askable = [check for check in checks if _is_known(check, frame)]
    unasked = [_unanswered(type(check).__name__, "frame") for check in checks if not _is_known(check, frame)]
    return [*at_frame(frame, rows, askable), *unasked]


def _is_known(check: Check, frame: Mapping[str, object]) -> bool:
    match check:
        case Exists():
            return True
        case NotNull(column) | Filled(column) | Dated(column):
            return column in frame
        case Unique(columns):
            return all(column in frame for column in columns)
        case _:
            return True


def _keys_of(parent: Parent) -> pa.Array:
    there = parent.reference.columns[0][1]
    parts = [_texts(batch, there) for batch in parent.inspector.scan(parent.dataset)]
    return pa.concat_arrays(parts).unique() if parts else pa.array([], pa.large_string())


def _texts(batch: pa.RecordBatch, name: str) -> pa.Array:
    """Return the column as text, nulls where there is none; instants and dates in ISO 8601."""
    if name not in batch.schema.names:
        return pa.nulls(batch.num_rows, pa.large_string())
    column = plain(batch.column(name))
    if pa.types.is_floating(column.type) or pa.types.is_decimal(column.type):
        return pa.array([_number(value) for value in column.to_pylist()], pa.large_string())
    return pc.cast(column, pa.large_string())


def _number(value: object) -> str | None:
    if value is None:
        return None
    whole = int(value)  # type: ignore[call-overload] # a number
    return str(whole) if whole == value else str(value)
