"""Reads a whole schema: tables with their keys, and some rows of each; works on every dialect alike."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table
from sqlalchemy.engine.interfaces import ReflectedForeignKeyConstraint

from connectors.sql.columns import kind_of
from connectors.sql.database import Database
from retention.ports.surveyor import ForeignKey, LiveDataset, Sampled

_LONGEST: Final = 4_000
"""Characters of one value that are looked at."""
_PLAIN_TYPES: Final = (
    sa.String,
    sa.Integer,
    sa.Numeric,
    sa.Boolean,
    sa.Date,
    sa.DateTime,
    sa.LargeBinary,
)
"""Types whose values come as plain Python; others (inet, point, uuid, json) are cast to text."""
_PARTITIONS: Final = sa.text("SELECT relname FROM pg_class WHERE relispartition")


class SqlSurveyor:
    """See `retention.ports.surveyor.Surveyor`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def survey(self, rows: int) -> tuple[LiveDataset, ...]:
        """Return every table of the schema, half of the rows from either end of its primary key."""
        with self._database.reading() as connection:
            return tuple(self._live(connection, name, rows) for name in self._tables(connection))

    def beside(self, locations: Collection[str]) -> tuple[str, ...]:
        """Return the other tables; a partition belongs to its table."""
        with self._database.reading() as connection:
            return tuple(name for name in self._tables(connection) if name not in locations)

    def close(self) -> None:
        """Give connections back."""
        self._database.close()

    def _tables(self, connection: Connection) -> list[str]:
        names = set(sa.inspect(connection).get_table_names(schema=self._database.options.namespace))
        if connection.dialect.name == "postgresql":
            names -= set(connection.execute(_PARTITIONS).scalars())
        return sorted(names)

    def _live(self, connection: Connection, name: str, rows: int) -> LiveDataset:
        table = self._database.looked_up(connection, name)
        inspector = sa.inspect(connection)
        keys = inspector.get_foreign_keys(name, schema=self._database.options.namespace)
        return LiveDataset(
            location=name,
            is_path=False,
            columns={column.name: kind_of(column.type) for column in table.columns},
            primary_key=tuple(column.name for column in table.primary_key.columns),
            foreign_keys=tuple(sorted(map(_foreign_key, keys), key=lambda key: (key.table, key.columns))),
            values=_values(connection, table, rows),
        )


def _foreign_key(found: ReflectedForeignKeyConstraint) -> ForeignKey:
    pairs = zip(found["constrained_columns"], found["referred_columns"], strict=True)
    return ForeignKey(found["referred_table"], tuple(pairs))


def _values(connection: Connection, table: Table, rows: int) -> dict[str, frozenset[Sampled]]:
    found: dict[str, set[Sampled]] = {column.name: set() for column in table.columns}
    for query in _ends(table, rows):
        for row in connection.execute(query):
            for name, value in zip(found, row, strict=True):
                if value is not None:
                    found[name].add(_plain(value))
    return {name: frozenset(values) for name, values in found.items()}


def _ends(table: Table, rows: int) -> Iterator[sa.Select[Any]]:
    """Select from both ends: the oldest rows of a table are often its makers' own."""
    chosen = sa.select(*map(_as_it_is, table.columns))
    keys = list(table.primary_key.columns)
    if not keys:
        yield chosen.limit(rows)
        return
    yield chosen.order_by(*keys).limit(rows - rows // 2)
    yield chosen.order_by(*(key.desc() for key in keys)).limit(rows // 2)


def _as_it_is(column: sa.Column[Any]) -> sa.ColumnElement[Any]:
    """Select SQLite's dates as the text they are, whatever stands there, and types without a Python value as text."""
    if isinstance(column.type, sa.types.TypeDecorator):
        return sa.type_coerce(column, sa.Text)
    return column if isinstance(column.type, _PLAIN_TYPES) else sa.cast(column, sa.Text)


def _plain(value: object) -> Sampled:
    match value:
        case str():
            return value[:_LONGEST]
        case bool() | int() | float() | date() | datetime():
            return value
        case Decimal():
            return float(value)
        case bytes() | memoryview():
            return bytes(value[:_LONGEST]).decode("utf-8", "replace")
        case _:
            return str(value)[:_LONGEST]
