"""A small shop in SQLite: customers, orders of several fiscal years, notes; one processor, one policy."""

from __future__ import annotations

import importlib.util
import shutil
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from benchmarks import shop as shop_of_benchmarks
from retention.app import App
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
limits: {subjects: 5, fraction: 0.5, rows: 20}
subject_keys:
  members: {store: "sqlite:///wrapped.db", provider: file, path: keks}
systems:
  shop: {connector: sql, url: "file:shop_url"}
  shop_restored: {connector: sql, url: "file:restored_url", restores: shop}
"""

POLICY = """\
policy: shop
controller: {name: {ja: 例の店, en: Example Shop}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
  billing: {title: {ja: 請求, en: Billing}, purposes: [P2]}
  notes: {title: {ja: メモ, en: Notes}, purposes: [P3]}
rules:
  - id: account
    category: account
    effective: {from: 2020-01-01}
    keep: {for: P30D, after: account.closed}
    then: erase
    source: policy
  - id: billing
    category: billing
    effective: {from: 2020-01-01}
    keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}
    then: erase
    source: statute
    statute: jp.corporate-tax-act.enf-reg-59
  - id: notes
    category: notes
    effective: {from: 2020-01-01}
    keep: {for: P12M, since: written}
    then: erase
    source: policy
holds:
  - id: tax-books
    fields: [orders.amount, orders.paid_at]
    keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}
    statute: jp.corporate-tax-act.enf-reg-59
requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]}
"""

DATAMAP = f"""\
{shop_of_benchmarks.DATAMAP}  shop.notes:
    system: shop
    table: notes
    primary_key: [id]
    parent: {{shop.customers: {{customer_id: id}}}}
    dates: {{written: written_at}}
    fields:
      body: {{category: notes, identifies: directly}}
"""

SCHEMA = f"""\
{shop_of_benchmarks.TABLES}CREATE TABLE notes (
    id INTEGER PRIMARY KEY, customer_id TEXT REFERENCES customers(id), body TEXT, written_at TIMESTAMP);
"""


@dataclass(frozen=True)
class Shop:
    """A workspace and the database it governs."""

    folder: Path
    database: Path

    def app(self) -> App:
        """Open the workspace."""
        return open_app(self.folder)

    def rows(self, sql: str) -> list[tuple[object, ...]]:
        """Ask the database."""
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(sql).fetchall()
        finally:
            connection.close()

    def change(self, *statements: str) -> None:
        """Change the database, as other programs do."""
        connection = sqlite3.connect(self.database)
        with connection:
            for statement in statements:
                connection.execute(statement)
        connection.close()

    def approved_request(self, subject: str, now: datetime = NOW) -> tuple[App, str, str]:
        """Take a request as far as its approved plan; return the app, the case and the plan."""
        app = self.app()
        case = app.open_request(subject, "post", now)
        app.identify(case.case_id, "passport", now)
        app.accept(case.case_id, now)
        plan = app.plan_request(case.case_id, now)
        app.approve(plan.plan_id, plan.digest, "office", now)
        return app, case.case_id, plan.plan_id


@dataclass(frozen=True)
class Carried:
    """A shop in which the request of c3, known by e-mail, has come so far."""

    shop: Shop
    case: str
    plan: str


def fill(database: Path) -> None:
    """Make the shop's tables: ten customers, of whom c3 and c7 matter."""
    connection = sqlite3.connect(database)
    connection.executescript(SCHEMA)
    with connection:
        for number in range(10):
            user = f"c{number}"
            connection.execute("INSERT INTO customers VALUES (?, ?, ?)", (user, f"Name {user}", f"{user}@mail.example"))
            for year in (2016, 2024):
                paid = f"{year}-05-10 00:00:00.000000"
                row = (user, 1000 + number, paid)
                connection.execute("INSERT INTO orders (customer_id, amount, paid_at) VALUES (?, ?, ?)", row)
            note = (user, f"note about {user}", "2026-10-01 00:00:00.000000")
            connection.execute("INSERT INTO notes (customer_id, body, written_at) VALUES (?, ?, ?)", note)
    connection.close()


def make_shop_in(parent: Path) -> Shop:
    """Make a shop of ten customers below a folder."""
    folder = parent / "workspace"
    folder.mkdir()
    database = parent / "shop.sqlite"
    fill(database)
    (folder / "retention.yaml").write_text(SETTINGS, encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "datamap.yaml").write_text(DATAMAP, encoding="utf-8")
    shop = Shop(folder, database)
    point(shop)
    return shop


def point(shop: Shop) -> None:
    """Tell the workspace where its databases are."""
    (shop.folder / "shop_url").write_text(f"sqlite:///{shop.database}", encoding="utf-8")
    restored = shop.database.with_name("restored.sqlite")
    (shop.folder / "restored_url").write_text(f"sqlite:///{restored}", encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A shop of ten customers."""
    return make_shop_in(tmp_path)


class Roads:
    """Shops whose request has come so far, each made once and copied."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._made: dict[str, Carried] = {}

    def copy(self, state: str, parent: Path) -> Carried:
        """Return a shop of its own below the folder, whose request has that state: `verified` or `closed`."""
        if state not in self._made:
            self._made[state] = self._carried(state)
        model = self._made[state]
        shutil.copytree(model.shop.folder.parent, parent, dirs_exist_ok=True)
        shop = Shop(parent / "workspace", parent / "shop.sqlite")
        point(shop)
        return Carried(shop, model.case, model.plan)

    def _carried(self, state: str) -> Carried:
        folder = self._folder / state
        folder.mkdir()
        app, case, plan = make_shop_in(folder).approved_request("email=c3@mail.example")
        with app:
            app.apply(plan, NOW)
            app.verify(plan, NOW)
            if state == "closed":
                app.seal(plan, NOW)
            assert app.context.ledger.cases.get(case).state.value == state
        return Carried(Shop(folder / "workspace", folder / "shop.sqlite"), case, plan)


@pytest.fixture(scope="session")
def _roads(tmp_path_factory: pytest.TempPathFactory) -> Roads:
    return Roads(tmp_path_factory.mktemp("roads"))


@pytest.fixture
def verified(_roads: Roads, tmp_path: Path) -> Carried:
    """A shop whose request is carried out and verified, not sealed."""
    return _roads.copy("verified", tmp_path)


@pytest.fixture
def closed(_roads: Roads, tmp_path: Path) -> Carried:
    """A shop whose request is sealed and closed."""
    return _roads.copy("closed", tmp_path)


@pytest.fixture(scope="session")
def make_shop() -> Callable[[Path], Shop]:
    """Make shops, for fixtures that live longer than one test."""
    return make_shop_in


def _foreign() -> Any:
    spec = importlib.util.spec_from_file_location("foreign_verifiers", Path(__file__).with_name("foreign_verifiers.py"))
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


_FOREIGN = _foreign()


@pytest.fixture(scope="session")
def verifiers() -> Mapping[str, Callable[[Path, str], tuple[int, str]]]:
    """Everything that can check a bundle, by name: give it the file and the log's key."""
    checks: Mapping[str, Callable[[Path, str], tuple[int, str]]] = _FOREIGN.VERIFIERS
    return checks


@pytest.fixture(scope="session")
def in_browser() -> Callable[..., tuple[int, str]]:
    """Open a page in a browser; see `foreign_verifiers.in_browser`."""
    opened: Callable[..., tuple[int, str]] = _FOREIGN.in_browser
    return opened
