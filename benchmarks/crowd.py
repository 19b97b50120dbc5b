"""A company of many people for the batch: a shop in SQLite and a lake of Parquet and JSON Lines on an S3 server.

What passes to the store is counted: statements of the shop's database, requests for objects of the lake.
"""

from __future__ import annotations

import io
import json
import sqlite3
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.parquet as pq
from sqlalchemy import Connection, event
from sqlalchemy.engine import Engine

from benchmarks import shop
from retention.app import App
from retention.model.ids import CaseId, PlanId
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
FILES = 3
"""How many objects each dataset of the lake has."""

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: crowd.example/log}}
limits: {{subjects: {limit}}}
systems:
  shop: {{connector: sql, url: "sqlite:///{database}"}}
  lake: {lake}
"""
POLICY = """\
policy: crowd
controller: {name: {ja: 例の店, en: Example Shop}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi, eu.gdpr]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
  billing: {title: {ja: 請求, en: Billing}, purposes: [P2]}
  viewing: {title: {ja: 視聴履歴, en: Viewing history}, purposes: [P3]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01},
     keep: {for: P30D, after: account.closed}, then: erase, source: policy}
  - {id: billing, category: billing, effective: {from: 2020-01-01},
     keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}, then: erase, source: statute,
     statute: jp.corporate-tax-act.enf-reg-59}
  - {id: viewing, category: viewing, effective: {from: 2020-01-01},
     keep: {for: P12M, after: account.closed}, then: erase, source: policy}
holds:
  - {id: tax-books, fields: [orders.amount, orders.paid_at],
     keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}, statute: jp.corporate-tax-act.enf-reg-59}
requests: {answer_within: P14D, channels: [post, email], identity_documents: [passport]}
"""
DATAMAP = f"""\
{shop.DATAMAP}  lake.viewing:
    system: lake
    path: viewing/dt=*/*.parquet
    subject: {{user_id: user_id}}
    fields:
      title: {{category: viewing, identifies: "no"}}
  lake.clicks:
    system: lake
    path: clicks/dt=*/*.jsonl
    subject: {{email: email}}
    fields:
      page: {{category: viewing, identifies: "no"}}
"""
SCHEMA = f"""\
{shop.TABLES}CREATE INDEX orders_customer ON orders (customer_id);
"""


class Bucket(Protocol):
    """What the lake lies in: an S3 server of the tests, which remembers what it was asked."""

    faults: Any

    def settings(self, bucket: str) -> Mapping[str, str]:
        """Return the connector's options."""
        ...

    def put(self, bucket: str, key: str, content: bytes) -> str:
        """Write an object."""
        ...

    def bucket(self) -> str:
        """Make a bucket."""
        ...


@dataclass
class Seen:
    """What the stores were asked for."""

    statements: Counter[str] = field(default_factory=Counter)
    """Statements of the shop's database, by their first word."""
    reads: Counter[str] = field(default_factory=Counter)
    """Requests for an object's content, by its key."""
    writes: Counter[str] = field(default_factory=Counter)
    """Objects written, by their key; an upload in parts is one."""


@dataclass(frozen=True)
class Crowd:
    """A workspace, and what it governs."""

    folder: Path
    server: Bucket
    name: str
    """The bucket."""

    @property
    def database(self) -> Path:
        """The shop's file."""
        return self.folder / "shop.sqlite"

    def app(self) -> App:
        """Open the workspace."""
        return open_app(self.folder)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """Ask the shop's database."""
        connection = sqlite3.connect(self.database)
        try:
            return connection.execute(query).fetchall()
        finally:
            connection.close()

    @contextmanager
    def watched(self) -> Iterator[Seen]:
        """Count what the stores are asked for."""
        seen, begin = Seen(), len(self.server.faults.seen)

        def count(connection: Connection, _cursor: object, statement: str, *_more: object) -> None:
            if "ledger_" not in statement and "sqlite" in connection.dialect.name:
                seen.statements[statement.split(maxsplit=1)[0]] += 1

        event.listen(Engine, "before_cursor_execute", count)
        try:
            yield seen
        finally:
            event.remove(Engine, "before_cursor_execute", count)
        for sent in self.server.faults.seen[begin:]:
            key = sent.key
            if sent.method == "GET" and key.rpartition(".")[2] in {"parquet", "jsonl"} and "uploads" not in sent.query:
                seen.reads[key] += 1
            is_end = sent.method == "POST" and "uploadId" in sent.query
            if is_end or (sent.method == "PUT" and "partNumber" not in sent.query):
                seen.writes[key] += 1


def make_crowd(folder: Path, server: Bucket, people: int, limit: int) -> Crowd:
    """Make the company: each has two orders, one of them old, and rows in every file of the lake."""
    crowd = Crowd(folder, server, server.bucket())
    connection = sqlite3.connect(crowd.database)
    connection.executescript(SCHEMA)
    with connection:
        named = [(f"c{n}", f"Name {n}", address(n)) for n in range(people)]
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", named)
        orders = [(f"c{n}", 1000 + n, f"{year}-05-10 00:00:00.000000") for n in range(people) for year in (2016, 2024)]
        connection.executemany("INSERT INTO orders (customer_id, amount, paid_at) VALUES (?, ?, ?)", orders)
    connection.close()
    for day in range(1, FILES + 1):
        users, titles = [f"c{n}" for n in range(people)], [f"T{day}-{n % 7}" for n in range(people)]
        sink = io.BytesIO()
        pq.write_table(pa.table({"user_id": users, "title": titles}), sink, row_group_size=max(100, people // 10))
        server.put(crowd.name, f"viewing/dt=2026-11-0{day}/part-0.parquet", sink.getvalue())
        lines = "".join(json.dumps({"email": address(n), "page": f"/{n % 9}"}) + "\n" for n in range(people))
        server.put(crowd.name, f"clicks/dt=2026-11-0{day}/part-0.jsonl", lines.encode())
    options = {"connector": "lake", **server.settings(crowd.name)}
    settings = SETTINGS.format(limit=limit, database=crowd.database, lake=json.dumps(options))
    for name, text in {"retention.yaml": settings, "policy.yaml": POLICY, "datamap.yaml": DATAMAP}.items():
        (folder / name).write_text(text, encoding="utf-8")
    return crowd


def address(number: int) -> str:
    """Return somebody's address."""
    return f"c{number}@mail.example"


def ask(app: App, subject: str, *, regime: str | None = None, now: datetime = NOW) -> CaseId:
    """Open a request and take it as far as its decision."""
    case_id = app.open_request(subject, "post", now, regime).case_id
    app.identify(case_id, "passport", now)
    app.accept(case_id, now)
    return case_id


def approve(app: App, plan_id: PlanId, digest: str) -> None:
    """Let two people approve the plan: it touches more than one person may allow."""
    for name in ("office", "second"):
        if app.approval_state(plan_id) == "waiting":
            app.approve(plan_id, digest, name, NOW)
