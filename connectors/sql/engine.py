"""Connections as this connector needs them, whatever the server's defaults are."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from functools import lru_cache
from typing import Any, Final, assert_never
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event
from sqlalchemy.pool import QueuePool

from connectors.sql.settings import SqlOptions, Vendor

IS_BEFORE: Final = "retention_is_before"
"""Name of the function that SQLite connections get, since SQLite has no dates of its own."""

BEGIN: Final = "retention_begin"
"""Execution option: how a SQLite transaction begins; empty for none.

A change takes the write lock at once (`BEGIN IMMEDIATE`), not in its middle.
"""

_DATE_LENGTH: Final = len("2026-11-23")
_CONNECT_SECONDS: Final = 10
_SESSION: Final = {
    "time_zone": "'+00:00'",
    "foreign_key_checks": "1",
    "sql_mode": "'STRICT_ALL_TABLES,NO_ENGINE_SUBSTITUTION'",
    "max_heap_table_size": str(2**30),  # keys on their way, in memory
}
"""What a MariaDB session is set to, whatever the server's defaults are."""


def engine_for(options: SqlOptions) -> Engine:
    """Return the engine; it does not connect yet."""
    match options.vendor:
        case Vendor.SQLITE:
            return _sqlite(options)
        case Vendor.POSTGRESQL:
            return _postgresql(options)
        case Vendor.MARIADB:
            return _mariadb(options)
        case _:
            assert_never(options.vendor)


def _postgresql(options: SqlOptions) -> Engine:
    engine = create_engine(
        options.url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_SECONDS},
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's connection
        connection.autocommit = True
        connection.execute(
            "SELECT set_config('TimeZone', 'UTC', false), set_config('lock_timeout', %s, false),"
            " set_config('statement_timeout', %s, false)",
            (f"{options.lock_seconds}s", f"{options.statement_seconds}s"),
        )
        connection.autocommit = False

    return engine


def _mariadb(options: SqlOptions) -> Engine:
    engine = create_engine(
        options.url,
        hide_parameters=True,
        pool_pre_ping=True,
        connect_args={"connect_timeout": _CONNECT_SECONDS, "charset": "utf8mb4"},
    )

    @event.listens_for(engine, "connect")
    def _(connection: Any, _record: object) -> None:  # noqa: ANN401 -- the driver's connection
        with connection.cursor() as cursor:
            cursor.execute("SELECT @@version")
            session = _SESSION | (_of_mariadb(options) if "MariaDB" in cursor.fetchone()[0] else _of_mysql(options))
            session |= dict.fromkeys(("innodb_lock_wait_timeout", "lock_wait_timeout"), str(options.lock_seconds))
            cursor.execute(f"SET SESSION {', '.join(f'{name} = {value}' for name, value in session.items())}")

    return engine


def _of_mariadb(options: SqlOptions) -> dict[str, str]:
    return {
        "tx_isolation": "'READ-COMMITTED'",
        "max_statement_time": str(options.statement_seconds),
        # it takes the answer for `u3` as that for `U3`, since it asks by the column's collation (seen on 10.11)
        "optimizer_switch": "'subquery_cache=off'",
    }


def _of_mysql(options: SqlOptions) -> dict[str, str]:
    # MySQL bounds SELECTs only
    return {
        "transaction_isolation": "'READ-COMMITTED'",
        "max_execution_time": str(options.statement_seconds * 1000),
    }


def _sqlite(options: SqlOptions) -> Engine:
    # mode=rw: a file that is not there is an error, not an empty database
    address = f"file:{quote(str(options.url.database))}?mode=rw"

    def opened() -> sqlite3.Connection:
        connection = sqlite3.connect(
            address, uri=True, timeout=options.lock_seconds, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA secure_delete = ON")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA temp_store = MEMORY")  # keys on their way go into no file
        connection.create_function(IS_BEFORE, 2, _is_before, deterministic=True)
        return connection

    engine = create_engine("sqlite://", creator=opened, poolclass=QueuePool, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def _(connection: Connection) -> None:
        begin = connection.get_execution_options().get(BEGIN, "BEGIN")
        if begin:
            connection.exec_driver_sql(begin)

    return engine


def _is_before(value: object, at_text: str) -> bool:
    if value is None:
        return False
    if not isinstance(value, str):
        raise TypeError("expected ISO 8601 text")
    at = _parsed(at_text)
    if len(value) == _DATE_LENGTH:
        return date.fromisoformat(value) < at.date()
    moment = datetime.fromisoformat(value)
    return moment < (at if moment.tzinfo else at.replace(tzinfo=None))


@lru_cache(maxsize=64)
def _parsed(text: str) -> datetime:
    return datetime.fromisoformat(text)
