"""Between a dump's file and the scratch database."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Final

from sqlalchemy import text

from connectors.sql.database import Database
from connectors.sql.settings import SqlOptions, Vendor
from retention.errors import TerminalFailure

_CUSTOM: Final = b"PGDMP"
"""How pg_dump's custom format begins; all else is taken as plain SQL."""


def load(database: Database, dump: Path) -> bool:
    """Make the scratch database what the dump says; return whether the dump is plain SQL.

    Raises:
        TerminalFailure: the dump cannot be loaded.
        TransientFailure: the scratch database cannot be reached.

    """
    options = database.options
    if options.vendor is Vendor.SQLITE:
        _load_file(database, dump)
        return False
    with database.tidying("") as connection:
        connection.execute(text("DROP SCHEMA IF EXISTS public CASCADE"))
        connection.execute(text("CREATE SCHEMA public"))
    with dump.open("rb") as file:
        is_plain = file.read(len(_CUSTOM)) != _CUSTOM
    if is_plain:
        _run(options, "psql", "--quiet", "--no-psqlrc", "--set", "ON_ERROR_STOP=1", "--file", str(dump))
    else:
        _run(options, "pg_restore", "--exit-on-error", "--no-owner", "--no-privileges", str(dump))
    return is_plain


def dump(database: Database, target: Path, *, plain: bool) -> None:
    """Write the scratch database into the file, in the form in which it came."""
    if database.options.vendor is Vendor.SQLITE:
        with closing(sqlite3.connect(str(database.options.url.database))) as connection:
            connection.execute("VACUUM INTO ?", [str(target)])
        return
    form = "plain" if plain else "custom"
    _run(database.options, "pg_dump", f"--format={form}", "--no-owner", "--file", str(target))


def _load_file(database: Database, dump: Path) -> None:
    database.close()
    place = Path(str(database.options.url.database))
    for tail in ("-wal", "-shm", "-journal"):
        place.with_name(place.name + tail).unlink(missing_ok=True)
    shutil.copyfile(dump, place)


def _run(options: SqlOptions, program: str, *arguments: str) -> None:
    """Run one of PostgreSQL's programs; the password goes by the environment, where other users cannot read it."""
    found = shutil.which(program, path=options.programs)
    if found is None:
        raise TerminalFailure(f"{program} is not installed", hint="install PostgreSQL's client, or set `programs`")
    address = options.url.set(drivername="postgresql", password=None).render_as_string(hide_password=False)
    secret = {"PGPASSWORD": str(options.url.password)} if options.url.password else {}
    command = [found, "--dbname", address, *arguments]
    done = subprocess.run(command, capture_output=True, check=False, env=os.environ | secret)  # noqa: S603 -- found above
    if done.returncode:
        # what the program says may quote rows, so none of it goes further
        raise TerminalFailure(f"{program} ended with {done.returncode}", hint="run it by hand on the dump to see why")
