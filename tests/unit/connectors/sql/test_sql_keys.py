from __future__ import annotations

from typing import Any

import pytest

from connectors.sql.keys import sending
from retention.errors import KeyTypeError
from retention.model.ids import KeySetId
from retention.model.predicate import AmongTuples, AnyOf, Everything, Not, Selection, tuple_key
from retention.model.subject import KeySet

EVERYTHING = Selection(Everything())


def tuples(columns: tuple[str, ...], *keys: tuple[Any, ...]) -> AmongTuples:
    """Return the predicate on several columns."""
    return AmongTuples(columns, KeySet(KeySetId("t"), len(keys), ""))


def together(columns: tuple[str, ...], *keys: tuple[Any, ...], negated: bool = False) -> Selection:
    """Select the rows that hold one of the keys in the columns together."""
    where = tuples(columns, *keys)
    return Selection(Not(where) if negated else where, {KeySetId("t"): frozenset(map(tuple_key, keys))})


@pytest.fixture
def three(both: list[Any], maria: Any) -> list[Any]:
    """A connection and a store on each vendor."""
    return [*both, maria]


def test_more_keys_than_a_statement_takes_go_ahead_in_a_table(three: Any, table: Any, among: Any) -> None:
    """The answer is the same, and nothing of the table is left in the session that others will use."""
    for connection, store in three:
        connection.execute("CREATE TABLE people (id integer PRIMARY KEY, who varchar(9))")
        connection.execute(
            f"INSERT INTO people VALUES {', '.join(f'({n}, {chr(39)}u{n}{chr(39)})' for n in range(3000))}"
        )
        numbers = frozenset(range(500, 2700)) | {"7", 7}
        names = frozenset(f"U{n}" for n in range(1500)) | {f"u{n}" for n in range(100, 1900)}
        assert store.finder().count(table("people"), among("id", *numbers)) == 2201
        assert store.finder().count(table("people"), among("who", *names)) == 1800
        values = store.finder().values(table("people"), ["id"], among("id", *numbers))
        next(values)
        values.close()
        assert store.eraser().erase_rows(table("people"), among("id", *numbers)).rows == 2201
        assert store.finder().count(table("people"), EVERYTHING) == 799
        with store._database.reading() as open_again:
            names = _temporary(open_again)
        assert names == []


def _temporary(connection: Any) -> list[str]:
    if connection.dialect.name == "sqlite":
        return list(connection.exec_driver_sql("SELECT name FROM sqlite_temp_master").scalars())
    if connection.dialect.name == "postgresql":
        found = "SELECT relname FROM pg_class WHERE relpersistence = 't'"
        return list(connection.exec_driver_sql(found).scalars())
    return list(
        connection.exec_driver_sql(
            "SELECT table_name FROM information_schema.tables WHERE temporary = 'Y' AND table_schema = DATABASE()"
        ).scalars()
    )


def test_a_key_of_several_columns(three: Any, table: Any) -> None:
    """Pairs are compared as pairs; a null in one of them is no key; negation takes the rest."""
    wanted = [("a", 1), ("b", 2), ("A", 2), ("c", 9)]
    for connection, store in three:
        connection.execute("CREATE TABLE seats (id integer PRIMARY KEY, hall varchar(9), seat integer)")
        connection.execute("INSERT INTO seats VALUES (1,'a',1),(2,'a',2),(3,'b',1),(4,'b',2),(5,'A',1),(6,'b',NULL)")
        finder = store.finder()
        assert finder.count(table("seats"), together(("hall", "seat"), *wanted)) == 2
        assert finder.count(table("seats"), together(("hall", "seat"), *wanted, negated=True)) == 4
        both_ways = Selection(
            AnyOf((tuples(("hall", "seat")), Not(tuples(("hall", "seat"))))),
            {KeySetId("t"): frozenset(map(tuple_key, wanted))},
        )
        assert finder.count(table("seats"), both_ways) == 6
        assert store.eraser().erase_rows(table("seats"), together(("hall", "seat"), *wanted)).rows == 2
        with pytest.raises(KeyTypeError, match=r"seats\.seat"):
            finder.count(table("seats"), together(("hall", "seat"), ("a", "x")))


def test_postgresql_gets_one_array_of_the_columns_own_type(pg: Any, opened: Any) -> None:
    """Uncast, the server compares a narrower array key by key: twenty times slower."""
    pg.execute("CREATE TABLE people (id bigint PRIMARY KEY)")
    store = opened(keys="2")
    with store._database.reading() as connection, sending(connection, store._database.options) as sender:
        live = store._database.table(connection, "people")
        assert "CAST" in str(sender.among(live.c.id, frozenset({1, 2})).compile(dialect=connection.dialect))
        assert "SELECT retention_keys" in str(sender.among(live.c.id, frozenset({1, 2, 3})))
