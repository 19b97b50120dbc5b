from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pymysql
import pytest

from connectors.sql.failures import _from_mariadb
from retention.errors import ConcurrentWriteFailure, TerminalFailure, TransientFailure
from retention.model.predicate import Before, Everything, Selection
from retention.model.transform import Drop
from tests.mariadb.server import server

EMAIL = "secret.person@example.org"
LONG = EMAIL * 400
"""Too long for a row: kept in pages of its own."""
EVERYTHING = Selection(Everything())


def people(maria: Any) -> None:
    """Make a table with the secret in a row, in an index and in a long column."""
    maria.execute("CREATE TABLE people (id integer PRIMARY KEY, email varchar(60), letter longtext, KEY (email))")
    for n in range(200):
        email = EMAIL if n == 50 else f"other{n}@example.org"
        letter = LONG if n == 50 else "dear"
        maria.execute(f"INSERT INTO people VALUES ({n}, '{email}', '{letter}')")


def on_disk(maria: Any) -> list[str]:
    """Return the data files of the table that hold the secret, once all pages are written."""
    maria.execute("FLUSH TABLES people FOR EXPORT")
    files = [path for path in Path(server().data).rglob("people*.ibd") if EMAIL.encode() in path.read_bytes()]
    maria.execute("UNLOCK TABLES")
    return [path.name for path in files]


@pytest.mark.parametrize("how", ["erase", "redact", "anonymize"])
def test_the_tables_file_does_not_hold_the_erased(how: str, maria: Any, table: Any, among: Any) -> None:
    """After the call neither rows, index nor long columns have the value's bytes; what logs keep is said."""
    driver, store = maria
    people(driver)
    driver.execute("ANALYZE TABLE people PERSISTENT FOR ALL")
    assert on_disk(driver) == ["people.ibd"]
    eraser, dataset, selection = store.eraser(), table("people", "id"), among("email", EMAIL)
    if how == "erase":
        effect = eraser.erase_rows(dataset, selection)
    elif how == "redact":
        effect = eraser.redact_fields(dataset, selection, ["email", "letter"])
    else:
        effect = eraser.anonymize_rows(dataset, selection, {"email": Drop(), "letter": Drop()}, [], frozenset())
    assert effect.rows == 1
    assert on_disk(driver) == []
    assert {residue.what for residue in effect.residues} == {"redo-and-undo-log", "planner-statistics"}
    sampled = "SELECT count(*) FROM mysql.column_stats WHERE db_name = DATABASE() AND max_value LIKE 'secret%'"
    assert driver.execute(sampled).fetchone() == (0,)


def test_what_stays_in_free_space_is_said(maria: Any, opened: Any, table: Any, among: Any) -> None:
    """With `pages` the table is not written anew, and that is a residue."""
    driver, store = maria
    people(driver)
    url = store._database.options.url.render_as_string(hide_password=False)
    effect = opened(url, pages="P14D", wal="P3D").eraser().erase_rows(table("people"), among("email", EMAIL))
    days = {each.what: round((each.until - datetime.now(UTC)).total_seconds() / 86_400) for each in effect.residues}
    assert days == {"redo-and-undo-log": 3, "free-space": 14}


def test_a_tree_goes_in_one_transaction(maria: Any, table: Any, among: Any) -> None:
    """InnoDB checks row by row: the references among the rows that go are emptied first."""
    driver, store = maria
    driver.execute(
        "CREATE TABLE folders (id integer PRIMARY KEY, up integer, KEY (up), FOREIGN KEY (up) REFERENCES folders (id))"
    )
    driver.execute("INSERT INTO folders VALUES (1, NULL), (2, 1), (3, 2), (4, NULL)")
    assert store.eraser().erase_rows(table("folders"), among("id", 1, 2, 3)).rows == 3
    assert driver.execute("SELECT id FROM folders").fetchall() == ((4,),)


def test_a_row_that_refers_to_itself_goes_where_something_stands_in(maria: Any, table: Any, among: Any) -> None:
    """InnoDB refuses to remove a row whose reference to itself cannot be null: the tombstone takes its place first."""
    driver, store = maria
    driver.execute(
        "CREATE TABLE staff (id integer PRIMARY KEY, boss integer NOT NULL, FOREIGN KEY (boss) REFERENCES staff (id))"
    )
    driver.execute("INSERT INTO staff VALUES (0, 0), (1, 1), (2, 0)")
    with pytest.raises(TerminalFailure, match="still refer"):
        store.eraser().erase_rows(table("staff"), among("id", 1))
    mapped = replace(table("staff"), stand_ins={"boss": 0})
    assert store.eraser().erase_rows(mapped, among("id", 1)).rows == 1
    assert driver.execute("SELECT * FROM staff").fetchall() == ((0, 0), (2, 0))


def test_a_row_that_is_still_referenced_is_refused_without_its_value(maria: Any, table: Any, among: Any) -> None:
    """The message says what refers, and nothing is erased."""
    driver, store = maria
    driver.execute("CREATE TABLE customers (email varchar(60) PRIMARY KEY)")
    driver.execute("CREATE TABLE orders (email varchar(60), FOREIGN KEY (email) REFERENCES customers (email))")
    driver.execute(f"INSERT INTO customers VALUES ('{EMAIL}'), ('b')")
    driver.execute(f"INSERT INTO orders VALUES ('{EMAIL}')")
    with pytest.raises(TerminalFailure, match="still refer") as caught:
        store.eraser().erase_rows(table("customers"), among("email", EMAIL, "b"))
    assert EMAIL not in str(caught.value)
    assert driver.execute("SELECT count(*) FROM customers").fetchone() == (2,)


def test_a_lock_held_by_another_is_transient(maria: Any, opened: Any, table: Any, among: Any) -> None:
    """A row locked elsewhere ends the call after `lock_seconds`, to be run again."""
    driver, store = maria
    driver.execute("CREATE TABLE people (id integer PRIMARY KEY)")
    driver.execute("INSERT INTO people VALUES (1)")
    url = store._database.options.url.render_as_string(hide_password=False)
    driver.execute("BEGIN")
    driver.execute("SELECT * FROM people FOR UPDATE")
    with pytest.raises(TransientFailure, match="1205"):
        opened(url, lock_seconds="1").eraser().erase_rows(table("people"), among("id", 1))
    driver.execute("COMMIT")
    assert store.eraser().erase_rows(table("people"), among("id", 1)).rows == 1


@pytest.mark.parametrize(
    ("number", "kind"),
    [(1213, ConcurrentWriteFailure), (1969, TransientFailure), (2013, TransientFailure), (1064, TerminalFailure)],
)
def test_the_servers_numbers_are_ours(number: int, kind: type[Exception]) -> None:
    """A deadlock is tried again, a lost server may be, a wrong statement may not; the server's text is not shown."""
    from sqlalchemy.exc import OperationalError  # noqa: PLC0415 -- as the driver's errors come

    error = OperationalError("SELECT", {}, pymysql.err.OperationalError(number, f"for {EMAIL}"))
    failure = _from_mariadb(error, "app.people")
    assert type(failure) is kind
    assert EMAIL not in str(failure)


def test_dates_kept_as_text_are_refused(maria: Any, table: Any) -> None:
    """MariaDB would compare them letter by letter: a plan on that would be a guess."""
    driver, store = maria
    driver.execute("CREATE TABLE views (id integer PRIMARY KEY, at varchar(30))")
    with pytest.raises(TerminalFailure, match="generated"):
        store.finder().count(table("views"), Selection(Before("at", datetime(2026, 1, 1, tzinfo=UTC))))


def test_constraints_are_read_as_they_are(maria: Any, both: Any) -> None:
    """Foreign keys with what happens on delete, and columns that cannot be null, on every vendor."""
    for connection, store in (*both, maria):
        connection.execute("CREATE TABLE a (x integer, y integer, PRIMARY KEY (x, y))")
        connection.execute(
            "CREATE TABLE b (id integer PRIMARY KEY, p integer NOT NULL, q integer,"
            " FOREIGN KEY (p, q) REFERENCES a (x, y) ON DELETE CASCADE)"
        )
        found = store.constraints()
        (key,) = found.foreign_keys
        assert (key.table, key.here, key.parent, key.there) == ("b", ("p", "q"), "a", ("x", "y"))
        assert key.on_delete == "cascade"
        assert "p" in found.required["b"]
        assert "q" not in found.required["b"]
