from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sql import keys
from retention.errors import ConcurrentWriteFailure, TransientFailure
from retention.model.predicate import AllOf, Before, Everything, Populated, Selection

EVERYTHING = Selection(Everything())


def test_a_large_change_is_cut_into_transactions(both: Any, opened: Any, table: Any, among: Any) -> None:
    """No transaction changes more rows than a page; together they change all, once."""
    for connection, store in both:
        connection.execute("CREATE TABLE views (who varchar(9), n integer, city varchar(9), PRIMARY KEY (who, n))")
        values = ", ".join(f"('u{n % 7}', {n}, 'x')" for n in range(500))
        connection.execute(f"INSERT INTO views VALUES {values}")
        options = store._database.options
        cut = opened(options.url.render_as_string(hide_password=False), page="60")
        sizes: list[int] = []
        sa.event.listen(cut._database.engine, "after_cursor_execute", lambda *seen, into=sizes: _note(seen, into))
        assert cut.eraser().redact_fields(table("views"), EVERYTHING, ["city"]).rows == 500
        assert cut.eraser().redact_fields(table("views"), EVERYTHING, ["city"]).rows == 0
        assert cut.eraser().erase_rows(table("views"), among("who", "u1", "u2", "u3")).rows == 215
        assert max(sizes) <= 60
        assert sum(sizes) == 715
        assert cut.finder().count(table("views"), EVERYTHING) == 285


def _note(seen: tuple[Any, ...], sizes: list[int]) -> None:
    _, cursor, statement, *_ = seen
    if statement.startswith(("UPDATE", "DELETE")):
        sizes.append(cursor.rowcount)


def test_rows_of_many_keys_go_at_once_where_they_are_a_page_at_most(
    pg: Any, opened: Any, table: Any, among: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PostgreSQL's planner says how many rows the keys have; more than it said are undone, and cut."""
    monkeypatch.setattr(keys, "MANY", 10)
    pg.execute("CREATE TABLE orders (id integer PRIMARY KEY, person integer) WITH (autovacuum_enabled = off)")
    pg.execute("INSERT INTO orders SELECT n, n FROM generate_series(1, 1000) n")
    pg.execute("ANALYZE orders")
    cut = opened(page="100", keys="5", pages="P1D")
    sizes: list[int] = []
    sa.event.listen(cut._database.engine, "after_cursor_execute", lambda *seen: _note(seen, sizes))
    assert cut.eraser().erase_rows(table("orders"), among("person", *range(1, 91))).rows == 90
    assert sizes == [90]
    pg.execute("INSERT INTO orders SELECT 1000 + n, 100 + n % 30 FROM generate_series(1, 600) n")
    sizes.clear()
    assert cut.eraser().erase_rows(table("orders"), among("person", *range(100, 130))).rows == 630
    assert sizes[0] == 630
    assert max(sizes[1:]) <= 100
    assert sum(sizes[1:]) == 630
    assert pg.execute("SELECT count(*) FROM orders").fetchone() == (880,)


def test_what_was_done_before_a_failure_stays_done_and_the_repeat_finishes(pg: Any, opened: Any, table: Any) -> None:
    """The connection dies between two transactions: the rows of the first are gone, the rest go on the repeat."""
    pg.execute("CREATE TABLE people (id integer PRIMARY KEY)")
    pg.execute("INSERT INTO people SELECT * FROM generate_series(1, 300)")
    cut = opened(page="100")
    deletes: list[str] = []

    def die(connection: Any, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("DELETE"):
            deletes.append(statement)
        if len(deletes) == 2:
            deletes.append("dead")
            pg.execute("SELECT pg_terminate_backend(%s)", [connection.connection.driver_connection.info.backend_pid])

    sa.event.listen(cut._database.engine, "before_cursor_execute", die)
    with pytest.raises(TransientFailure):
        cut.eraser().erase_rows(table("people"), EVERYTHING)
    assert pg.execute("SELECT count(*) FROM people").fetchone() == (200,)
    assert cut.eraser().erase_rows(table("people"), EVERYTHING).rows == 200


def test_pauses_between_tries_are_drawn_from_the_seed(opened: Any) -> None:
    """Two workers with two seeds do not meet again and again; the same seed gives the same pauses."""

    def pauses(seed: str) -> list[float]:
        found: list[float] = []
        database = opened("sqlite:////nowhere.db", jitter=seed)._database
        database._pause = found.append
        for attempt in range(3):
            database.wait(attempt)
        return found

    assert pauses("1") == pauses("1") != pauses("2")
    assert all(0 <= pause <= 0.05 * 2**attempt for attempt, pause in enumerate(pauses("3")))


@pytest.mark.parametrize("retries", ["0", "2"])
def test_retries_are_bounded(retries: str, pg: Any, opened: Any) -> None:
    """After so many tries the collision is the caller's."""
    pg.execute("CREATE TABLE people (id integer)")
    database = opened(retries=retries)._database
    database._pause = lambda _: None
    tries: list[int] = []

    def collide(_connection: Any, _table: Any) -> None:
        tries.append(1)
        raise ConcurrentWriteFailure("app.people: collided")

    with pytest.raises(ConcurrentWriteFailure):
        database.change("people", collide)
    assert len(tries) == int(retries) + 1


MONTHS = "CREATE TABLE views (id int, at date NOT NULL, who text) PARTITION BY RANGE (at)"


def partitioned(pg: Any) -> None:
    """Make three months of a hundred rows each."""
    pg.execute(MONTHS)
    for month in (1, 2, 3):
        bounds = f"FROM ('2026-0{month}-01') TO ('2026-0{month + 1}-01')"
        pg.execute(f"CREATE TABLE views_{month} PARTITION OF views FOR VALUES {bounds}")
        pg.execute(f"INSERT INTO views SELECT n, '2026-0{month}-15', 'u' || n FROM generate_series(1, 100) n")


@pytest.mark.parametrize(("how", "left"), [("empty", 3), ("drop", 2), ("rows", 3)])
def test_a_partition_goes_whole_only_if_every_row_goes(how: str, left: int, pg: Any, opened: Any, table: Any) -> None:
    """Of January all rows go; in February one stays under a hold, so its rows go one by one."""
    partitioned(pg)
    pg.execute("UPDATE views SET who = NULL WHERE id = 50 AND at = '2026-02-15'")
    where = Selection(AllOf((Before("at", datetime(2026, 3, 1, tzinfo=UTC)), Populated(("who",)))))
    before = dict(pg.execute("SELECT relname, relfilenode FROM pg_class WHERE relname LIKE 'views%'").fetchall())
    assert opened(partitions=how, pages="P1D").eraser().erase_rows(table("views"), where).rows == 199
    assert pg.execute("SELECT count(*) FROM views WHERE at < '2026-03-01'").fetchone() == (1,)
    assert pg.execute("SELECT count(*) FROM views_3").fetchone() == (100,)
    after = dict(pg.execute("SELECT relname, relfilenode FROM pg_class WHERE relname LIKE 'views_%'").fetchall())
    assert len(after) == left
    assert (after.get("views_1") == before["views_1"]) is (how == "rows")
    assert after["views_2"] == before["views_2"]


def test_rows_that_others_may_refer_to_are_erased_one_by_one(pg: Any, opened: Any, table: Any) -> None:
    """Truncating would pass over the foreign key, or be refused by the server."""
    pg.execute("CREATE TABLE views (id int PRIMARY KEY) PARTITION BY RANGE (id)")
    pg.execute("CREATE TABLE views_1 PARTITION OF views FOR VALUES FROM (0) TO (100)")
    pg.execute("CREATE TABLE likes (view_id int REFERENCES views (id))")
    pg.execute("INSERT INTO views SELECT * FROM generate_series(1, 10)")
    assert opened(pages="P1D").eraser().erase_rows(table("views"), EVERYTHING).rows == 10
