"""Predicate → SQL.

SQL has three values and predicates have two. In a WHERE clause "unknown" selects no row, and AND
and OR keep it so; only a negation would turn it round. So only `Not` coalesces, and indexes work.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, TypeAlias, assert_never

import sqlalchemy as sa
from sqlalchemy import Column, ColumnElement, Table
from sqlalchemy.dialects.postgresql import ARRAY, CITEXT

from connectors.sql.columns import kind_of
from connectors.sql.database import column_of
from connectors.sql.engine import IS_BEFORE
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import AllOf, Among, AnyOf, Before, Everything, Not, Populated, Predicate, Selection
from retention.model.subject import Key

Clause: TypeAlias = ColumnElement[bool]

_INTEGER: Final = re.compile(r"-?(0|[1-9][0-9]*)")
_DATE_TEXT: Final = r"^\d{4}-\d\d-\d\d$"
_ZONED_TEXT: Final = r"(Z|[+-]\d\d(:?\d\d)?)$"
_INTEGER_LIMIT: Final = 2**63


def where_of(table: Table, selection: Selection, *, is_sqlite: bool) -> Clause:
    """Return the WHERE clause.

    Raises:
        KeyTypeError: a key cannot be compared with its column.
        TerminalFailure: a column does not exist, or is compared with an instant and holds none.

    """

    def made(part: Predicate) -> Clause:
        match part:
            case Everything():
                return sa.true()
            case Among(column, keys):
                return _among(column_of(table, column), selection.keys[keys.keyset_id], is_sqlite=is_sqlite)
            case Before(column, at):
                return _before(column_of(table, column), at, is_sqlite=is_sqlite)
            case Populated(names):
                return populated(table, names)
            case Not(inner):
                return sa.not_(sa.func.coalesce(made(inner), sa.false(), type_=sa.Boolean()))
            case AllOf(parts):
                return sa.and_(*map(made, parts))
            case AnyOf(parts):
                return sa.or_(*map(made, parts))
            case _:
                assert_never(part)

    return made(selection.where)


def populated(table: Table, names: tuple[str, ...]) -> Clause:
    """Return the clause for rows in which at least one of the columns is not null."""
    return sa.or_(sa.false(), *(column_of(table, name).is_not(None) for name in names))


def _among(column: Column[Any], keys: frozenset[Key], *, is_sqlite: bool) -> Clause:
    element, convert = _comparison(column)
    wanted = [convert(key) for key in keys]
    if is_sqlite:
        each = sa.func.json_each(json.dumps(wanted)).table_valued("value")
        return column.in_(sa.select(each.c.value))
    # one typed array: without the cast the server gets a narrower type and compares one by one
    array = ARRAY(element)
    compared = sa.cast(column, sa.Text) if isinstance(column.type, sa.Enum) else column
    return compared == sa.any_(sa.cast(sa.literal(wanted, array), array))


def _comparison(column: Column[Any]) -> tuple[sa.types.TypeEngine[Any], Callable[[Key], object]]:
    """Return the array's element type, and how a key becomes such an element."""
    live, kind = column.type, kind_of(column.type)
    if isinstance(live, sa.Uuid):
        return sa.Uuid(), lambda key: _uuid(column, key)
    if kind is ColumnType.INTEGER:
        return sa.BigInteger(), lambda key: _integer(column, key)
    if kind is ColumnType.NUMBER:
        return sa.Numeric(), lambda key: _integer(column, key)
    if kind is ColumnType.TEXT:
        return (CITEXT() if isinstance(live, CITEXT) else sa.Text()), str
    raise _unfit(column, "a column of text, integers or UUIDs", type(None))


def _integer(column: Column[Any], key: Key) -> int:
    if not _INTEGER.fullmatch(str(key)) or not -_INTEGER_LIMIT <= int(key) < _INTEGER_LIMIT:
        raise _unfit(column, "a 64-bit integer", type(key))
    return int(key)


def _uuid(column: Column[Any], key: Key) -> uuid.UUID:
    try:
        return uuid.UUID(str(key))
    except ValueError:
        raise _unfit(column, "a UUID", type(key)) from None


def _unfit(column: Column[Any], expected: str, found: type) -> KeyTypeError:
    return KeyTypeError(
        f"column {column.table.name}.{column.name} ({kind_of(column.type).value}):"
        f" expected {expected}, found a key of type {found.__name__}",
        hint="check `subject` in the data map: is this the column of that identity key?",
    )


def _before(column: Column[Any], at: datetime, *, is_sqlite: bool) -> Clause:
    kind = kind_of(column.type)
    if kind not in {ColumnType.DATE, ColumnType.INSTANT, ColumnType.TEXT}:
        raise TerminalFailure(f"column {column.table.name}.{column.name}: expected a date, found {kind.value}")
    if is_sqlite:
        text = sa.type_coerce(column, sa.Text)
        return sa.func.__getattr__(IS_BEFORE)(text, at.isoformat(), type_=sa.Boolean())
    local = at.replace(tzinfo=None)
    if kind is ColumnType.DATE:
        return column < at.date()
    if kind is ColumnType.INSTANT:
        return column < (at if getattr(column.type, "timezone", False) else local)
    return sa.case(
        (column.regexp_match(_DATE_TEXT), sa.cast(column, sa.Date) < at.date()),
        (column.regexp_match(_ZONED_TEXT), sa.cast(column, sa.DateTime(timezone=True)) < at),
        else_=sa.cast(column, sa.DateTime()) < local,
    )
