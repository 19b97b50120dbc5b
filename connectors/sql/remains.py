"""After a change: makes the old row versions physically go, and names what may stay a while.

Both keep bytes of what was erased in pages' free space: SQLite copies that page splits left there
before (`secure_delete` only overwrites the row itself), PostgreSQL the old row versions even after
a plain VACUUM. So SQLite's file and PostgreSQL's table are written anew, unless `pages` declares
when that happens otherwise. PostgreSQL's VACUUM spares what an older transaction still sees, so
those are waited for; SQLite's write-ahead log is emptied. PostgreSQL's planner keeps sample values
of each column in pg_statistic: they are taken anew, and the old samples vacuumed as well.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql.database import Database
from retention.errors import TerminalFailure, TransientFailure
from retention.model.outcome import Residue

_POLL_SECONDS: Final = 0.05
_UNTIL_REUSED: Final = timedelta(days=7)
"""How long old samples may stay where we may not vacuum the catalogue: until the server's own vacuum."""

_OLDER: Final = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND age(backend_xmin) >= age(CAST(CAST(:mine AS text) AS xid))"
)


def settle(database: Database, table: Table) -> tuple[Residue, ...]:
    """Make the erased go; also called on a repeat, since the first call may have died before.

    Raises:
        TransientFailure: someone else still reads the old state.
        TerminalFailure: we may not vacuum the table.

    """
    with database.tidying(table.name) as connection:
        if database.options.is_sqlite:
            return _settle_sqlite(connection, database)
        _wait_for_older(connection, database)
        statistics_left = _vacuum(connection, database, table)
        now = connection.execute(sa.select(sa.func.now())).scalar_one()
        log = database.options.wal
        residues = [Residue("write-ahead-log", now + log)] if log else []
        residues += [Residue("planner-statistics", now + (log or _UNTIL_REUSED))] if statistics_left else []
        return (*residues, *_free_space(database, now))


def _settle_sqlite(connection: Connection, database: Database) -> tuple[Residue, ...]:
    if database.options.pages is None:
        connection.exec_driver_sql("VACUUM")
    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise TransientFailure(
            f"{database.system}: a reader keeps the write-ahead log from being emptied", hint="run again"
        )
    return _free_space(database, datetime.now(UTC))


def _wait_for_older(connection: Connection, database: Database) -> None:
    mine = connection.exec_driver_sql("SELECT CAST(pg_current_xact_id() AS xid)::text").scalar_one()
    for _ in range(int(database.options.lock_seconds / _POLL_SECONDS)):
        if not connection.execute(_OLDER, {"mine": mine}).scalar_one():
            return
        time.sleep(_POLL_SECONDS)
    raise TransientFailure(
        f"{database.system}: an older transaction still sees the erased rows",
        hint="end long transactions (pg_stat_activity), then run again",
    )


def _vacuum(connection: Connection, database: Database, table: Table) -> bool:
    """Vacuum and analyze the table, then the planner's samples; return whether the old samples had to be left."""
    name = connection.dialect.identifier_preparer.format_table(table)
    how = "ANALYZE" if database.options.pages is not None else "FULL, ANALYZE"
    if skipped := _warned(connection, f"VACUUM ({how}) {name}"):
        # PostgreSQL only warns when it skips a table that is not ours
        raise TerminalFailure(
            f"{database.system}.{table.name}: VACUUM was skipped ({skipped})",
            hint="connect as the table's owner, or grant MAINTAIN",
        )
    return bool(_warned(connection, "VACUUM FULL pg_catalog.pg_statistic"))


def _warned(connection: Connection, statement: str) -> str:
    """Execute the statement; return the first warning's code, or nothing."""
    warnings: list[str] = []
    driver: Any = connection.connection.driver_connection

    def heard(diagnosis: Any) -> None:  # noqa: ANN401 -- the driver's record
        if diagnosis.severity_nonlocalized == "WARNING":
            warnings.append(str(diagnosis.sqlstate))

    driver.add_notice_handler(heard)
    try:
        connection.exec_driver_sql(statement)
    finally:
        driver.remove_notice_handler(heard)
    return warnings[0] if warnings else ""


def _free_space(database: Database, now: datetime) -> tuple[Residue, ...]:
    pages = database.options.pages
    return () if pages is None else (Residue("free-space", now + pages),)
