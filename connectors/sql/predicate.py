"""Predicate → SQL.

SQL has three values and predicates have two. In a WHERE clause "unknown" selects no row, and AND
and OR keep it so; only a negation would turn it round. So only `Not` coalesces, and indexes work.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, assert_never

import sqlalchemy as sa
from sqlalchemy import Column, Table

from connectors.sql.columns import kind_of
from connectors.sql.database import column_of
from connectors.sql.engine import IS_BEFORE
from connectors.sql.keys import Clause, KeySender
from connectors.sql.settings import Vendor
from retention.errors import TerminalFailure
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
)

_DATE_TEXT: Final = r"^\d{4}-\d\d-\d\d$"
_ZONED_TEXT: Final = r"(Z|[+-]\d\d(:?\d\d)?)$"


def where_of(table: Table, selection: Selection, sender: KeySender) -> Clause:
    """Return the WHERE clause; keys that do not fit into it are sent ahead of it.

    Raises:
        KeyTypeError: a key cannot be compared with its column.
        TerminalFailure: a column does not exist, or is compared with an instant and holds none.

    """

    def made(part: Predicate) -> Clause:
        match part:
            case Everything():
                return sa.true()
            case Among(column, keys):
                return sender.among(column_of(table, column), selection.keys[keys.keyset_id])
            case AmongTuples(columns, keys):
                several = [column_of(table, column) for column in columns]
                return sender.among_tuples(several, selection.keys[keys.keyset_id])
            case Before(column, at):
                return _before(column_of(table, column), at, sender.vendor)
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


def _before(column: Column[Any], at: datetime, vendor: Vendor) -> Clause:
    kind = kind_of(column.type)
    if kind not in {ColumnType.DATE, ColumnType.INSTANT, ColumnType.TEXT}:
        raise TerminalFailure(f"column {column.table.name}.{column.name}: expected a date, found {kind.value}")
    if vendor is Vendor.SQLITE:
        text = sa.type_coerce(column, sa.Text)
        return sa.func.__getattr__(IS_BEFORE)(text, at.isoformat(), type_=sa.Boolean())
    local = at.replace(tzinfo=None)
    if kind is ColumnType.DATE:
        return column < at.date()
    if kind is ColumnType.INSTANT:
        return column < (at if getattr(column.type, "timezone", False) else local)
    if vendor is Vendor.MARIADB:
        raise TerminalFailure(
            f"column {column.table.name}.{column.name}: MariaDB does not compare dates that are kept as text",
            hint="give the table a (generated) column of type DATE or DATETIME, and name it in `dates`",
        )
    return sa.case(
        (column.regexp_match(_DATE_TEXT), sa.cast(column, sa.Date) < at.date()),
        (column.regexp_match(_ZONED_TEXT), sa.cast(column, sa.DateTime(timezone=True)) < at),
        else_=sa.cast(column, sa.DateTime()) < local,
    )
