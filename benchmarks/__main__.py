"""How long one person's request takes on this machine: `make bench`, or `python -m benchmarks [ROWS]`.

SQLite, two tables, one tenth of the rows customers and the rest orders. Each step is timed once,
in one process, as the command line would do it; nothing is warmed up but what the step before
has read. The figures are this machine's and of today: compare two runs on one machine only.
"""

from __future__ import annotations

import platform
import resource
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.shop import DATAMAP, TABLES
from retention.app import App
from retention.model.case import CaseState
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
SHARE_OF_CUSTOMERS = 10
PERSON = "c7"

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {provider: file, path: keys}
evidence: {store: evidence, origin: bench.example/log}
systems:
  shop: {connector: sql, url: "sqlite:///SHOP"}
"""
POLICY = """\
policy: bench
controller: {name: {en: Bench}, address: nowhere, responsible: nobody}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {en: Account}, purposes: [P1]}
  billing: {title: {en: Billing}, purposes: [P2]}
rules:
  - {id: account, category: account, effective: {from: 2020-01-01},
     keep: {for: P30D, after: account.closed}, then: erase, source: policy}
  - {id: billing, category: billing, effective: {from: 2020-01-01},
     keep: {for: P1Y, since: accounted}, then: erase, source: policy}
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""
SCHEMA = f"""\
{TABLES}CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX customers_email ON customers (email);
"""


class Stopwatch:
    """Seconds by what was done."""

    def __init__(self) -> None:
        """Start with nothing measured."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def measure(self, what: str) -> Iterator[None]:
        """Measure the block."""
        start = time.perf_counter()
        yield
        self.seconds[what] = time.perf_counter() - start


def make_workspace(folder: Path, rows: int) -> None:
    """Write the three files and the shop's database."""
    shop = folder / "shop.sqlite"
    (folder / "retention.yaml").write_text(SETTINGS.replace("SHOP", str(shop)), encoding="utf-8")
    (folder / "policy.yaml").write_text(POLICY, encoding="utf-8")
    (folder / "datamap.yaml").write_text(DATAMAP, encoding="utf-8")
    customers = rows // SHARE_OF_CUSTOMERS
    people = ((f"c{n}", f"Name {n}", f"c{n}@mail.example") for n in range(customers))
    orders = ((f"c{n % customers}", n, "2026-05-10 00:00:00.000000") for n in range(rows - customers))
    connection = sqlite3.connect(shop)
    connection.executescript(SCHEMA)
    with connection:
        connection.executemany("INSERT INTO customers VALUES (?, ?, ?)", people)
        connection.executemany("INSERT INTO orders (customer_id, amount, paid_at) VALUES (?, ?, ?)", orders)
    connection.close()


def carry_out(app: App, watch: Stopwatch) -> None:
    """Take one person's request down the whole road."""
    case = app.open_request(f"user_id={PERSON}", "post", NOW)
    app.identify(case.case_id, "passport", NOW)
    app.accept(case.case_id, NOW)
    with watch.measure("plan"):
        plan = app.plan_request(case.case_id, NOW)
    app.approve(plan.plan_id, plan.digest, "bench", NOW)
    with watch.measure("apply"):
        assert app.apply(plan.plan_id, NOW).state is CaseState.APPLIED
    with watch.measure("verify"):
        app.verify(plan.plan_id, NOW)
    with watch.measure("seal"):
        assert app.seal(plan.plan_id, NOW).state is CaseState.CLOSED


def main(rows: int) -> None:
    """Run and print the table."""
    watch = Stopwatch()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_workspace(folder, rows)
        with watch.measure("open the workspace"), open_app(folder) as app:
            pass
        with open_app(folder) as app:
            carry_out(app, watch)
    print(f"One person of {rows // SHARE_OF_CUSTOMERS:,}; {rows:,} rows in SQLite; Python {platform.python_version()}")
    for what, seconds in watch.seconds.items():
        print(f"  {what:<20}{seconds:>8.2f} s")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  {'peak memory':<20}{peak:>8} MiB   (Great Expectations and its imports included, as in `verify`)")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 100_000)
