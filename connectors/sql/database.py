"""Transactions with retries, and the tables that are there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, MetaData, Table, event
from sqlalchemy.exc import NoSuchTableError

from connectors.sql.columns import sqlite_type
from connectors.sql.engine import BEGIN, engine_for
from connectors.sql.failures import missing, reported
from connectors.sql.settings import SqlOptions
from retention.errors import ConcurrentWriteFailure, TerminalFailure

_ATTEMPTS: Final = 4
"""How often a change is tried when it collides with others."""

T = TypeVar("T")


class Database:
    """One SQL system."""

    def __init__(self, system: str, options: SqlOptions) -> None:
        """Prepare; nothing is connected yet."""
        self.system = system
        self.options = options
        self._engine = engine_for(options)
        self._tables: dict[str, Table] = {}

    @property
    def engine(self) -> Engine:
        """The engine, for reads of the inspector's own."""
        return self._engine

    @contextmanager
    def reading(self, table: str = "") -> Iterator[Connection]:
        """Give a connection that streams and writes nothing."""
        with reported(self.system, table), self._engine.connect() as connection:
            yield connection.execution_options(stream_results=True)

    def change(self, table: str, work: Callable[[Connection, Table], T]) -> T:
        """Do the work in one transaction; collisions with others are tried again from the start.

        Raises:
            ConcurrentWriteFailure: it collided each time.

        """
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return self._change_once(table, work)
            except ConcurrentWriteFailure:
                if attempt == _ATTEMPTS:
                    raise
        raise AssertionError("unreachable: the last attempt returns or raises")

    @contextmanager
    def tidying(self, table: str) -> Iterator[Connection]:
        """Give a connection outside any transaction, for maintenance."""
        with reported(self.system, table), self._engine.connect() as plain:
            if self.options.is_sqlite:
                yield plain.execution_options(**{BEGIN: ""})
            else:
                yield plain.execution_options(isolation_level="AUTOCOMMIT")

    def table(self, connection: Connection, location: str) -> Table:
        """Return the live table; looked up once a store.

        Raises:
            TerminalFailure: there is no such table.

        """
        if location not in self._tables:
            self._tables[location] = self.looked_up(connection, location)
        return self._tables[location]

    def looked_up(self, connection: Connection, location: str) -> Table:
        """Return the table as it is now.

        Raises:
            TerminalFailure: there is no such table.

        """
        metadata = MetaData(schema=self.options.namespace)
        if self.options.is_sqlite:
            event.listen(metadata, "column_reflect", _read_as_sqlite)
        try:
            return Table(location, metadata, autoload_with=connection, resolve_fks=False)
        except NoSuchTableError:
            raise missing(f"{self.system}.{location}") from None

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _change_once(self, table: str, work: Callable[[Connection, Table], T]) -> T:
        with reported(self.system, table), self._engine.connect() as plain:
            connection = plain.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            with connection.begin():
                return work(connection, self.table(connection, table))


def column_of(table: Table, name: str) -> sa.Column[Any]:
    """Return the table's column.

    Raises:
        TerminalFailure: there is no such column.

    """
    if name not in table.columns:
        raise TerminalFailure(
            f"{table.name}: there is no column {name}", hint="compare the data map with `retention datamap check`"
        )
    return table.columns[name]


def _read_as_sqlite(_inspector: object, _table: Table, column: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's record
    column["type"] = sqlite_type(column["type"])
