from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from connectors.sql import connect
from retention.errors import SettingsError
from retention.model.ids import SystemId
from retention.model.predicate import Everything, Selection
from retention.model.transform import Drop, Prefix
from retention.ports.connector import SystemSettings

EVERYTHING = Selection(Everything())


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"url": "not a url with hunter2"},
        {"url": "oracle://u:hunter2@h/d"},
        {"url": "sqlite://"},
        {"url": "sqlite:///a.db", "colour": "hunter2"},
        {"url": "sqlite:///a.db", "wal": "hunter2 days"},
        {"url": "postgresql://h/d", "lock_seconds": "0"},
    ],
    ids=["no url", "no URL", "vendor", "memory", "unknown", "period", "zero"],
)
def test_wrong_options_are_refused_without_their_values(options: dict[str, str]) -> None:
    """The error names the system and the option."""
    with pytest.raises(SettingsError, match=r"systems\.app\.") as caught:
        connect(SystemSettings(SystemId("app"), "sql", options))
    assert "u:hunter2" not in str(caught.value)


def test_a_relative_path_starts_from_the_workspace(tmp_path: Path, lite: Any) -> None:
    """`sqlite:///app.db` is the file in the workspace."""
    lite.execute("CREATE TABLE people (id integer)")
    store = connect(SystemSettings(SystemId("app"), "sql", {"url": "sqlite:///app.db"}, workspace=tmp_path))
    assert store.tables() == ("people",)
    store.close()


def test_an_absent_sqlite_file_is_not_created(tmp_path: Path, opened: Any) -> None:
    """Looking at a database that is not there leaves no empty file behind."""
    with pytest.raises(Exception, match="SQLITE_CANTOPEN"):
        opened(f"sqlite:///{tmp_path / 'absent.db'}").tables()
    assert not (tmp_path / "absent.db").exists()


def test_a_schema_of_its_own(pg: Any, opened: Any, table: Any) -> None:
    """With `schema`, only that schema is seen and touched, by the address too."""
    pg.execute("CREATE SCHEMA other; CREATE TABLE other.people (id int); CREATE TABLE people (id int)")
    pg.execute("INSERT INTO other.people VALUES (1); INSERT INTO people VALUES (1), (2)")
    store = opened(schema="other")
    assert store.tables() == ("people",)
    assert sum(batch.num_rows for batch in store.inspector().scan(table("people"))) == 1
    address = store.inspector().address(table("people"))
    engine = sa.create_engine(address.url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql(f"SELECT count(*) FROM {address.table}").scalar_one() == 1
    engine.dispose()
    assert store.eraser().erase_rows(table("people"), EVERYTHING).rows == 1
    assert pg.execute("SELECT count(*) FROM people").fetchone() == (2,)


def test_the_address_has_a_host_and_a_user(opened: Any, table: Any) -> None:
    """Great Expectations refuses a PostgreSQL URL without them; the socket's folder stays in the query."""
    address = opened("postgresql:///app?host=/run/pg").inspector().address(table("people"))
    url = sa.make_url(address.url)
    assert (url.username, url.host, url.query["host"], address.table) == ("postgres", "localhost", "/run/pg", "people")


def test_the_address_keeps_its_password_out_of_sight_only(opened: Any, table: Any) -> None:
    """The URL works, so the password is in it."""
    address = opened("postgresql://u:hunter2@h/d").inspector().address(table("people"))
    assert address.url == "postgresql+psycopg://u:hunter2@h/d"


def test_anonymizing_walks_all_pages_of_a_composite_key(pg: Any, opened: Any, table: Any) -> None:
    """More rows than a page, a key of two columns: each row is transformed once or erased, others stay."""
    pg.execute("CREATE TABLE views (who text, n int, city text, PRIMARY KEY (who, n))")
    pg.execute(
        "INSERT INTO views SELECT 'u' || n % 7, n, CASE WHEN n % 5 = 0 THEN 'Nara' ELSE 'Tokyo' END"
        " FROM generate_series(1, 2500) AS n"
    )
    transforms = {"city": Prefix(1)}
    effect = opened().eraser().anonymize_rows(table("views"), EVERYTHING, transforms, ["city"], frozenset({'["N"]'}))
    assert (effect.rows, effect.rows_suppressed) == (2500, 500)
    assert pg.execute("SELECT city, count(*) FROM views GROUP BY city").fetchall() == [("T", 2000)]


def test_the_maps_primary_key_is_used_where_it_names_one(lite: Any, lite_store: Any, table: Any) -> None:
    """A table without a declared key is anonymized by the key the data map names."""
    lite.execute("CREATE TABLE people (id integer, email text)")
    lite.executemany("INSERT INTO people VALUES (?, ?)", [(n, f"{n}@example.org") for n in range(5)])
    effect = lite_store.eraser().anonymize_rows(table("people", "id"), EVERYTHING, {"email": Drop()}, [], frozenset())
    assert effect.rows == 5
    assert lite.execute("SELECT count(email) FROM people").fetchone() == (0,)


def test_describe_sees_a_column_added_meanwhile(pg: Any, opened: Any, table: Any) -> None:
    """Drift is seen by a store that has used the table before."""
    pg.execute("CREATE TABLE people (id int)")
    store = opened()
    assert store.finder().count(table("people"), EVERYTHING) == 0
    pg.execute("ALTER TABLE people ADD COLUMN nickname text")
    assert set(store.finder().describe(table("people"))) == {"id", "nickname"}
    assert [batch.schema.names for batch in store.inspector().scan(table("people"))] in ([], [["id", "nickname"]])


def test_a_half_read_stream_gives_its_connection_back(pg: Any, opened: Any, table: Any) -> None:
    """Leaving a stream early does not keep the table locked."""
    pg.execute("CREATE TABLE people (id int)")
    pg.execute("INSERT INTO people SELECT * FROM generate_series(1, 20000)")
    store = opened(lock_seconds="1")
    stream = store.finder().values(table("people"), ["id"], EVERYTHING)
    next(stream)
    stream.close()
    batches = store.inspector().scan(table("people"))
    assert next(batches).num_rows == 10_000
    batches.close()
    assert store.eraser().erase_rows(table("people"), EVERYTHING).rows == 20_000
