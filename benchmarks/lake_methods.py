"""One method, once, in a process of its own; `benchmarks.lake` starts it. The last line it prints is JSON."""

from __future__ import annotations

import hashlib
import hmac
import importlib
import json
import os
import resource
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import IO, Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.lake import parquet
from connectors.lake.change import Change, Erase, Redact
from connectors.lake.segments import Fresh, Segment
from connectors.lake.surgery.held import FileSource
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet

GROUP = 500_000
ROWS_A_USER = 20
START = 1_700_000_000_000_000
SECRET = b"a key of this benchmark only"
MB = 1e6
FREE = 0.9
"""Share of views that cost nothing."""


@dataclass(slots=True)
class Job:
    """Where files are, what is to be done, and what was counted while it was done."""

    folder: Path
    file: str
    task: str = "erase"
    rows: int = 0
    files: int = 1
    read: int = 0
    new: int = 0
    keys: list[int] = field(default_factory=list)

    @property
    def sources(self) -> list[Path]:
        """Return the files to be changed."""
        return sorted((self.folder / self.file).glob("*.parquet"))

    @property
    def target(self) -> Path:
        """Return the folder for new files."""
        return self.folder / "new"


class Counted(FileSource):
    """A local file that knows how much of it passed through this process."""

    def __init__(self, file: IO[bytes], job: Job) -> None:
        """Read this file for the job."""
        super().__init__(file)
        self._job = job

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes, and count them."""
        self._job.read += stop - start
        return super().read(start, stop)


# -- ours


def ours(job: Job) -> None:
    """Change every file by surgery; files with nothing to do are linked, as a store would leave them."""
    selection = Selection(Among("user_id", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(job.keys)})
    if len(job.sources) == 1:
        _ours(job, job.sources[0], selection)
        return
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda path: _ours(job, path, selection), job.sources))


def _ours(job: Job, path: Path, selection: Selection) -> None:
    with path.open("rb") as file:
        source = Counted(file, job)
        pieces: Iterator[Segment]
        if job.task == "pseudonymize":
            opened = parquet.open_parquet(path.name, source)
            pieces = parquet.transformed(opened, selection, {"email": pseudonyms}).segments()
        else:
            change: Change = Erase() if job.task == "erase" else Redact(("email",))
            pieces = parquet.segments(path.name, source, selection, change)
        first = next(pieces, None)
        if first is None:
            os.link(path, job.target / path.name)
        else:
            _write(job, file.fileno(), chain([first], pieces), job.target / path.name)


def ours_looked_at_again(job: Job) -> None:
    """Do as `ours`, and then what the road does before it publishes: open the new file and search it for the keys."""
    ours(job)
    selection = Selection(Among("user_id", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(job.keys)})
    for path in sorted(job.target.glob("*.parquet")) if job.task == "erase" else ():
        with path.open("rb") as file:
            assert not parquet.measure(path.name, FileSource(file), selection, Erase()).touched


def _write(job: Job, source: int, pieces: Iterable[Segment], path: Path) -> None:
    """Write the pieces; what stays is copied by the system, as a store copies it by itself."""
    with path.open("wb", buffering=0) as sink:
        for piece in pieces:
            if isinstance(piece, Fresh):
                sink.write(piece.content)
                job.new += len(piece.content)
                continue
            at = piece.start
            while at < piece.stop:
                at += os.copy_file_range(source, sink.fileno(), piece.stop - at, at)


def pseudonyms(values: pa.Array) -> pa.Array:
    """Return a keyed hash of each distinct value (HMAC-SHA-256, RFC 2104)."""
    coded = values.dictionary_encode()
    new = [hmac.digest(SECRET, text.encode(), hashlib.sha256).hex()[:32] for text in coded.dictionary.to_pylist()]
    return pa.array(new, values.type).take(coded.indices)


# -- peers: erase drops rows; redact and pseudonymize write nulls, which costs a peer less than hashing


def _peer(name: str) -> Any:  # noqa: ANN401 -- a module
    """Load a peer in its own process only: others' memory must not bear it."""
    return importlib.import_module(name)


def polars(job: Job) -> None:
    """Stream through Polars without statistics, as it is fastest."""
    _polars(job, statistics=False)


def polars_untuned(job: Job) -> None:
    """Stream through Polars as it comes."""
    _polars(job, statistics=True)


def _polars(job: Job, *, statistics: bool) -> None:
    pl = _peer("polars")

    chosen = pl.col("user_id").is_in(job.keys)
    for path in job.sources:
        rows = pl.scan_parquet(path)
        if job.task == "erase":
            rows = rows.filter(~chosen)
        else:
            rows = rows.with_columns(pl.when(chosen).then(None).otherwise(pl.col("email")).alias("email"))
        rows.sink_parquet(job.target / path.name, compression="snappy", statistics=statistics)


def duckdb(job: Job) -> None:
    """Copy through DuckDB, without keeping the order: as it is fastest."""
    base = _peer("duckdb")

    with base.connect() as connection:
        connection.execute("SET preserve_insertion_order = false")
        connection.register("keys", pa.table({"k": pa.array(job.keys, pa.int64())}))
        chosen = "user_id IN (SELECT k FROM keys)"
        for path in job.sources:
            query = f"SELECT * FROM '{path}' WHERE NOT ({chosen})"  # noqa: S608 -- our own file
            if job.task != "erase":
                new = f"CASE WHEN {chosen} THEN NULL ELSE email END AS email"
                query = f"SELECT * REPLACE ({new}) FROM '{path}'"  # noqa: S608 -- our own file
            connection.execute(f"COPY ({query}) TO '{job.target / path.name}' (FORMAT parquet, COMPRESSION snappy)")


def pyarrow(job: Job) -> None:
    """Read, filter and write row group by row group."""
    keys = pa.array(job.keys, pa.int64())
    for path in job.sources:
        with pq.ParquetFile(path) as file, pq.ParquetWriter(job.target / path.name, file.schema_arrow) as writer:
            for number in range(file.num_row_groups):
                group = file.read_row_group(number)
                writer.write_table(group.filter(pc.invert(pc.is_in(group["user_id"], value_set=keys))))


def deltalake(job: Job) -> None:
    """Delete from a Delta table of the same file."""
    _peer("deltalake").DeltaTable(str(job.target)).delete(f"user_id IN ({', '.join(map(str, job.keys))})")


def copy(job: Job) -> None:
    """Copy the file, inside the system."""
    for path in job.sources:
        size = path.stat().st_size
        with path.open("rb") as file, (job.target / path.name).open("wb") as sink:
            done = 0
            while done < size:
                done += os.copy_file_range(file.fileno(), sink.fileno(), size - done, done)


METHODS: dict[str, Callable[[Job], None]] = {
    "ours": ours,
    "ours, looked at again": ours_looked_at_again,
    "polars": polars,
    "polars untuned": polars_untuned,
    "duckdb": duckdb,
    "pyarrow": pyarrow,
    "deltalake": deltalake,
    "copy": copy,
}


# -- files


def make(job: Job) -> None:
    """Write the files of a cell, if they are not there."""
    folder = job.folder / job.file
    if folder.exists():
        return
    folder.mkdir()
    users = max(1, job.rows // ROWS_A_USER)
    r = np.random.default_rng(7)
    if job.file == "small":
        for number in range(job.files):
            uid = r.integers(0, users, 20_000)
            pq.write_table(_table(r, uid, START + number), folder / f"{number:05d}.parquet")
        return
    uid = r.integers(0, users, job.rows)
    if job.file == "clustered":
        uid.sort()
    writer: pq.ParquetWriter | None = None
    for first in range(0, job.rows, GROUP):
        table = _table(r, uid[first : first + GROUP], START + first * 1_000_000)
        writer = writer or pq.ParquetWriter(folder / "all.parquet", table.schema)
        writer.write_table(table, row_group_size=GROUP)
    assert writer is not None
    writer.close()


def _table(r: np.random.Generator, uid: Any, since: int) -> pa.Table:  # noqa: ANN401 -- numpy's integers
    rows = len(uid)

    def among(words: Iterable[str], chosen: Any) -> pa.Array:  # noqa: ANN401 -- same
        return pa.array(list(words)).take(pa.array(chosen))

    email = pc.binary_join_element_wise("user", pa.array(uid).cast(pa.string()), "@mail.example", "")
    title = (r.pareto(1.2, rows) * 50).astype(np.int64) % 5_000
    tags = among((f"tag {n}" for n in range(40)), r.integers(0, 40, 2 * rows))
    place = [among(["13", "27", "14", "01"], r.integers(0, 4, rows)), pa.array(r.random(rows, np.float32))]
    return pa.table(
        {
            "user_id": pa.array(uid, pa.int64()),
            "at": pa.array(since + np.sort(r.integers(0, rows * 1_000_000, rows)), pa.timestamp("us", "UTC")),
            "email": email,
            "title": among((f"title {n:05d} of a series" for n in range(5_000)), title),
            "device": among(["ios", "android", "tv", "web", "console"], r.integers(0, 5, rows)),
            "session": pa.array(r.integers(0, 1 << 62, rows)),
            "seconds": pa.array(r.integers(0, 7_200, rows), pa.int32()),
            "rate": pa.array(r.random(rows)),
            "price": pa.array(np.where(r.random(rows) < FREE, 0, r.integers(100, 5_000, rows)), pa.int32()),
            "paid": pa.array(r.random(rows) < 1 - FREE),
            "place": pa.StructArray.from_arrays(place, names=["prefecture", "latitude"]),
            "tags": pa.ListArray.from_arrays(pa.array(np.arange(rows + 1) * 2, pa.int32()), tags),
        }
    )


def _prepared(method: str, job: Job) -> None:
    shutil.rmtree(job.target, ignore_errors=True)
    job.target.mkdir()
    if method == "deltalake":
        for path in job.sources:
            with pq.ParquetFile(path) as file:
                reader = pa.RecordBatchReader.from_batches(file.schema_arrow, file.iter_batches())
                _peer("deltalake").write_deltalake(str(job.target), reader, mode="append")
        return
    with suppress(ImportError):
        __import__(method.split(maxsplit=1)[0])  # the clock starts after imports
    if method == "pyarrow" or job.task == "pseudonymize":
        pa.array([0])  # pyarrow imports pandas with its first array; our engine has none made, `pseudonyms` has


def _rows_left(method: str, job: Job) -> int:
    if method == "deltalake":
        return int(_peer("deltalake").DeltaTable(str(job.target)).count())
    return sum(int(pq.read_metadata(path).num_rows) for path in sorted(job.target.glob("*.parquet")))


def main() -> None:
    """Do what the arguments say."""
    method, what = sys.argv[1], json.loads(sys.argv[2])
    job = Job(**{**what, "folder": Path(what["folder"])})
    if method == "make":
        make(job)
        print(json.dumps({}))
        return
    job.keys = json.loads((job.folder / "keys.json").read_text(encoding="utf-8"))
    _prepared(method, job)
    start, busy = time.perf_counter(), time.process_time()
    METHODS[method](job)
    seconds, cpu = time.perf_counter() - start, time.process_time() - busy
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    if not method.startswith("ours"):
        job.read = sum(path.stat().st_size for path in job.sources)
        job.new = sum(path.stat().st_size for path in job.target.rglob("*.parquet"))
    rows = _rows_left(method, job)
    shutil.rmtree(job.target)
    moved = {"read_mb": job.read / MB, "new_mb": job.new / MB}
    print(json.dumps({"seconds": seconds, "cpu": cpu, "peak_mb": peak, "rows": rows, **moved}))


if __name__ == "__main__":
    main()
