"""Which rows of a batch, and which JSON objects: two-valued, a comparison with null is false.

Keys are compared in the column's own type. A key that cannot be one is an error and never
"no rows": an integer column asked with a text key would otherwise erase nothing and look done.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import reduce
from typing import Any, TypeAlias, assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake import arrays
from connectors.lake.keys import ValueSets, as_integer
from connectors.lake.nested import any_within, top_of
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    Selection,
)
from retention.model.subject import Key

_PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}

RowTest: TypeAlias = Callable[[Mapping[str, Any]], bool]


def compared(where: Predicate) -> frozenset[str]:
    """Return the columns whose values are compared: an object without one cannot be judged."""
    match where:
        case Among(column, _) | Before(column, _):
            return frozenset({column})
        case Everything() | Populated():
            return frozenset()
        case AmongTuples(columns, _):
            return frozenset(columns)
        case Not(part):
            return compared(part)
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*(compared(part) for part in parts))
        case _:
            assert_never(where)


def needed(where: Predicate) -> frozenset[str]:
    """Return every column the predicate looks at."""
    match where:
        case Populated(columns):
            return frozenset(columns)
        case Not(part):
            return needed(part)
        case AllOf(parts) | AnyOf(parts):
            return frozenset().union(*(needed(part) for part in parts))
        case Everything() | Among() | AmongTuples() | Before():
            return compared(where)
        case _:
            assert_never(where)


# -- batches


def mask(table: pa.Table, selection: Selection, sets: ValueSets | None = None) -> pa.ChunkedArray:
    """Return, row by row, whether it is selected; never null. `Populated` takes absent columns as null.

    A column with dots leads into structs and lists (`buyer.id`, `items.sku`); a row with a list is selected if
    some element is. `sets` spares the conversion of keys where many tables are asked.

    Raises:
        KeyTypeError: a key cannot be a value of its column.
        TerminalFailure: a column cannot be compared with an instant.

    """
    return _mask(table, selection.where, sets or ValueSets(selection.keys))


def _mask(table: pa.Table, where: Predicate, sets: ValueSets) -> pa.ChunkedArray:
    match where:
        case Everything():
            return constant(table, value=True)
        case Among(column, keys):
            return any_within(table, column, lambda part: sets.of(column, part.type, keys.keyset_id).among(part))
        case AmongTuples(columns, _):
            raise _several(columns)
        case Before(column, at):
            return any_within(table, column, lambda part: pc.fill_null(_before(column, part, at), fill_value=False))
        case Populated(columns):
            present = [any_within(table, name, pc.is_valid) for name in columns if top_of(table, name) is not None]
            return reduce(pc.or_, present, constant(table, value=False))
        case Not(part):
            return pc.invert(_mask(table, part, sets))
        case AllOf(parts):
            return reduce(pc.and_, (_mask(table, part, sets) for part in parts))
        case AnyOf(parts):
            return reduce(pc.or_, (_mask(table, part, sets) for part in parts))
        case _:
            assert_never(where)


def _several(columns: tuple[str, ...]) -> TerminalFailure:
    return TerminalFailure(
        f"columns {', '.join(columns)}: files are not joined on several columns together",
        hint="name one column in `parent`, or give the files a column that holds the whole key",
    )


def constant(table: pa.Table, *, value: bool) -> pa.ChunkedArray:
    """Return one truth value for every row."""
    return pa.chunked_array([arrays.flags(np.full(table.num_rows, value))])


def _before(column: str, values: pa.ChunkedArray, at: datetime) -> pa.ChunkedArray:
    kind = values.type
    if pa.types.is_date(kind):
        return pc.less(pc.cast(values, pa.date32()), pa.scalar(at.date()))
    if pa.types.is_timestamp(kind):
        limit = at if kind.tz else at.replace(tzinfo=UTC)
        ticks = (
            pc.cast(values, pa.int64()) if not kind.tz else pc.cast(values, pa.timestamp(kind.unit)).cast(pa.int64())
        )
        return pc.less(ticks, pa.scalar(_ticks(limit, kind.unit)))
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return pa.chunked_array([[is_before(column, text, at) for text in values.to_pylist()]], type=pa.bool_())
    if pa.types.is_null(kind):
        return pa.chunked_array([pa.repeat(pa.scalar(value=False), len(values))])
    raise TerminalFailure(f"column {column}: expected dates or instants to compare with, found type {kind}")


def _ticks(at: datetime, unit: str) -> int:
    """Return the first tick that is not before `at`, exactly."""
    since = at - datetime(1970, 1, 1, tzinfo=UTC)
    microseconds = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    return -(-microseconds * _PER_SECOND[unit] // 1_000_000)


# -- JSON objects


def row_test(selection: Selection) -> RowTest:
    """Return a test of one JSON object; a missing member is null.

    A JSON column has no type of its own: the number 42 and the text "42" both match key 42.

    Raises:
        KeyTypeError: (the test) a number meets a key that is no whole number.
        TerminalFailure: (the test) a member is not an ISO 8601 date or instant.

    """
    return _row_test(selection.where, selection)


def _row_test(where: Predicate, selection: Selection) -> RowTest:
    match where:
        case Everything():
            return lambda _: True
        case Among(column, keys):
            return _among(column, selection.keys[keys.keyset_id])
        case AmongTuples(columns, _):
            raise _several(columns)
        case Before(column, at):
            return lambda row: is_before(column, row.get(column), at)
        case Populated(columns):
            return lambda row: any(row.get(name) is not None for name in columns)
        case Not(part):
            test = _row_test(part, selection)
            return lambda row: not test(row)
        case AllOf(parts):
            every = [_row_test(part, selection) for part in parts]
            return lambda row: all(test(row) for test in every)
        case AnyOf(parts):
            some = [_row_test(part, selection) for part in parts]
            return lambda row: any(test(row) for test in some)
        case _:
            assert_never(where)


def _among(column: str, keys: frozenset[Key]) -> RowTest:
    numbers = {as_integer(key) for key in keys}
    texts = {str(key) for key in keys}

    def test(row: Mapping[str, Any]) -> bool:
        value = row.get(column)
        if value is None:
            return False
        if isinstance(value, str):
            return value in texts
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            raise KeyTypeError(f"column {column}: keys are compared with integers or text, found another JSON type")
        if None in numbers:
            raise KeyTypeError(f"column {column} holds numbers: expected whole numbers as keys, found another text")
        return value in numbers

    return test


def is_before(column: str, value: object, at: datetime) -> bool:
    """Whether an ISO 8601 text is before the instant; null is not.

    A date is compared with the instant's local date, a time without a zone is read in its zone.

    Raises:
        TerminalFailure: the value is something else.

    """
    if value is None:
        return False
    if not isinstance(value, str):
        raise TerminalFailure(f"column {column}: expected an ISO 8601 text, found {type(value).__name__}")
    try:
        if len(value) == len("2026-11-23"):
            return date.fromisoformat(value) < at.date()
        instant = datetime.fromisoformat(value)
    except ValueError:
        # the parser's own message repeats the value
        raise TerminalFailure(f"column {column}: expected an ISO 8601 text, found another text") from None
    return instant < (at if instant.tzinfo else at.replace(tzinfo=None))
