"""Kill -9 while rows are suspended: around each journal line, and between the move's INSERT and its DELETE."""

from __future__ import annotations

import os
import signal
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa

from connectors.sql import connect
from retention.model.datamap import Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
from retention.model.suspension import Moved, Suspension
from retention.ports.connector import SystemSettings

MOMENTS = "after-01 after-02 after-03 before-04 after-04 before-05 after-05"
"""Two places are measured, then intent, done and evidence of one step; rows move between the lines 3 and 4."""


@pytest.mark.parametrize("moment", ["after-01", "after-03", "before-04", "after-04"])
def test_killed_suspension(shelf, work_on, moment):
    """Killed between the places' measures, before the move, after it or after its line: each row is in one place."""
    work = work_on("sql-suspension")
    when, number = moment.split("-")
    work.kill("apply", int(number), when)
    seen = work.finish()
    assert seen == shelf.undisturbed("sql-suspension")
    assert [len(rows) for rows in seen.rows] == [4, 2]


def test_something_new_is_there_at_these_moments_only(work_on):
    """Each place is measured before anything moves, and the rows move once, between two lines."""
    assert " ".join(work_on("sql-suspension").moments("apply")) == f"before-01 {MOMENTS}"


def test_killed_between_insert_and_delete(tmp_path: Path) -> None:
    """The rows are copied and not yet removed when the process dies: they are where they were, and move next time."""
    path = tmp_path / "people.db"
    with sqlite3.connect(path) as database:
        for table in ("people", "kept"):
            database.execute(f"CREATE TABLE {table} (id INTEGER PRIMARY KEY, user_id TEXT)")
        database.execute("INSERT INTO people VALUES (1, 'u1'), (2, 'u2')")
    dataset = Dataset(
        *(DatasetId("app.people"), SystemId("app"), "people", ("id",), {"user_id": "user_id"}, (), (), {}, {}, {}),
        suspension=Suspension(Moved("kept")),
    )
    selection = Selection(Among("user_id", KeySet("k", 0, "")), {"k": frozenset({"u1"})})
    settings = SystemSettings(SystemId("app"), "sql", {"url": f"sqlite:///{path}"})

    def counts() -> tuple[int, ...]:
        with sqlite3.connect(path) as database:
            return tuple(database.execute(f"SELECT count(*) FROM {t}").fetchone()[0] for t in ("people", "kept"))

    child = os.fork()
    if child == 0:

        def strike(_connection, _cursor, statement, *_):
            if statement.startswith("DELETE"):
                os.kill(os.getpid(), signal.SIGKILL)

        sa.event.listen(sa.Engine, "before_cursor_execute", strike)
        connect(settings).suspender().suspend_rows(dataset, selection)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WTERMSIG(status) == signal.SIGKILL
    assert counts() == (2, 0)
    store = connect(settings)
    assert store.suspender().suspend_rows(dataset, selection).rows == 1
    assert counts() == (1, 1)
    store.close()
