"""Transactions with retries, and the tables that are there."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy import Connection, Engine, MetaData, Table, event
from sqlalchemy.exc import NoSuchTableError
from sqlalchemy.types import TypeEngine

from connectors.sql.columns import mariadb_type, sqlite_type
from connectors.sql.engine import BEGIN, engine_for
from connectors.sql.failures import missing, reported
from connectors.sql.settings import SqlOptions, Vendor
from retention.errors import ConcurrentWriteFailure, TerminalFailure

_PAUSE_SECONDS: Final = 0.05
"""The first pause after a collision is at most so long; each further one at most twice the last."""

_READING: Final[Mapping[Vendor, Callable[[TypeEngine[Any]], TypeEngine[Any]]]] = MappingProxyType(
    {Vendor.SQLITE: sqlite_type, Vendor.MARIADB: mariadb_type}
)
"""How a column's declared type is read, where it does not say what it holds."""

T = TypeVar("T")


class Database:
    """One SQL system."""

    def __init__(self, system: str, options: SqlOptions, pause: Callable[[float], None] = time.sleep) -> None:
        """Prepare; nothing is connected yet. `pause` waits between tries, in seconds."""
        self.system = system
        self.options = options
        self._engine = engine_for(options)
        self._tables: dict[str, Table] = {}
        self._pause = pause
        self._jitter = random.Random(options.jitter)  # noqa: S311 -- spreads tries, protects nothing

    @property
    def engine(self) -> Engine:
        """The engine, for reads of the inspector's own."""
        return self._engine

    @contextmanager
    def reading(self, table: str = "") -> Iterator[Connection]:
        """Give a connection that streams and writes nothing."""
        with reported(self.system, table), self._engine.connect() as connection:
            yield connection.execution_options(stream_results=True)

    def change(self, location: str, work: Callable[[Connection, Table], T]) -> T:
        """Do the work in one transaction; see `Session.transaction`."""
        with self.session(location) as session:
            return session.transaction(lambda connection: work(connection, session.table))

    @contextmanager
    def session(self, location: str) -> Iterator[Session]:
        """Give a connection that changes the table, one transaction after the other."""
        with reported(self.system, location), self._engine.connect() as plain:
            connection = plain.execution_options(**{BEGIN: "BEGIN IMMEDIATE"})
            table = self.table(connection, location)
            connection.rollback()
            yield Session(self, connection, table)

    def wait(self, attempt: int) -> None:
        """Wait before the next try, a while that is drawn."""
        self._pause(self._jitter.uniform(0, _PAUSE_SECONDS * 2**attempt))

    @contextmanager
    def tidying(self, table: str) -> Iterator[Connection]:
        """Give a connection outside any transaction, for maintenance."""
        with reported(self.system, table), self._engine.connect() as plain:
            if self.options.vendor is Vendor.SQLITE:
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
        if reading := _READING.get(self.options.vendor):
            event.listen(metadata, "column_reflect", _reads(reading))
        try:
            return Table(location, metadata, autoload_with=connection, resolve_fks=False)
        except NoSuchTableError:
            raise missing(f"{self.system}.{location}") from None

    def columns(self, connection: Connection, location: str) -> Mapping[str, TypeEngine[Any]]:
        """Return the types of the table's columns as they are now; none if there is no such table."""
        # asks for nothing else: keys, indexes and constraints are seven further queries a table
        try:
            found = sa.inspect(connection).get_columns(location, schema=self.options.namespace)
        except NoSuchTableError:
            return {}
        reading = _READING.get(self.options.vendor)
        return {column["name"]: reading(column["type"]) if reading else column["type"] for column in found}

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()


class Session:
    """Changes of one table, over one connection."""

    def __init__(self, database: Database, connection: Connection, table: Table) -> None:
        """Begin nothing yet."""
        self._database = database
        self.connection = connection
        self.table = table

    def transaction(self, work: Callable[[Connection], T]) -> T:
        """Do the work in one transaction; collisions with others are tried again from the start.

        Raises:
            ConcurrentWriteFailure: it collided each time.

        """
        for attempt in range(self._database.options.retries):
            try:
                return self._once(work)
            except ConcurrentWriteFailure:
                self._database.wait(attempt)
        return self._once(work)

    def statement(self, work: Callable[[Connection], T]) -> T:
        """Do work that is one statement, as a transaction of its own.

        Inside an explicit transaction SQLite copies every page that a statement changes, to be able to undo
        the statement alone: as much memory as the table has pages. A statement by itself needs no copies.

        Raises:
            ConcurrentWriteFailure: it collided each time.

        """
        begin = self.connection.get_execution_options().get(BEGIN)
        if not begin:
            return self.transaction(work)
        self.connection.execution_options(**{BEGIN: ""})
        try:
            return self.transaction(work)
        finally:
            self.connection.execution_options(**{BEGIN: begin})

    def _once(self, work: Callable[[Connection], T]) -> T:
        with reported(self._database.system, self.table.name), self.connection.begin():
            return work(self.connection)


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


def _reads(reading: Callable[[TypeEngine[Any]], TypeEngine[Any]]) -> Callable[[object, Table, Any], None]:
    def read(_inspector: object, _table: Table, column: Any) -> None:  # noqa: ANN401 -- SQLAlchemy's record
        column["type"] = reading(column["type"])

    return read
