"""Connections to the ledger."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

from retention.store.engine import Database, make_database


@pytest.fixture
def database(tmp_path: Path):
    """A SQLite file in write-ahead mode, with a few rows."""
    made = make_database(f"sqlite:///{tmp_path}/ledger.db")
    made.use_wal()
    with made.writing() as connection:
        connection.exec_driver_sql("CREATE TABLE rows_ (n INTEGER)")
        connection.exec_driver_sql("INSERT INTO rows_ VALUES (1), (2), (3)")
    yield made
    made.close()


def leave_reading(database: Database) -> None:
    """Give a connection back while a cursor still reads, and let the cursor await the garbage collector."""
    raw = database._engine.raw_connection()
    cursor = raw.cursor()
    cursor.execute("SELECT n FROM rows_")
    cursor.fetchone()
    circle: list[object] = [cursor]
    circle.append(circle)
    raw.close()


def test_a_cursor_that_nobody_holds_does_not_keep_deleted_rows_in_the_log(database: Database, tmp_path: Path) -> None:
    """The write-ahead log is emptied all the same: what was shredded is gone from it."""
    gc.disable()
    try:
        leave_reading(database)
        database.forget_log()
    finally:
        gc.enable()
    assert (tmp_path / "ledger.db-wal").stat().st_size == 0
