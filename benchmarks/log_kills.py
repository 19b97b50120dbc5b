"""kill -9 in every phase of appending and publishing: `python -m benchmarks.log_kills --times 1000 --seed 1`.

A forked process appends batches and single entries and publishes; it is killed by a seeded choice of
three: it kills itself at a named write point, or is killed from outside after a seeded time, or two
work on one log and both are killed. After every kill the log is checked, and the next process goes on
with what is left:

* every entry that was acknowledged stands at the index that was acknowledged, once;
* indexes have no gaps, and the hashes and the seal in the ledger are those of the entries;
* the published files give the root that was signed, which is the root of the ledger's first entries;
* every checkpoint that was acknowledged, and the one found, has a proof of consistency with the one before.

Prints how often each point was hit. Exit code 1 and the seed on the first violation.
"""

from __future__ import annotations

import argparse
import json
import os
import pathlib
import random
import select
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from retention.errors import FoundError
from retention.evidence import EvidenceLog, Signer, merkle
from retention.evidence.audit import audit
from retention.evidence.frontier import Frontier
from retention.evidence.note import open_checkpoint
from retention.evidence.publishing import ledger_seal
from retention.model.ids import StatementId
from retention.ports.ledger import Ledger, LogDraft
from retention.store import FileKeyStore, FolderTiles, open_ledger

ORIGIN = "kills.example/log"
SIGNER = Signer.from_seed(ORIGIN, bytes(range(32)))
ROUNDS = 3
"""Batch, single entry, publication: so often in one process."""
LONGEST_SECONDS = 0.25
KILLS_A_LOG = 25
"""Then a new log begins: checking costs as much as the log is long."""
SQL_POINTS = ("BEGIN", "SELECT", "INSERT", "UPDATE", "COMMIT")
FILE_POINTS = ("opened", "before sync", "before rename", "after rename")
POINTS = (
    *(f"ledger: {word}" for word in SQL_POINTS),
    "ledger: committed",
    *(f"{kind}: {what}" for kind in ("bundle", "tile", "checkpoint") for what in FILE_POINTS),
    "checkpoint: published",
)


class Striker:
    """Kills its process at the n-th time that it passes a point."""

    def __init__(self, point: str | None, number: int) -> None:
        """Never strike if no point is named."""
        self._point, self._left = point, number
        self._writing = "tile"

    def passes(self, point: str) -> None:
        """Strike, if this is it."""
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        """Watch every statement of SQLite and every file that is put in place, in this process."""
        event.listen(Engine, "connect", self._watch_connection)
        os.open = self._around_open(os.open)  # type: ignore[assignment]
        os.fsync = self._around(os.fsync, "before sync", None)  # type: ignore[assignment]
        pathlib.Path.replace = self._around(Path.replace, "before rename", "after rename")  # type: ignore[method-assign]

    def _watch_connection(self, connection: sqlite3.Connection, _: object) -> None:
        connection.set_trace_callback(lambda sql: self.passes(f"ledger: {sql.split(maxsplit=1)[0].upper()}"))

    def _around_open(self, function: Callable[..., int]) -> Callable[..., int]:
        def opened(path: object, *arguments: object, **named: object) -> int:
            handle = function(path, *arguments, **named)
            text = str(path)
            if "/." in text:
                self._writing = "checkpoint" if "/.checkpoint" in text else "bundle" if "/entries/" in text else "tile"
                self.passes(f"{self._writing}: opened")
            return handle

        return opened

    def _around(self, function: Callable[..., Any], before: str, after: str | None) -> Callable[..., Any]:
        def around(*arguments: object, **named: object) -> object:
            self.passes(f"{self._writing}: {before}")
            done = function(*arguments, **named)
            if after:
                self.passes(f"{self._writing}: {after}")
            return done

        return around


def opened(folder: Path) -> tuple[Ledger, EvidenceLog]:
    """Open the ledger and its log."""
    ledger = open_ledger(f"sqlite:///{folder / 'ledger.db'}", FileKeyStore(folder / "keys"))
    return ledger, EvidenceLog(ledger.log, FolderTiles(folder / "log"), SIGNER, ORIGIN)


def work(folder: Path, seed: int, striker: Striker, answer: int) -> None:
    """Append and publish; tell every acknowledgement."""
    chance = random.Random(seed)  # noqa: S311 -- a seeded sweep
    striker.arm()
    ledger, log = opened(folder)
    seal = ledger_seal(SIGNER, ORIGIN)

    def append(first: int, count: int) -> None:
        # names are shared by all processes: what died unacknowledged is appended again, and may stand already
        drafts = [LogDraft(StatementId(f"s{n}"), None, b"%d " % n * 8) for n in range(first, first + count)]
        indexes = ledger.log.append_many(drafts, seal)
        striker.passes("ledger: committed")
        os.write(answer, (json.dumps({"first": first, "indexes": indexes}) + "\n").encode())

    for _ in range(ROUNDS):
        append(max(0, ledger.log.size() - chance.randrange(4)), chance.choice((1, 2, 40, 256, 400)))
        append(ledger.log.size() + chance.randrange(2), 1)
        checkpoint = log.publish()
        striker.passes("checkpoint: published")
        os.write(answer, (json.dumps({"note": checkpoint.note.decode()}) + "\n").encode())


@dataclass
class Checked:
    """What is known of one log, and must stay true."""

    folder: Path
    indexes: dict[str, int] = field(default_factory=dict)
    leaves: list[bytes] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    size: int = 0
    root: bytes = merkle.EMPTY_ROOT

    def after(self, answers: Sequence[dict[str, Any]]) -> None:
        """Check everything after a kill, against what was acknowledged before it."""
        ledger, log = opened(self.folder)
        try:
            self._check_ledger(ledger, answers)
            self._check_published(log, answers)
        finally:
            ledger.close()

    def _check_ledger(self, ledger: Ledger, answers: Sequence[dict[str, Any]]) -> None:
        head = ledger.log.head()
        for entry in ledger.log.entries(len(self.leaves)):
            assert entry.index == len(self.leaves), "a gap in the indexes"
            self.leaves.append(merkle.leaf_hash(entry.envelope))
            self.names.append(entry.statement_id)
        assert head.size == len(self.leaves) == len(set(self.names)), "the size, or a statement that stands twice"
        edge = Frontier.decode(head.size, head.frontier)
        assert edge == Frontier().extended(self.leaves), "the ledger's hashes"
        assert head.seal is None or open_checkpoint(head.seal, SIGNER.verifier, f"{ORIGIN}/ledger").root == edge.root
        for answer in answers:
            for offset, index in enumerate(answer.get("indexes", ())):
                assert self.indexes.setdefault(f"s{answer['first'] + offset}", index) == index, "another index"
        for name, index in self.indexes.items():
            assert self.names[index] == name, f"an acknowledged statement is lost: {name}"

    def _check_published(self, log: EvidenceLog, answers: Sequence[dict[str, Any]]) -> None:
        found = log.checkpoint()
        if found is None:
            assert not any("note" in answer for answer in answers), "an acknowledged checkpoint is lost"
            return
        assert found.root == merkle.root(self.leaves[: found.size]), "published entries are not the ledger's"
        assert audit(log.tiles.read, SIGNER.verifier, ORIGIN).size == found.size
        told = [open_checkpoint(a["note"].encode(), SIGNER.verifier, ORIGIN) for a in answers if "note" in a]
        for checkpoint in (*sorted(told, key=lambda c: c.size), found):
            assert checkpoint.size >= self.size, "an older checkpoint was put over a newer one"
            if self.size:
                proof = log.tree(found.size).consistency(self.size, checkpoint.size)
                assert merkle.extends(self.size, checkpoint.size, proof, self.root, checkpoint.root), "no proof"
            self.size, self.root = checkpoint.size, checkpoint.root


@dataclass
class Child:
    """A forked process, and what it has said."""

    pid: int
    pipe: int
    said: bytes = b""

    def read(self, until: float) -> bool:
        """Take in what it says until the time or its end; whether it has ended."""
        while (left := until - time.monotonic()) > 0:
            if select.select([self.pipe], [], [], left)[0]:
                more = os.read(self.pipe, 1 << 16)
                if not more:
                    return True
                self.said += more
        return False

    def end(self) -> tuple[bool, list[dict[str, Any]]]:
        """Kill it if it still runs; return whether it was killed, and its acknowledgements."""
        os.kill(self.pid, signal.SIGKILL)
        self.read(time.monotonic() + 30)
        os.close(self.pipe)
        _, status = os.waitpid(self.pid, 0)
        killed = os.WIFSIGNALED(status)
        assert killed or os.WEXITSTATUS(status) == 0, "the process failed by itself; see above"
        whole = self.said[: self.said.rfind(b"\n") + 1]
        return killed, [json.loads(line) for line in whole.splitlines()]


def fork(folder: Path, seed: int, striker: Striker) -> Child:
    """Start a working process."""
    pipe, answer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(answer)
        return Child(pid, pipe)
    status = 1
    try:
        os.close(pipe)
        work(folder, seed, striker, answer)
        status = 0
    except BaseException:  # noqa: BLE001 -- whatever it is, this process must not go on as the parent
        traceback.print_exc()
    finally:
        os._exit(status)


def kill_once(checked: Checked, chance: random.Random, hits: Counter[str]) -> int:
    """Let a process or two work, kill, check; return how many died."""
    way = chance.choice(("point", "point", "point", "point", "instant", "two"))
    seed, folder = chance.randrange(1 << 30), checked.folder
    if way == "point":
        point, number = chance.choice(POINTS), chance.choice((1, 1, 2, 3, 5))
        children = [fork(folder, seed, Striker(point, number))]
        until = time.monotonic() + 60
    else:
        point = "from outside" if way == "instant" else "two at once"
        children = [fork(folder, seed + n, Striker(None, 0)) for n in range(1 if way == "instant" else 2)]
        until = time.monotonic() + chance.random() * LONGEST_SECONDS
    for child in children:
        child.read(until)
    ends = [child.end() for child in children]
    checked.after([answer for _, answers in ends for answer in answers])
    died = sum(killed for killed, _ in ends)
    hits[point] += died
    return died


def sweep(times: int, seed: int, folder: Path) -> Counter[str]:
    """Kill so often; return how often at which point.

    Raises:
        AssertionError: something that must hold does not.

    """
    chance, hits, checked, died_here, number = random.Random(seed), Counter[str](), None, 0, 0  # noqa: S311 -- seeded
    while hits.total() < times:
        if checked is None or died_here >= KILLS_A_LOG:
            if checked:
                shutil.rmtree(checked.folder)
            number, died_here = number + 1, 0
            checked = Checked(folder / f"log-{number}")
            checked.folder.mkdir()
            opened(checked.folder)[0].close()
        died_here += kill_once(checked, chance, hits)
    return hits


def main() -> None:
    """Sweep, and say what was hit."""
    parser = argparse.ArgumentParser(description="kill -9 the evidence log, and check what is left")
    parser.add_argument("--times", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    wanted = parser.parse_args()
    start = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix="kills") as folder:
        try:
            hits = sweep(wanted.times, wanted.seed, Path(folder))
        except (AssertionError, FoundError, IndexError) as violation:
            traceback.print_exc()
            print(f"VIOLATED with seed {wanted.seed}: {violation}")
            sys.exit(1)
    for point in (*POINTS, "from outside", "two at once"):
        print(f"{hits[point]:6} {point}")
    print(
        f"{hits.total()} kills in {time.perf_counter() - start:.0f} s, seed {wanted.seed}: the log was whole after each"
    )


if __name__ == "__main__":
    main()
