from __future__ import annotations

import traceback
from typing import Any

import psycopg
import pytest
import sqlalchemy as sa

from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.predicate import Everything, Selection
from retention.model.transform import Prefix, ToMonth

EVERYTHING = Selection(Everything())
EMAIL = "secret.person@example.org"
CUSTOMERS = "CREATE TABLE customers (email text PRIMARY KEY, city text)"
ORDERS = "CREATE TABLE orders (email text CONSTRAINT orders_email REFERENCES customers (email))"


def shown(error: BaseException) -> str:
    """Return all that a log would show of the error."""
    return "".join(traceback.format_exception(error))


def test_a_row_that_is_still_referenced_is_refused_by_name(pg: Any, opened: Any, table: Any, among: Any) -> None:
    """PostgreSQL: the failure names the referring table and the constraint, and no value; nothing is erased."""
    pg.execute(f"{CUSTOMERS}; {ORDERS}")
    pg.execute("INSERT INTO customers VALUES (%s), ('b')", [EMAIL])
    pg.execute("INSERT INTO orders VALUES (%s)", [EMAIL])
    with pytest.raises(TerminalFailure, match=r"orders.*orders_email") as caught:
        opened().eraser().erase_rows(table("customers"), among("email", EMAIL, "b"))
    assert EMAIL not in shown(caught.value)
    assert pg.execute("SELECT count(*) FROM customers").fetchone() == (2,)


def test_sqlite_enforces_foreign_keys_and_shows_no_value(lite: Any, lite_store: Any, table: Any, among: Any) -> None:
    """SQLite: a referenced row stays, whatever the file's default is."""
    lite.executescript(f"{CUSTOMERS}; {ORDERS}")
    lite.execute("INSERT INTO customers VALUES (?, 'x')", [EMAIL])
    lite.execute("INSERT INTO orders VALUES (?)", [EMAIL])
    with pytest.raises(TerminalFailure, match="customers") as caught:
        lite_store.eraser().erase_rows(table("customers"), among("email", EMAIL))
    assert EMAIL not in shown(caught.value)
    assert lite.execute("SELECT count(*) FROM customers").fetchone() == (1,)


def test_a_lock_held_by_another_is_transient(pg: Any, server: Any, opened: Any, table: Any, among: Any) -> None:
    """A row locked elsewhere ends the call after `lock_seconds`, to be run again."""
    pg.execute(CUSTOMERS)
    pg.execute("INSERT INTO customers VALUES ('a')")
    with psycopg.connect(server.get_uri()) as other:
        other.execute("SELECT * FROM customers FOR UPDATE")
        with pytest.raises(TransientFailure, match="55P03"):
            opened(lock_seconds="1").eraser().erase_rows(table("customers"), among("email", "a"))
    assert opened().eraser().erase_rows(table("customers"), among("email", "a")).rows == 1


def test_a_locked_sqlite_file_is_transient(lite: Any, lite_store: Any, table: Any) -> None:
    """Another writer of the file ends the call after `lock_seconds`."""
    lite.execute(CUSTOMERS)
    lite.execute("BEGIN IMMEDIATE")
    with pytest.raises(TransientFailure, match="SQLITE_BUSY"):
        lite_store.eraser().erase_rows(table("customers"), EVERYTHING)


def test_a_statement_that_takes_too_long_is_transient(pg: Any, opened: Any, table: Any) -> None:
    """`statement_seconds` ends a statement on the server."""
    pg.execute("CREATE VIEW slow AS SELECT 1 AS id FROM pg_sleep(30)")
    with pytest.raises(TransientFailure, match="57014"):
        opened(statement_seconds="1").finder().count(table("slow"), EVERYTHING)


def _collide(connection: sa.Connection, tries: list[int], until: int) -> int:
    tries.append(1)
    if len(tries) < until:
        connection.exec_driver_sql("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$")
    return len(tries)


def test_a_collision_is_tried_again(pg: Any, opened: Any) -> None:
    """A deadlock's victim starts over and succeeds."""
    pg.execute(CUSTOMERS)
    tries: list[int] = []
    assert opened()._database.change("customers", lambda connection, _: _collide(connection, tries, 3)) == 3


def test_collisions_are_tried_a_bounded_number_of_times(pg: Any, opened: Any) -> None:
    """After the last attempt the collision is reported as such."""
    pg.execute(CUSTOMERS)
    tries: list[int] = []
    with pytest.raises(ConcurrentWriteFailure, match="40P01"):
        opened()._database.change("customers", lambda connection, _: _collide(connection, tries, 99))
    assert len(tries) == 4


def test_a_failed_anonymization_changes_nothing_and_shows_no_value(pg: Any, opened: Any, table: Any) -> None:
    """One value that a transform cannot read rolls the whole call back; the value is not shown."""
    pg.execute(CUSTOMERS)
    pg.execute("INSERT INTO customers VALUES ('a', '2026-05-17'), ('b', %s)", [EMAIL])
    with pytest.raises(TerminalFailure, match=r"column city: ToMonth") as caught:
        opened().eraser().anonymize_rows(table("customers"), EVERYTHING, {"city": ToMonth()}, [], frozenset())
    assert EMAIL not in shown(caught.value)
    assert pg.execute("SELECT city FROM customers ORDER BY email").fetchall() == [("2026-05-17",), (EMAIL,)]


def test_a_broken_constraint_is_named_without_its_values(pg: Any, opened: Any, table: Any) -> None:
    """The driver's DETAIL quotes the key; the failure names the constraint only."""
    pg.execute("CREATE TABLE people (id int PRIMARY KEY, email text CONSTRAINT people_email UNIQUE)")
    pg.execute("INSERT INTO people VALUES (1, 'secret.a'), (2, 'secret.b')")
    with pytest.raises(TerminalFailure, match=r"23505, constraint people_email") as caught:
        opened().eraser().anonymize_rows(table("people"), EVERYTHING, {"email": Prefix(6)}, [], frozenset())
    assert "secret" not in shown(caught.value)


def test_a_table_without_a_key_cannot_be_anonymized(pg: Any, opened: Any, table: Any) -> None:
    """The failure says what is needed."""
    pg.execute("CREATE TABLE loose (city text)")
    with pytest.raises(TerminalFailure, match="primary key"):
        opened().eraser().anonymize_rows(table("loose"), EVERYTHING, {"city": Prefix(1)}, [], frozenset())


def test_a_missing_table_is_refused(opened: Any, lite_store: Any, table: Any) -> None:
    """Counting or erasing in a table that is not there raises, rather than finding no rows."""
    for store in (opened(), lite_store):
        with pytest.raises(TerminalFailure, match=r"app\.nowhere"):
            store.finder().count(table("nowhere"), EVERYTHING)
        with pytest.raises(TerminalFailure, match=r"app\.nowhere"):
            store.eraser().erase_rows(table("nowhere"), EVERYTHING)
        with pytest.raises(TerminalFailure, match=r"app\.nowhere"):
            list(store.inspector().scan(table("nowhere")))


def test_a_password_is_never_shown(opened: Any, table: Any) -> None:
    """Neither the failure to connect nor any repr has the URL's password."""
    store = opened("postgresql://someone:hunter2@127.0.0.1:1/nothing")
    with pytest.raises(TransientFailure) as caught:
        store.finder().count(table("customers"), EVERYTHING)
    assert "hunter2" not in shown(caught.value) + repr(store) + repr(store._database) + repr(store._database.options)
