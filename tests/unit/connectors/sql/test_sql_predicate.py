from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

import pytest

from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Before, Everything, Not, Selection
from retention.model.transform import Prefix

JST = timezone(timedelta(hours=9))
MIDNIGHT = datetime(2026, 1, 10, tzinfo=JST)
TEXTS = [
    (1, "2026-01-09"),
    (2, "2026-01-10"),
    (3, "2026-01-09T23:59:59"),
    (4, "2026-01-10 00:00:00"),
    (5, "2026-01-09T14:59:59Z"),
    (6, "2026-01-09T15:00:00+00:00"),
    (7, "2026-01-10T00:30:00+10:00"),
    (8, None),
]
ID = "6f9619ff-8b86-d011-b42d-00c04fc964ff"


def ids(store: Any, dataset: Any, selection: Selection) -> set[Any]:
    """Return the ids of the selected rows."""
    return {number for (number,) in store.finder().values(dataset, ["id"], selection)}


@pytest.mark.parametrize("declared", ["text", "varchar(40)"])
def test_iso_text_is_compared_as_what_it_says(declared: str, both: Any, table: Any) -> None:
    """A date as a local date, an instant with its zone, one without in the policy's zone; on both systems."""
    for (connection, _), mark in zip(both, ("%s", "?"), strict=True):
        connection.execute(f"CREATE TABLE logs (id integer, at {declared})")
        connection.cursor().executemany(f"INSERT INTO logs VALUES ({mark}, {mark})", TEXTS)
    for _, store in both:
        assert ids(store, table("logs"), Selection(Before("at", MIDNIGHT))) == {1, 3, 5, 7}
        assert ids(store, table("logs"), Selection(Not(Before("at", MIDNIGHT)))) == {2, 4, 6, 8}


def test_text_that_is_no_date_fails_closed(both: Any, table: Any) -> None:
    """A value that cannot be read as a date is an error, without the value, and not "not before"."""
    for connection, _ in both:
        connection.execute("CREATE TABLE logs (id integer, at text)")
        connection.execute("INSERT INTO logs VALUES (1, 'tomorrow-ish')")
    for _, store in both:
        with pytest.raises(TerminalFailure) as caught:
            store.finder().count(table("logs"), Selection(Before("at", MIDNIGHT)))
        assert "tomorrow" not in str(caught.value)


def test_a_naive_timestamp_is_read_in_the_policys_zone(both: Any, table: Any) -> None:
    """A time-stamp without a zone is local to the policy."""
    for connection, _ in both:
        connection.execute("CREATE TABLE logs (id integer, at timestamp)")
        connection.execute("INSERT INTO logs VALUES (1, '2026-01-09 23:59:59'), (2, '2026-01-10 00:00:00'), (3, null)")
    for _, store in both:
        assert ids(store, table("logs"), Selection(Before("at", MIDNIGHT))) == {1}


def test_before_needs_a_date(pg: Any, opened: Any, table: Any) -> None:
    """A column of numbers is not compared with an instant."""
    pg.execute("CREATE TABLE logs (id integer)")
    with pytest.raises(TerminalFailure, match=r"logs\.id: expected a date, found integer"):
        opened().finder().count(table("logs"), Selection(Before("id", MIDNIGHT)))


def test_uuid_keys_are_texts_for_us(pg: Any, opened: Any, table: Any, among: Any) -> None:
    """A UUID column is asked with text, answers with text, and refuses other text."""
    pg.execute("CREATE TABLE people (id uuid PRIMARY KEY, city text)")
    pg.execute("INSERT INTO people VALUES (%s, 'Tokyo'), (gen_random_uuid(), 'Osaka')", [UUID(ID)])
    store, people = opened(), table("people", "id")
    assert store.finder().describe(people)["id"] is ColumnType.TEXT
    assert ids(store, people, among("id", ID.upper())) == {ID}
    with pytest.raises(KeyTypeError, match=r"people\.id \(text\): expected a UUID"):
        store.finder().count(people, among("id", "u1"))
    assert store.eraser().anonymize_rows(people, among("id", ID), {"city": Prefix(1)}, ["id"], frozenset()).rows == 1
    assert pg.execute("SELECT city FROM people ORDER BY city").fetchall() == [("Osaka",), ("T",)]


@pytest.mark.parametrize(
    ("declared", "key", "rows"),
    [("smallint", "7", 1), ("bigint", 2**62, 0), ("numeric(10, 2)", 7, 1), ("char(3)", "7", 1)],
)
def test_keys_meet_columns_of_other_widths(
    *, declared: str, key: Any, rows: int, pg: Any, opened: Any, table: Any, among: Any
) -> None:
    """The key is compared by value, whatever the column's width or padding."""
    pg.execute(f"CREATE TABLE people (id {declared})")
    pg.execute("INSERT INTO people VALUES ('7'), ('8')")
    assert opened().finder().count(table("people"), among("id", key)) == rows


@pytest.mark.parametrize(
    ("declared", "key"), [("bigint", 2**63), ("date", "2026-01-01"), ("boolean", 1), ("json", "x")]
)
def test_keys_that_cannot_be_compared_are_refused(
    *, declared: str, key: Any, pg: Any, opened: Any, table: Any, among: Any
) -> None:
    """The error names the column and what it expected, not the key."""
    pg.execute(f"CREATE TABLE people (id {declared})")
    with pytest.raises(KeyTypeError, match=r"people\.id") as caught:
        opened().finder().count(table("people"), among("id", key))
    assert not isinstance(key, str) or "2026" not in str(caught.value)


def test_an_index_serves_the_keys(pg: Any, opened: Any, among: Any) -> None:
    """The clause for keys leaves the index usable: PostgreSQL plans an index scan."""
    from connectors.sql.keys import KeySender  # noqa: PLC0415 -- same
    from connectors.sql.predicate import where_of  # noqa: PLC0415 -- the only test that looks at the clause

    pg.execute("CREATE TABLE people (id bigint PRIMARY KEY)")
    database = opened()._database
    with database.reading() as connection:
        live = database.table(connection, "people")
        query = live.select().where(where_of(live, among("id", 1, 2), KeySender(connection, database.options)))
        text = query.compile(connection, compile_kwargs={"literal_binds": True})
    pg.execute("SET enable_seqscan = off")
    plan = "\n".join(line for (line,) in pg.execute(f"EXPLAIN {text}"))
    assert "Index Cond" in plan


def test_values_of_unusual_types_come_as_text(pg: Any, opened: Any, table: Any) -> None:
    """What the model has no value for is grouped and given as text."""
    pg.execute("CREATE TABLE logs (id integer, body json, tags text[])")
    pg.execute("""INSERT INTO logs VALUES (1, '{"a":1}', '{x}'), (2, '{"a":1}', '{x}')""")
    store = opened()
    tallied = list(store.finder().tally(table("logs"), ["body", "tags"], Selection(Everything())))
    assert tallied == [(('{"a":1}', "{x}"), 2)]
    (batch,) = store.inspector().scan(table("logs"))
    assert batch.num_rows == 2


def test_sqlite_keeps_the_zone_it_was_written_with(lite: Any, lite_store: Any, table: Any) -> None:
    """Instants with a zone are read with it, dates as dates."""
    lite.execute("CREATE TABLE logs (id integer, at timestamp, day date)")
    lite.execute("INSERT INTO logs VALUES (1, '2026-01-10T00:00:00+09:00', '2026-01-10')")
    (found,) = lite_store.finder().values(table("logs"), ["at", "day"], Selection(Everything()))
    assert found == (MIDNIGHT, date(2026, 1, 10))
    (batch,) = lite_store.inspector().scan(table("logs"))
    assert batch.to_pylist() == [{"id": 1, "at": MIDNIGHT.astimezone(UTC), "day": date(2026, 1, 10)}]
