"""Which version the tables have, and bringing them up to date.

At head, opening costs one look-up. A new ledger is made at head at once; Alembic is imported for
an older one alone. A test holds what is made at once against what the migrations make.
"""

from __future__ import annotations

import time
from functools import cache

from sqlalchemy import (
    Column,
    Connection,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    create_mock_engine,
    insert,
    inspect,
    select,
)
from sqlalchemy.engine.mock import MockConnection
from sqlalchemy.schema import ExecutableDDLElement

from retention.errors import SettingsError, TransientFailure
from retention.store.engine import Database, make_database
from retention.store.outside_tables import TABLES
from retention.store.tables import LOG_SIZE, VERSION_TABLE

KNOWN = (
    "0001",
    "0002",
    "0003",
    "0004",
    "0020",
    "0022",
    "0023",
    "0030",
    "0032",
    "0040",
    "0042",
    "0046",
    "0048",
    "0050",
    "0052",
    "0060",
    "0061",
    "0062",
    "0063",
    "0064",
    "0065",
    "0066",
    "0068",
    "0070",
)
"""Every version this program knows, oldest first."""
HEAD = KNOWN[-1]
ALONE = 0x6C656401
"""Advisory lock on PostgreSQL: one process migrates, the others wait and find it done."""
_ATTEMPTS = 50
_PAUSE_SECONDS = 0.1

# as Alembic makes it
_VERSIONS = Table(
    VERSION_TABLE,
    MetaData(),
    Column("version_num", String(32), nullable=False),
    PrimaryKeyConstraint("version_num", name=f"{VERSION_TABLE}_pkc"),
)


def bring_up_to_date(database: Database) -> None:
    """Create or migrate the tables if they are not at head; all of it or nothing.

    Raises:
        SettingsError: the database belongs to a newer version of this program.
        TransientFailure: the database cannot be reached.

    """
    use_wal(database)
    with database.reading() as connection:
        found = _version(connection)
    if found == HEAD:
        return
    if found is not None and found not in KNOWN:
        raise SettingsError(
            f"{database.name}: expected tables of version {HEAD} or older, found {found!r}",
            hint="a newer version of this program has been here: upgrade this one",
        )
    with database.writing(alone_in=ALONE) as connection:
        if _version(connection) is None:  # asked again: another process may have been faster
            _make(connection)
        else:
            from retention.store.migrations import upgrade  # noqa: PLC0415 -- Alembic is slow to import, rarely needed

            upgrade(connection, HEAD)


def version_of(url: str) -> str | None:
    """Return the version of a ledger's tables, None where there are none; brings nothing up to date.

    Raises:
        SettingsError, MissingExtraError: see `make_database`.
        TransientFailure: the database cannot be reached.

    """
    database = make_database(url)
    try:
        with database.reading() as connection:
            return _version(connection)
    finally:
        database.close()


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    found: str | None = connection.scalar(select(_VERSIONS.c.version_num))
    return found


def _make(connection: Connection) -> None:
    """Make in one go what all migrations together make of nothing."""
    for statement in _statements(f"{connection.dialect.name}+{connection.dialect.driver}"):
        connection.exec_driver_sql(statement)
    connection.execute(insert(LOG_SIZE).values(one=1, size=0, frontier=b""))
    connection.execute(insert(_VERSIONS).values(version_num=HEAD))


@cache
def _statements(driver: str) -> tuple[str, ...]:
    """Return what makes the tables; written once a process, since writing it takes longer than doing it."""
    found: list[str] = []

    def write(made: ExecutableDDLElement, *_: object, **__: object) -> None:
        found.append(str(made.compile(dialect=engine.dialect)))

    engine: MockConnection = create_mock_engine(f"{driver}://", write)
    for tables in (TABLES, _VERSIONS.metadata):
        tables.create_all(engine, checkfirst=False)
    return tuple(found)


def use_wal(database: Database) -> None:
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
