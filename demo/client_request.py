"""UMU is a processor itself: a client asks it over OpenDSR to erase an employee, and may move its own rows only.

A small workspace of its own: enterprise profiles of two client companies in one table.
"""

from __future__ import annotations

import sqlite3
import threading
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.table import Table

from connectors.processor import connect
from retention.app import App
from retention.model.answer import code_of
from retention.model.copies import Order
from retention.model.ids import CaseId, OrderId, SystemId
from retention.opendsr import LARGEST_REQUEST, Endpoint, Office, make_certificate, read_seal
from retention.ports.connector import SystemSettings
from retention.ports.processor import Processor
from retention.serving import BoundedServer
from retention.wiring import open_app, read_clients, read_workspace

_DOMAIN = "127.0.0.1"
_TOKEN = "the-demo-client's-own-token"  # noqa: S105 -- the demo's
_PERSON = "employee-17"
_FILES = {
    "retention.yaml": """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: umu.example/log}
systems: {app: {connector: sql, url: file:app_url}}
""",
    "policy.yaml": """\
policy: umu-enterprise
controller: {name: {ja: UMU, en: UMU}, address: 東京都新宿区, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  hr: {title: {ja: 人事情報, en: Enterprise HR information}, purposes: [P1]}
rules:
  - {id: hr, category: hr, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed}, then: erase,
     source: default}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
""",
    "datamap.yaml": """\
datasets:
  app.profiles:
    system: app
    table: profiles
    primary_key: [id]
    subject: {user_id: user_id}
    tenant: {company_id: company_id}
    fields:
      name: {category: hr, identifies: directly}
      department: {category: hr, identifies: indirectly}
""",
    "opendsr.yaml": f"""\
domain: {_DOMAIN}
address: http://127.0.0.1:8091
key: opendsr/key.pem
certificate: opendsr/certificate.pem
clients:
  acme:
    tenant: company_id=acme
    token: file:acme.token
    identities: {{controller_customer_id: user_id}}
""",
    "acme.token": _TOKEN,
}


def show(console: Console, folder: Path, now: datetime) -> CaseId:
    """Tell the chapter in an empty folder; return its case."""
    _furnish(folder, now)
    console.print("acme, a client of UMU, asks over OpenDSR to erase an employee; globex knows the same person")
    order = Order(OrderId(str(uuid.uuid4())), {"user_id": (_PERSON,)}, now, "appi")
    table = Table("what happened", "acme is told", "rows of acme", "rows of globex", title="UMU as a processor")
    with _serving(folder, now) as url, _client(folder, url) as acme, open_app(folder, now) as app:

        def row(what: str) -> None:
            told = code_of(acme.submit(order, now=now).answer)
            table.add_row(what, told, str(_rows(folder, "acme")), str(_rows(folder, "globex")))

        row("the request has come, signed and answered")
        (request, _) = app.clients.all()[0]
        _walk(app, request.case_id, now)
        row("accepted, planned, approved, erased, verified, sealed")
    console.print(table)
    return request.case_id


def _walk(app: App, case_id: CaseId, now: datetime) -> None:
    app.accept(case_id, now)
    plan = app.plan_request(case_id, now)
    app.approve(plan.plan_id, plan.digest, "operator", now)
    app.apply(plan.plan_id, now)
    app.verify(plan.plan_id, now)
    app.seal(plan.plan_id, now)


def _furnish(folder: Path, now: datetime) -> None:
    folder.mkdir(parents=True)
    for name, text in _FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    database = folder / "app.sqlite"
    (folder / "app_url").write_text(f"sqlite:///{database}", encoding="utf-8")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute(
            "CREATE TABLE profiles (id INTEGER PRIMARY KEY, user_id TEXT, company_id TEXT, name TEXT, department TEXT)"
        )
        rows = [(f"employee-{n}", company, f"Name {n}", "Sales") for n in range(20) for company in ("acme", "globex")]
        connection.executemany("INSERT INTO profiles (user_id, company_id, name, department) VALUES (?, ?, ?, ?)", rows)
    make_certificate(_DOMAIN, folder / "opendsr", now)
    with open_app(folder, now) as app:
        begun = now - timedelta(days=365)
        app.record_event("company_id=acme", "contract.started", event_id="contract", occurred_at=begun, now=now)


def _rows(folder: Path, company: str) -> int:
    with closing(sqlite3.connect(folder / "app.sqlite")) as connection:
        (count,) = connection.execute("SELECT count(*) FROM profiles WHERE company_id = ?", (company,)).fetchone()
        return int(count)


@contextmanager
def _serving(folder: Path, now: datetime) -> Iterator[str]:
    desk = read_clients(folder, read_workspace(folder, now).datamap)
    office = Office(desk.address, read_seal(desk.domain, desk.key, desk.certificate, now), desk.clients)
    endpoint = Endpoint(office, lambda: open_app(folder, now), lambda: now)
    with BoundedServer("opendsr", endpoint.answer, ("127.0.0.1", 0), LARGEST_REQUEST) as server:
        threading.Thread(target=server.serve_forever, args=[0.05], daemon=True).start()
        yield server.url
        server.shutdown()


@contextmanager
def _client(folder: Path, url: str) -> Iterator[Processor]:
    """Yield acme's side: it has pinned our certificate."""
    options = {
        "protocol": "opendsr",
        "url": f"{url}/v3",
        "api_version": "3.0",
        "certificate": "opendsr/certificate.pem",
        "controller_id": "acme",
        "identities": "user_id=controller_customer_id",
        "token": _TOKEN,
    }
    system = connect(SystemSettings(SystemId("umu"), "processor", options, workspace=folder))
    yield system.processor()
    system.close()
