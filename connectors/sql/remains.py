"""After a change: makes the old row versions physically go, and names what may stay a while.

All three keep bytes of what was erased in pages' free space: SQLite copies that page splits left
there before (`secure_delete` only overwrites the row itself), PostgreSQL the old row versions
(their TOAST chunks and index entries as well) even after a plain VACUUM, InnoDB rows that are
only marked. So SQLite's file and the others' table are written anew, with TOAST and indexes,
unless `pages` declares when that happens otherwise. PostgreSQL's VACUUM spares what an older
transaction still sees, so those are waited for; SQLite's write-ahead log is emptied. The
planners of PostgreSQL and MariaDB keep sample values: they are taken anew.

What a server's logs keep (write-ahead, redo, undo, binary) is not ours to erase: it is a residue.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final, assert_never

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql.database import Database
from connectors.sql.settings import Vendor
from retention.errors import TerminalFailure, TransientFailure
from retention.model.outcome import Residue

_POLL_SECONDS: Final = 0.05
_UNTIL_REUSED: Final = timedelta(days=7)
"""How long old samples may stay where we may not vacuum the catalogue: until the server's own vacuum."""

_OLDER: Final = sa.text(
    "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    " AND age(backend_xmin) >= age(CAST(CAST(:mine AS text) AS xid))"
)
_STANDBYS: Final = sa.text("SELECT count(*) FROM pg_replication_slots")
_SAMPLED: Final = sa.text(
    "SELECT count(*) FROM mysql.column_stats WHERE db_name = DATABASE() AND table_name = :name"
    " AND (min_value IS NOT NULL OR histogram IS NOT NULL)"
)


_BINARY_LOG: Final = (
    "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('log_bin', 'binlog_expire_logs_seconds', 'expire_logs_days')"
)


def settle(database: Database, table: Table) -> tuple[Residue, ...]:
    """Make the erased go; also called on a repeat, since the first call may have died before.

    Raises:
        TransientFailure: someone else still reads the old state.
        TerminalFailure: we may not write the table anew.

    """
    with database.tidying(table.name) as connection:
        match database.options.vendor:
            case Vendor.SQLITE:
                return _settle_sqlite(connection, database)
            case Vendor.POSTGRESQL:
                return _settle_postgresql(connection, database, table)
            case Vendor.MARIADB:
                return _settle_mariadb(connection, database, table)
            case _:
                assert_never(database.options.vendor)


# ---- SQLite


def _settle_sqlite(connection: Connection, database: Database) -> tuple[Residue, ...]:
    if database.options.pages is None:
        connection.exec_driver_sql("VACUUM")
    busy, _, _ = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()
    if busy:
        raise TransientFailure(
            f"{database.system}: a reader keeps the write-ahead log from being emptied", hint="run again"
        )
    return _free_space(database, datetime.now(UTC))


# ---- PostgreSQL


def _settle_postgresql(connection: Connection, database: Database, table: Table) -> tuple[Residue, ...]:
    _wait_for_older(connection, database)
    statistics_left = _vacuum(connection, database, table)
    now = connection.execute(sa.select(sa.func.now())).scalar_one()
    log = database.options.wal
    residues = [Residue("write-ahead-log", now + log)] if log else []
    residues += [Residue("replica", now + log)] if log and connection.execute(_STANDBYS).scalar_one() else []
    residues += [Residue("planner-statistics", now + (log or _UNTIL_REUSED))] if statistics_left else []
    return (*residues, *_free_space(database, now))


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


# ---- MariaDB


def _settle_mariadb(connection: Connection, database: Database, table: Table) -> tuple[Residue, ...]:
    name = connection.dialect.identifier_preparer.format_table(table)
    if database.options.pages is None:
        _told(connection, database, table, f"OPTIMIZE NO_WRITE_TO_BINLOG TABLE {name}")
    samples_left = _sampled(connection, table)
    if samples_left:
        _told(connection, database, table, f"ANALYZE NO_WRITE_TO_BINLOG TABLE {name} PERSISTENT FOR ALL")
    now = datetime.now(UTC)
    log = database.options.wal
    residues = [Residue("redo-and-undo-log", now + log)] if log else []
    if kept := _binary_log(connection, log):
        residues.append(Residue("binary-log", now + kept))
    # the statistics' table is of the Aria engine, which overwrites old values as it needs the room
    residues += [Residue("planner-statistics", now + (log or _UNTIL_REUSED))] if samples_left else []
    return (*residues, *_free_space(database, now))


def _told(connection: Connection, database: Database, table: Table, statement: str) -> None:
    """Do table maintenance, which answers with rows where others raise."""
    refused = [kind for _, _, kind, _ in connection.exec_driver_sql(statement) if kind.lower() == "error"]
    if refused:
        raise TerminalFailure(
            f"{database.system}.{table.name}: {statement.split(maxsplit=1)[0]} was refused",
            hint="grant SELECT and INSERT on the table, or declare `pages`",
        )


def _sampled(connection: Connection, table: Table) -> bool:
    """Whether MariaDB keeps sample values of the table; MySQL, and who may not see them, has none to clear."""
    try:
        return bool(connection.execute(_SAMPLED, {"name": table.name}).scalar_one())
    except sa.exc.DBAPIError:
        return False


def _binary_log(connection: Connection, log: timedelta) -> timedelta | None:
    """Return how long the binary log, from which replicas read, keeps the rows' old images."""
    rows = connection.exec_driver_sql(_BINARY_LOG).all()
    settings: dict[str, str] = dict(tuple(row) for row in rows)
    if settings.get("log_bin") != "ON":
        return None
    seconds = int(settings.get("binlog_expire_logs_seconds", 0))
    days = float(settings.get("expire_logs_days", 0))
    return max(timedelta(seconds=seconds), timedelta(days=days), log)


def _free_space(database: Database, now: datetime) -> tuple[Residue, ...]:
    pages = database.options.pages
    return () if pages is None else (Residue("free-space", now + pages),)
