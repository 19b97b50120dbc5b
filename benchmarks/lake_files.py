"""Text files and many small files: this engine beside others, on the same files, in processes of their own.

`python -m benchmarks.lake_files [LINES] [FILES] [ROUNDS]` (2,000,000 lines; 2,000 files of 20,000 rows; 3 rounds). With
no files, lines only. Files lie on a memory file system if there is one. Methods take turns, rounds are shuffled,
figures are medians; time starts after the imports and ends when the new file is written, peak memory is the process's.

JSON Lines: the rival is the method of S3 Find and Forget (handler `json_handler`, v0.76), written anew from its
description: the whole file in memory, every line through `json.loads`, members looked up without regard to case, kept
lines encoded again into one buffer. Three lines spell the person otherwise (an escape, an exponent, another case) and
every method is asked how many of them it found. Small files: Polars (fastest in earlier runs) rewrites each file; "scan
first" finds the files that hold somebody with one query and rewrites only those.
"""

from __future__ import annotations

import json
import os
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import polars as pl

from benchmarks.lake_rows import batches, write_parquet
from connectors.lake import jsonl, parquet
from connectors.lake.change import Counts, Erase
from connectors.lake.draft import Draft
from connectors.lake.parts import Kept
from connectors.lake.runs import Segments
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet

ROWS_A_FILE = 20_000
PEOPLE = 1_000_000
PERSON = 424_242
LEAST = 5 << 20
SPELLINGS = (
    b'{"event_id":-1,"user\\u005fid":424242,"title":"escaped"}\n',
    b'{"event_id":-2,"user_id":4.24242e5,"title":"exponent"}\n',
    b'{"event_id":-3,"User_ID":424242,"title":"other case"}\n',
)


def people(number: int) -> frozenset[int]:
    """Return so many people, always with the one whom three lines spell otherwise."""
    chosen = random.Random(number).sample(range(PEOPLE), number - 1)  # noqa: S311 -- sample data
    return frozenset({PERSON, *chosen})


# -- this engine on local files


class LocalFile:
    """A file to be read by ranges."""

    def __init__(self, path: Path) -> None:
        """Open it."""
        self._number = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._number).st_size

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop)."""
        return os.pread(self._number, stop - start, start)

    def copy(self, start: int, stop: int, output: int) -> None:
        """Let the system copy a range."""
        while start < stop:
            start += os.copy_file_range(self._number, output, stop - start, start)

    def close(self) -> None:
        """Close it."""
        os.close(self._number)


def ours(path: Path, target: Path, keys: frozenset[int], engine: Callable[..., Segments]) -> int:
    """Rewrite one file if need be; return how many rows went."""
    selection = Selection(Among("user_id", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): keys})
    source = LocalFile(path)
    with Draft(source) as draft:
        counts: Counts = draft.fill(engine(str(path), source, selection, Erase(), LEAST))
        if counts.touched:
            output = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
            at = 0
            for piece in draft.pieces:
                size = piece.stop - piece.start
                if isinstance(piece, Kept):
                    source.copy(piece.start, piece.stop, output)
                else:
                    for start in range(at, at + size, 1 << 20):
                        os.write(output, draft.read(start, min(start + (1 << 20), at + size)))
                at += size
            os.close(output)
    source.close()
    return counts.gone


def jsonl_ours(folder: Path, keys: frozenset[int]) -> int:
    """Erase from the one file of lines."""
    return ours(folder / "lines.jsonl", folder / "out", keys, jsonl.rewrite)


def small_ours(folder: Path, keys: frozenset[int]) -> int:
    """Erase from many files, two at a time."""
    with ThreadPoolExecutor(2) as pool:
        gone = pool.map(lambda path: ours(path, folder / f"{path.name}.out", keys, parquet.segments), files(folder))
        return sum(gone)


# -- rivals


def jsonl_find_and_forget(folder: Path, keys: frozenset[int]) -> int:
    """Do as S3 Find and Forget does: all in memory, every line parsed."""
    lines = (folder / "lines.jsonl").read_bytes().decode("utf-8").split("\n")
    if lines[-1] == "":
        lines.pop()
    kept: list[bytes] = []
    for line in lines:
        row = json.loads(line)
        member = next((name for name in row if name.lower() == "user_id"), None)
        value = row[member] if member else None
        if not (value and value in keys):
            kept.append(bytes(line + "\n", "utf-8"))
    (folder / "out").write_bytes(b"".join(kept))
    return len(lines) - len(kept)


def small_polars(folder: Path, keys: frozenset[int]) -> int:
    """Rewrite every file."""
    return sum(_polars(path, folder / f"{path.name}.out", keys) for path in files(folder))


def small_polars_scan_first(folder: Path, keys: frozenset[int]) -> int:
    """Ask once which files hold somebody, and rewrite those."""
    wanted = pl.Series(list(keys), dtype=pl.Int64)
    hit = (
        pl.scan_parquet(folder / "*.parquet", include_file_paths="path")
        .filter(pl.col("user_id").is_in(wanted.implode()))
        .select(pl.col("path").unique())
        .collect()["path"]
    )
    return sum(_polars(Path(path), folder / f"{Path(path).name}.out", keys) for path in hit)


def _polars(path: Path, target: Path, keys: frozenset[int]) -> int:
    rows = pl.read_parquet(path)
    left = rows.filter(~pl.col("user_id").is_in(pl.Series(list(keys), dtype=pl.Int64).implode()))
    left.write_parquet(target, compression="snappy")
    return len(rows) - len(left)


METHODS = {
    "jsonl ours": jsonl_ours,
    "jsonl S3 Find and Forget's method": jsonl_find_and_forget,
    "small ours": small_ours,
    "small Polars": small_polars,
    "small Polars, scan first": small_polars_scan_first,
}


# -- measuring


def files(folder: Path) -> list[Path]:
    """Return the small files."""
    return sorted(folder.glob("*.parquet"))


def make_lines(path: Path, number: int) -> None:
    """Write lines of about 300 bytes, three of them spelled otherwise."""
    chance = random.Random(3)  # noqa: S311 -- sample data
    with path.open("wb") as file:
        for event in range(number):
            if event % max(1, number // 3) == 0:
                file.write(SPELLINGS[event * 3 // number % 3])
            row = {
                "event_id": event,
                "ts": f"2026-01-01T00:00:{event % 60:02}.123Z",
                "user_id": chance.randrange(PEOPLE),
                "email": f"user{event}@mail.example",
                "title": f"A film of many words, number {event % 3000}",
                "device": chance.choice(("ios", "android", "web")),
                "amount": chance.random() * 100,
                "tags": ["a", "b", str(event % 7)],
                "session": f"{chance.getrandbits(128):032x}",
                "position": chance.randrange(7200),
            }
            file.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def make_small(folder: Path, number: int) -> None:
    """Write small Parquet files."""
    for index in range(number):
        write_parquet(folder / f"part-{index:05}.parquet", batches(ROWS_A_FILE, PEOPLE, index, clustered=False))


def measured(method: str, folder: Path, number: int) -> dict[str, float]:
    """Run the method in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.lake_files", "--one", method, str(folder), str(number)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 -- ourselves
    for path in folder.glob("*.out"):
        path.unlink()
    found: dict[str, float] = json.loads(done.stdout)
    return found


def one(method: str, folder: Path, number: int) -> None:
    """Run the method here and print what it took."""
    keys = people(number)
    start = time.perf_counter()
    gone = METHODS[method](folder, keys)
    seconds = time.perf_counter() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    missed = 0
    if (folder / "out").exists():
        left = (folder / "out").read_bytes()
        missed = sum(line in left for line in SPELLINGS)
        (folder / "out").unlink()
    print(json.dumps({"seconds": seconds, "peak": peak, "gone": gone, "missed": missed}))


def cell(folder: Path, kind: str, number: int, rounds: int) -> dict[str, dict[str, float]]:
    """Let the methods take turns; return the medians."""
    names = [name for name in METHODS if name.startswith(kind)]
    runs: dict[str, list[dict[str, float]]] = defaultdict(list)
    for turn in range(rounds):
        for name in random.Random(turn).sample(names, len(names)):  # noqa: S311 -- an order
            runs[name].append(measured(name, folder, number))
    return {
        name: {what: statistics.median(run[what] for run in runs[name]) for what in runs[name][0]} for name in names
    }


def report(kind: str, number: int, found: dict[str, dict[str, float]], target: float) -> bool:
    """Print one cell; return whether the target over the fastest rival that rewrites every file is met."""
    mine = found[f"{kind} ours"]
    rivals = {name: run["seconds"] for name, run in found.items() if not name.endswith(("ours", "scan first"))}
    print(f"\n{kind}, {number:,} of {PEOPLE:,} people")
    for name, run in sorted(found.items(), key=lambda item: item[1]["seconds"]):
        ratio = run["seconds"] / mine["seconds"]
        missed = f", {run['missed']:.0f} of 3 other spellings missed" if kind == "jsonl" else ""
        figures = f"{run['seconds']:>8.2f} s {run['peak']:>7.0f} MiB {run['gone']:>9.0f} rows {ratio:>6.2f}x"
        print(f"  {name:<36}{figures}{missed}")
    ratio = min(rivals.values()) / mine["seconds"]
    met = ratio >= target and not mine["missed"] and mine["peak"] <= 300  # noqa: PLR2004 -- MiB, the issue's
    print(f"  target {target}x at no more than 300 MiB, nothing missed: {ratio:.2f}x, {'met' if met else 'MISSED'}")
    return met


def cells() -> Iterator[tuple[str, int, float]]:
    """Yield kind, number of people, and target."""
    yield "jsonl", 1, 4.0
    yield "jsonl", 1_000, 4.0
    yield "small", 1, 4.0
    yield "small", 1_000, 0.9


def main(lines: int, small: int, rounds: int) -> int:
    """Make the files, measure, print."""
    memory = Path("/dev/shm")  # noqa: S108 -- a memory file system, where there is one
    with tempfile.TemporaryDirectory(dir=memory if os.access(memory, os.W_OK) else None) as name:
        folder = Path(name)
        make_lines(folder / "lines.jsonl", lines)
        make_small(folder, small)
        size = (folder / "lines.jsonl").stat().st_size / 1e6
        print(f"{lines:,} lines ({size:.0f} MB), {small:,} files of {ROWS_A_FILE:,} rows; {rounds} rounds, medians")
        met = [
            report(kind, number, cell(folder, kind, number, rounds), target)
            for kind, number, target in cells()
            if kind == "jsonl" or small
        ]
    return 0 if all(met) else 1


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        one(sys.argv[2], Path(sys.argv[3]), int(sys.argv[4]))
    else:
        numbers = [int(argument) for argument in sys.argv[1:]] + [2_000_000, 2_000, 3][len(sys.argv) - 1 :]
        sys.exit(main(*numbers))
