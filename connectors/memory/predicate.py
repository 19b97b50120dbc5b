"""Which rows, in plain Python: the meaning that every other store is tested against.

Two-valued: each test answers yes or no for every row. A null is among no keys, is not before
anything, and `Not` of such a test therefore selects the row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Final, TypeAlias, assert_never

from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
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
    tuple_values,
)
from retention.model.subject import Key
from retention.model.transform import Value

Row: TypeAlias = Mapping[str, Value]
Test: TypeAlias = Callable[[Row], bool]

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")


def test_of(columns: Mapping[str, ColumnType], selection: Selection) -> Test:  # noqa: C901 -- one case a predicate
    """Return the function that says whether a row is selected.

    Raises:
        KeyTypeError: a key cannot be compared with its column.
        TerminalFailure: a column does not exist.

    """

    def made(part: Predicate) -> Test:
        match part:
            case Everything():
                return lambda _: True
            case Among(column, keys):
                return _among(column, known(columns, column), selection.keys[keys.keyset_id])
            case AmongTuples(names, keys):
                kinds = {name: known(columns, name) for name in names}
                return _among_tuples(kinds, selection.keys[keys.keyset_id])
            case Before(column, at):
                known(columns, column)
                return lambda row: _is_before(row[column], at)
            case Populated(names):
                for name in names:
                    known(columns, name)
                return lambda row: any(row[name] is not None for name in names)
            case Not(inner):
                negated = made(inner)
                return lambda row: not negated(row)
            case AllOf(parts):
                every = tuple(made(each) for each in parts)
                return lambda row: all(test(row) for test in every)
            case AnyOf(parts):
                some = tuple(made(each) for each in parts)
                return lambda row: any(test(row) for test in some)
            case _:
                assert_never(part)

    return made(selection.where)


def known(columns: Mapping[str, ColumnType], column: str) -> ColumnType:
    """Return the column's type.

    Raises:
        TerminalFailure: there is no such column.

    """
    if column not in columns:
        raise TerminalFailure(
            f"there is no column {column}", hint="compare the data map with `retention datamap check`"
        )
    return columns[column]


def _among(column: str, kind: ColumnType, keys: frozenset[Key]) -> Test:
    wanted = frozenset(_comparable(column, kind, key) for key in keys)
    return lambda row: row[column] is not None and row[column] in wanted


def _among_tuples(kinds: Mapping[str, ColumnType], keys: frozenset[Key]) -> Test:
    wanted = {
        tuple(_comparable(*column, value) for column, value in zip(kinds.items(), tuple_values(key), strict=True))
        for key in keys
    }
    return lambda row: tuple(row[name] for name in kinds) in wanted


def _comparable(column: str, kind: ColumnType, key: Key) -> Key:
    if kind is ColumnType.TEXT:
        return str(key)
    if kind in {ColumnType.INTEGER, ColumnType.NUMBER} and _INTEGER.fullmatch(str(key)):
        return int(key)
    expected = "an integer" if kind in {ColumnType.INTEGER, ColumnType.NUMBER} else "a column of text or integers"
    raise KeyTypeError(
        f"column {column} ({kind.value}): expected {expected}, found a key of type {type(key).__name__}",
        hint="check `subject` in the data map: is this the column of that identity key?",
    )


def _is_before(value: Value, at: datetime) -> bool:
    match value:
        case None:
            return False
        case datetime():
            return (value if value.tzinfo else value.replace(tzinfo=at.tzinfo)) < at
        case date():
            return value < at.date()
        case str() if len(value) == len("2026-11-23"):
            return date.fromisoformat(value) < at.date()
        case str():
            return _is_before(datetime.fromisoformat(value), at)
        case _:
            raise TerminalFailure(f"expected a date, found a value of type {type(value).__name__}")
