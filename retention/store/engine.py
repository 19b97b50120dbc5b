"""Connections, transactions and what a database error means for us.

On SQLite every writing transaction starts with BEGIN IMMEDIATE: it waits for the writer
before it instead of failing when it turns from reading to writing.
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, PoolProxiedConnection, Table, create_engine, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import ArgumentError, DBAPIError, InterfaceError, OperationalError, SQLAlchemyError, StatementError
from sqlalchemy.exc import TimeoutError as NoConnectionLeft

from retention.errors import MissingExtraError, SettingsError, SystemFailure, TerminalFailure, TransientFailure

BUSY_SECONDS = 30
CONNECT_SECONDS = 10
EXPECTED = "sqlite:///FILE or postgresql+psycopg://USER@HOST/DATABASE"
_WRITES = "retention_writes"
# the low byte of SQLite's result code: what may be better on the next attempt
_PASSING = {
    sqlite3.SQLITE_BUSY,
    sqlite3.SQLITE_LOCKED,
    sqlite3.SQLITE_CANTOPEN,
    sqlite3.SQLITE_IOERR,
    sqlite3.SQLITE_FULL,
}


_PASSING_NAMES = {"OperationalError", "InterfaceError"}
"""The same for other drivers, by the names that PEP 249 gives to errors."""


class Database:
    """One ledger's database: read and write transactions."""

    def __init__(self, engine: Engine) -> None:
        """Keep the engine; nothing is opened yet."""
        self._engine = engine
        self._writing = engine.execution_options(**{_WRITES: True})
        self.name = engine.url.render_as_string(hide_password=True)
        self.is_sqlite = engine.dialect.name == "sqlite"

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Open a transaction that only reads."""
        with self._explained(), self._engine.connect() as connection:
            yield connection

    @contextmanager
    def writing(self, alone_in: int | None = None) -> Iterator[Connection]:
        """Open a transaction that writes; durable when the block ends, undone if it raises.

        Args:
            alone_in: a number; transactions that name the same one run one after another.
                SQLite has one writer anyway.

        """
        with self._explained(), self._writing.begin() as connection:
            if alone_in is not None and not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": alone_in})
            yield connection

    @contextmanager
    def appending(self) -> Iterator[Any]:
        """Open a transaction that writes, and yield the driver's own cursor; otherwise like `writing`.

        For the one place where SQLAlchemy's work on a statement would cost more than the database's.
        """
        with self._explained():
            connection = self._engine.raw_connection()
        try:
            cursor = connection.cursor()
            if self.is_sqlite:
                cursor.execute("BEGIN IMMEDIATE")
            yield cursor
            if self.is_sqlite:
                cursor.execute("COMMIT")
            else:
                connection.commit()
        except BaseException as error:
            _undo(connection)
            if isinstance(error, self._engine.dialect.loaded_dbapi.Error):
                raise _failure(self.name, error) from error
            raise
        finally:
            connection.close()

    def insert(self, table: Table) -> postgresql.Insert | sqlite.Insert:
        """Return an insert that knows `on_conflict_…`, in the database's dialect."""
        return sqlite.insert(table) if self.is_sqlite else postgresql.insert(table)

    def forget_log(self) -> None:
        """Empty SQLite's write-ahead log, which may still hold what was just deleted.

        Raises:
            TransientFailure: someone is reading the older state.

        """
        if self.is_sqlite and self._pragma("wal_checkpoint(TRUNCATE)")[0]:
            raise TransientFailure(
                f"{self.name}: what was deleted is still in the write-ahead log, because someone is reading",
                hint="run again",
            )

    def vacuum(self, table: Table) -> None:
        """Let PostgreSQL reuse the place of the table's removed rows at once; SQLite has overwritten them already."""
        if not self.is_sqlite:
            with self._explained(), self._engine.connect() as connection:
                alone = connection.execution_options(isolation_level="AUTOCOMMIT")
                alone.exec_driver_sql(f"VACUUM {table.name}")

    def uses_wal(self) -> bool:
        """Whether readers and a writer work side by side; PostgreSQL's always do."""
        return not self.is_sqlite or self._pragma("journal_mode")[0] == "wal"

    def use_wal(self) -> None:
        """Let readers and a writer of a SQLite file work side by side; stays so."""
        self._pragma("journal_mode=WAL")

    def close(self) -> None:
        """Give connections back."""
        self._engine.dispose()

    def _pragma(self, command: str) -> tuple[Any, ...]:
        # a raw connection, because these pragmas must stand outside a transaction
        with self._explained():
            connection = self._engine.raw_connection()
        try:
            return _told(connection, command)
        except sqlite3.Error as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_LOCKED:
                raise _failure(self.name, error) from error
            gc.collect()  # a cursor that nobody holds any more reads on until it is collected
            return self._told_at_last(connection, command)
        finally:
            connection.close()

    def _told_at_last(self, connection: PoolProxiedConnection, command: str) -> tuple[Any, ...]:
        try:
            return _told(connection, command)
        except sqlite3.Error as error:
            raise _failure(self.name, error) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        try:
            yield
        except NoConnectionLeft as error:
            raise TransientFailure(f"{self.name}: every connection is in use", hint="run again") from error
        except DBAPIError as error:
            raise _failure(self.name, error) from error
        except SQLAlchemyError as error:
            if isinstance(error, StatementError) and isinstance(error.orig, ValueError):
                raise error.orig from error  # a value that cannot be stored: the caller's mistake
            raise TerminalFailure(f"{self.name}: {type(error).__name__}") from error


def _told(connection: PoolProxiedConnection, command: str) -> tuple[Any, ...]:
    cursor = connection.cursor()
    cursor.execute(f"PRAGMA {command}")
    row: tuple[Any, ...] = cursor.fetchone() or ()
    cursor.close()
    return row


def _undo(connection: PoolProxiedConnection) -> None:
    try:
        connection.rollback()
    except Exception:  # noqa: BLE001 -- of whatever driver: what cannot undo goes, and the database undoes
        connection.invalidate()


def make_database(url: str) -> Database:
    """Return the database of that URL; nothing is opened yet.

    Raises:
        SettingsError: not a URL we can use.
        MissingExtraError: the PostgreSQL driver is not installed.

    """
    parsed = _parsed(url)
    is_sqlite = parsed.get_backend_name() == "sqlite"
    try:
        engine = _sqlite(parsed) if is_sqlite else _postgresql(parsed)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            "ledger: the PostgreSQL driver is not installed", hint="pip install 'retention[postgres]'"
        ) from error
    return Database(engine)


def _parsed(url: str) -> URL:
    try:
        parsed = make_url(url)
    except ArgumentError as error:
        # the text is not shown: a mistyped URL may hold a password
        raise SettingsError(f"ledger: expected {EXPECTED}, found something that is not a URL") from error
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite", "postgresql+psycopg"}:
        raise SettingsError(f"ledger: expected {EXPECTED}, found {parsed.drivername!r}")
    return parsed


def _sqlite(url: URL) -> Engine:
    if not url.database or url.database == ":memory:":
        raise SettingsError(f"ledger: expected {EXPECTED}, found a database in memory", hint="name a file")
    folder = Path(url.database).parent
    if not folder.is_dir():
        raise SettingsError(f"ledger: expected a folder {folder}, found none", hint="create it")
    # SQLAlchemy's transactions and `appending` undo by themselves; undoing again costs more than a small append
    engine = create_engine(url, hide_parameters=True, connect_args={"timeout": BUSY_SECONDS}, pool_reset_on_return=None)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _postgresql(url: URL) -> Engine:
    timeout = {} if "connect_timeout" in url.query else {"connect_timeout": CONNECT_SECONDS}
    return create_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=timeout)


def _prepare(connection: sqlite3.Connection, _record: object) -> None:
    connection.isolation_level = None  # the driver begins nothing by itself; `_begin` does
    # a large cache and a longer write-ahead log: the log's index is written all over with every batch;
    # larger pages (of new files) hold statements of 1 KB with less left over, in half as many writes
    for pragma in (
        *("page_size=8192", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"),
        *("cache_size=-32768", "wal_autocheckpoint=2000"),
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    writes = connection.get_execution_options().get(_WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _failure(name: str, error: Exception) -> SystemFailure:
    """Say what a driver's error means; its text is left to the cause, since it may quote values."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(cause, sqlite3.Error):
        code = getattr(cause, "sqlite_errorcode", sqlite3.SQLITE_ERROR)
        passing = code & 0xFF in _PASSING
        reason = getattr(cause, "sqlite_errorname", type(cause).__name__)
    else:
        passing = isinstance(error, OperationalError | InterfaceError) or type(error).__name__ in _PASSING_NAMES
        reason = getattr(cause, "sqlstate", None) or type(cause).__name__
    if passing:
        return TransientFailure(f"{name}: the ledger could not be reached or was busy ({reason})", hint="run again")
    return TerminalFailure(f"{name}: the ledger's database refused ({reason})")
