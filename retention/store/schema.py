"""Which version the tables have, and bringing them up to date.

At head, opening costs one look-up and Alembic is not even imported.
"""

from __future__ import annotations

import time

from sqlalchemy import inspect, text

from retention.errors import SettingsError, TransientFailure
from retention.store.engine import Database
from retention.store.tables import VERSION_TABLE

KNOWN = ("0001", "0002", "0003", "0004", "0020", "0022", "0023", "0030")
"""Every version this program knows, oldest first."""
HEAD = KNOWN[-1]
ALONE = 0x6C656401
"""Advisory lock on PostgreSQL: one process migrates, the others wait and find it done."""
_ATTEMPTS = 50
_PAUSE_SECONDS = 0.1


def bring_up_to_date(database: Database) -> None:
    """Create or migrate the tables if they are not at head; all of it or nothing.

    Raises:
        SettingsError: the database belongs to a newer version of this program.
        TransientFailure: the database cannot be reached.

    """
    _use_wal(database)
    found = _version(database)
    if found == HEAD:
        return
    if found is not None and found not in KNOWN:
        raise SettingsError(
            f"{database.name}: expected tables of version {HEAD} or older, found {found!r}",
            hint="a newer version of this program has been here: upgrade this one",
        )
    from retention.store.migrations import upgrade  # noqa: PLC0415 -- Alembic is slow to import and rarely needed

    with database.writing(alone_in=ALONE) as connection:
        upgrade(connection, HEAD)


def _version(database: Database) -> str | None:
    with database.reading() as connection:
        if not inspect(connection).has_table(VERSION_TABLE):
            return None
        found: str | None = connection.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}"))  # noqa: S608 -- our constant
        return found


def _use_wal(database: Database) -> None:
    """Switch a new SQLite file; SQLite does not always wait by itself for another who is switching."""
    attempts = 0
    while not database.uses_wal():
        try:
            database.use_wal()
        except TransientFailure:
            attempts += 1
            if attempts == _ATTEMPTS:
                raise
            time.sleep(_PAUSE_SECONDS)
