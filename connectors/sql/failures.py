"""Drivers' errors → ours. What a driver says may quote values, so none of its text goes further."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, NoSuchTableError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError

from retention.errors import ConcurrentWriteFailure, SystemFailure, TerminalFailure, TransientFailure

_TRANSIENT_CLASSES: Final = ("08", "53", "57", "58")
"""SQLSTATE classes: connection, resources, operator intervention (also cancelled statements), system."""
_TRANSIENT_STATES: Final = frozenset({"55P03", "55006"})
_COLLISIONS: Final = frozenset({"40001", "40P01"})
_FOREIGN_KEY: Final = "23503"
_MARIADB_UNREACHABLE: Final = frozenset({2002, 2003, 2005, 2006, 2012, 2013, 2055})
_MARIADB_TRANSIENT: Final = frozenset({1040, 1053, 1114, 1203, 1205, 1226, 1317, 1927, 1969, 3024})
"""Too many connections, shutdown, full, lock wait, interrupted, killed, out of time."""
_MARIADB_COLLISIONS: Final = frozenset({1020, 1213})
_MARIADB_PARENT: Final = frozenset({1217, 1451})
_SQLITE_TRANSIENT: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_CANTOPEN", "SQLITE_IOERR", "SQLITE_FULL")


@contextmanager
def reported(system: str, table: str = "") -> Iterator[None]:
    """Turn whatever the driver raises into one of our failures.

    Raises:
        TransientFailure: not reached, busy, or out of time.
        ConcurrentWriteFailure: a deadlock or serialization failure.
        TerminalFailure: a constraint forbids it, or the statement is refused.

    """
    where = f"{system}.{table}" if table else system
    try:
        yield
    except DBAPIError as error:
        raise _translated(error, where) from None
    except PoolTimeoutError:
        raise TransientFailure(f"{where}: no free connection", hint="run again") from None
    except NoSuchTableError:
        raise missing(where) from None
    except (SQLAlchemyError, ValueError) as error:
        # the text of either may quote a value
        raise TerminalFailure(f"{where}: a value cannot be sent or read ({type(error).__name__})") from None


def missing(where: str) -> TerminalFailure:
    """Return the failure for a table that is not there."""
    return TerminalFailure(
        f"{where}: there is no such table", hint="compare the data map with `retention datamap check`"
    )


def _translated(error: DBAPIError, where: str) -> SystemFailure:
    sqlite_name = getattr(error.orig, "sqlite_errorname", None)
    if sqlite_name is not None:
        return _from_sqlite(sqlite_name, where)
    if type(error.orig).__module__.startswith("pymysql"):
        return _from_mariadb(error, where)
    return _from_postgresql(error, where)


def _from_mariadb(error: DBAPIError, where: str) -> SystemFailure:
    """See https://mariadb.com/kb/en/mariadb-error-code-reference/ and the client's 2000 to 2062."""
    number = error.orig.args[0] if error.orig is not None and error.orig.args else None
    if number in _MARIADB_UNREACHABLE or number in _MARIADB_TRANSIENT:
        said = "was busy or stopped it" if number in _MARIADB_TRANSIENT else "cannot be reached"
        return TransientFailure(f"{where}: the server {said} ({number})", hint="run again")
    if number in _MARIADB_COLLISIONS:
        return ConcurrentWriteFailure(f"{where}: collided with another transaction ({number})", hint="run again")
    if number in _MARIADB_PARENT:
        return _still_referenced(where, "rows of another table", "its foreign key")
    return TerminalFailure(f"{where}: MariaDB refused the statement ({number or type(error.orig).__name__})")


def _from_sqlite(name: str, where: str) -> SystemFailure:
    if name.startswith(_SQLITE_TRANSIENT):
        return TransientFailure(f"{where}: the database file cannot be used now ({name})", hint="run again")
    if name == "SQLITE_CONSTRAINT_FOREIGNKEY":
        return _still_referenced(where, "rows of another table", "its foreign key")
    return TerminalFailure(f"{where}: SQLite refused the statement ({name})")


def _from_postgresql(error: DBAPIError, where: str) -> SystemFailure:
    state = getattr(error.orig, "sqlstate", None)
    diagnosis = getattr(error.orig, "diag", None)
    if state is None and type(error).__name__ in {"OperationalError", "InterfaceError"}:
        return TransientFailure(f"{where}: the server cannot be reached", hint="run again when it is back")
    if state in _COLLISIONS:
        return ConcurrentWriteFailure(f"{where}: collided with another transaction ({state})", hint="run again")
    if state is not None and (state.startswith(_TRANSIENT_CLASSES) or state in _TRANSIENT_STATES):
        return TransientFailure(f"{where}: the server was busy or stopped it ({state})", hint="run again")
    if state == _FOREIGN_KEY and diagnosis is not None:
        return _still_referenced(where, f"rows of {diagnosis.table_name}", f"constraint {diagnosis.constraint_name}")
    constraint = getattr(diagnosis, "constraint_name", None)
    named = f", constraint {constraint}" if constraint else ""
    return TerminalFailure(f"{where}: PostgreSQL refused the statement ({state or type(error.orig).__name__}{named})")


def _still_referenced(where: str, who: str, how: str) -> TerminalFailure:
    return TerminalFailure(
        f"{where}: {who} still refer to rows that should go ({how})",
        hint="map that table with its `parent`, so that children are erased first",
    )
