"""The lake engine beside its peers on the same Parquet files: `python -m benchmarks.lake [--rows N] [--cells 1,4]`.

Files lie on a memory file system, so that processors are measured and not disks. Every run is a process of its
own; its clock starts after imports. Methods of a cell take turns, in another order each round; medians are printed
with the ratio to the fastest peer, and the target beside it. Slow peers (deltalake, pyarrow by row groups) run
once, where one user is erased. The rows that are left are counted after every run, and must be equal.

All sides do the same: find the rows in the old file and write the new one. What our road does besides before it
publishes (the new file is opened again and searched for the keys) is a line of its own, "ours, looked at again"; no
peer does it. Processor seconds stand beside the clock's: on a busy machine they are the truer figure.

20 million rows, 12 columns, 1 million users: `time` as they came (each user is everywhere), `clustered` sorted by
user; both about 0.9 GB of Snappy. `small` is 2,000 files of 20,000 rows. The default takes about a quarter of an hour.
Cells that are done are kept beside the files: when a run is broken off, the next one goes on where it ended.
"""

from __future__ import annotations

import argparse
import io
import json
import os
import platform
import random
import shutil
import statistics
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

PEERS = ("polars", "polars untuned", "duckdb")
SLOW = ("deltalake", "pyarrow")
AGAIN = "ours, looked at again"
OURS = ("ours", AGAIN, "copy")
ROWS_A_USER = 20
SMALL_FILES, SMALL_ROWS = 2_000, 20_000
MEMORY_MB = 300
SHARE_OF_MEMORY = 0.4


@dataclass(frozen=True, slots=True)
class Cell:
    """One comparison."""

    name: str
    file: str
    users: int
    """Of one million; fewer rows have fewer users, and as large a share of them."""
    task: str
    target: float
    """Peer's seconds over ours, at least."""
    slow_peers: bool = False
    most_copies: float | None = None
    """Our seconds over those of a plain copy, at most."""


CELLS = (
    Cell("time, 1 user", "time", 1, "erase", 2.8, slow_peers=True),
    Cell("time, 1,000 users", "time", 1_000, "erase", 0.9),
    Cell("time, 100,000 users", "time", 100_000, "erase", 0.9),
    Cell("clustered, 1 user", "clustered", 1, "erase", 6.0, slow_peers=True, most_copies=1.9),
    Cell("clustered, 1,000 users", "clustered", 1_000, "erase", 0.9),
    Cell("clustered, 100,000 users", "clustered", 100_000, "erase", 0.9),
    Cell("redact email, 1 user", "time", 1, "redact", 5.0),
    Cell("redact email, 1,000 users", "time", 1_000, "redact", 2.5),
    Cell("pseudonymize email, 1,000 users", "time", 1_000, "pseudonymize", 2.5),
    Cell("2,000 small files, 1 user", "small", 1, "erase", 4.0),
    Cell("2,000 small files, 1,000 users", "small", 1_000, "erase", 0.9),
)


@dataclass(frozen=True, slots=True)
class Run:
    """What one process measured."""

    seconds: float
    cpu: float
    peak_mb: float
    read_mb: float
    new_mb: float
    rows: int


def main() -> None:
    """Make the files that are not there yet, measure, print."""
    parser = argparse.ArgumentParser(prog="benchmarks.lake", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--rows", type=int, default=20_000_000, help="rows of the two large files")
    listed = "; ".join(f"{number} {cell.name}" for number, cell in enumerate(CELLS, 1))
    parser.add_argument("--cells", type=_numbers, default=(), help=f"only these, by number: {listed}")
    parser.add_argument("--repeat", type=int, default=3, help="runs of each method")
    folder = Path("/dev/shm/retention-lake")  # noqa: S108 -- Linux's memory file system
    parser.add_argument("--folder", type=Path, default=folder, help="on a memory file system")
    parser.add_argument("--keep", action="store_true", help="leave the files for the next time")
    asked = parser.parse_args()
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(line_buffering=True)
    asked.folder.mkdir(parents=True, exist_ok=True)
    print(f"{platform.processor() or platform.machine()}, {os.cpu_count()} processors, {asked.rows:,} rows")
    for number, cell in enumerate(CELLS, 1):
        if not asked.cells or number in asked.cells:
            _report(f"{number} {cell.name}", cell, _done(cell, asked) or _measure(cell, asked))
    if not asked.keep:
        shutil.rmtree(asked.folder)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))


def _record(cell: Cell, asked: argparse.Namespace) -> Path:
    name = cell.name.replace(",", "").replace(" ", "-")
    return asked.folder / f"{name}-{asked.rows}-{asked.repeat}.json"  # type: ignore[no-any-return]  # argparse has no types


def _done(cell: Cell, asked: argparse.Namespace) -> dict[str, list[Run]]:
    """Return what an earlier run of the same size measured; nothing if there was none."""
    path = _record(cell, asked)
    if not path.exists():
        return {}
    return {name: [Run(**run) for run in many] for name, many in json.loads(path.read_text(encoding="utf-8")).items()}


def _measure(cell: Cell, asked: argparse.Namespace) -> dict[str, list[Run]]:
    files = SMALL_FILES * asked.rows // 20_000_000 or 1
    _child("make", {"file": cell.file, "folder": str(asked.folder), "rows": asked.rows, "files": files})
    users = max(1, asked.rows // ROWS_A_USER)
    chosen = max(1, cell.users * users // 1_000_000)
    keys = random.Random(7).sample(range(users), chosen)  # noqa: S311 -- a sample
    (asked.folder / "keys.json").write_text(json.dumps(keys), encoding="utf-8")
    methods = ["ours", *PEERS, *(["copy"] if cell.most_copies else [])]
    runs: dict[str, list[Run]] = {}
    for turn in range(asked.repeat):
        order = random.Random(turn).sample(methods, len(methods))  # noqa: S311 -- an order
        once = [AGAIN, *(SLOW if cell.slow_peers else ())] if turn == 0 else []
        for method in order + once:
            found = _child(method, {"file": cell.file, "folder": str(asked.folder), "task": cell.task})
            runs.setdefault(method, []).append(Run(**found))
    assert len({run.rows for name, many in runs.items() if name != "copy" for run in many}) == 1, runs
    plain = {name: [asdict(run) for run in many] for name, many in runs.items()}
    _record(cell, asked).write_text(json.dumps(plain), encoding="utf-8")
    return runs


def _child(method: str, what: dict[str, object]) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.lake_methods", method, json.dumps(what)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)  # noqa: S603 -- ourselves
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _report(title: str, cell: Cell, runs: dict[str, list[Run]]) -> None:
    middle = {name: statistics.median(run.seconds for run in many) for name, many in runs.items()}
    memory = {name: max(run.peak_mb for run in many) for name, many in runs.items()}
    fastest = min((name for name in middle if name not in OURS), key=middle.__getitem__)
    print(f"\n{title}")
    for name in sorted(middle, key=middle.__getitem__):
        run = runs[name][0]
        print(
            f"  {name:22} {middle[name]:8.2f} s  {statistics.median(run.cpu for run in runs[name]):7.2f} s of processor"
            f"  {memory[name]:6.0f} MB at most"
            f"  {run.read_mb:7.0f} MB read  {run.new_mb:7.0f} MB new  ({len(runs[name])} runs)"
        )
    for line in _verdicts(cell, middle, memory, fastest):
        print(f"  {line}")


def _verdicts(cell: Cell, middle: dict[str, float], memory: dict[str, float], fastest: str) -> Iterator[str]:
    ratio = middle[fastest] / middle["ours"]
    yield _verdict(f"{ratio:.2f} x the fastest peer ({fastest})", f"{cell.target} x", met=ratio >= cell.target)
    yield _verdict(f"{memory['ours']:.0f} MB", f"{MEMORY_MB} MB at most", met=memory["ours"] <= MEMORY_MB)
    if cell.target < 1:
        share = memory["ours"] / memory[fastest]
        yield _verdict(f"{share:.0%} of its memory", f"{SHARE_OF_MEMORY:.0%}", met=share <= SHARE_OF_MEMORY)
    if cell.most_copies:
        copies = middle["ours"] / middle["copy"]
        yield _verdict(f"{copies:.2f} x a plain copy", f"{cell.most_copies} x at most", met=copies <= cell.most_copies)


def _verdict(found: str, target: str, *, met: bool) -> str:
    return f"{'met   ' if met else 'MISSED'} {found}  (target {target})"


if __name__ == "__main__":
    main()
