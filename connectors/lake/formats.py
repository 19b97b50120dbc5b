"""Which format an object has, by the end of its key; every format offers the same four functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import IO

from connectors.lake import jsonl, parquet
from connectors.lake.change import Change, Counts
from connectors.lake.objects import Bucket, Stored
from connectors.lake.surgery.held import FileSource
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value


@dataclass(frozen=True, slots=True)
class Format:
    """How objects of one kind are read and rewritten; the first argument names the object for messages."""

    describe: Callable[[str, IO[bytes]], dict[str, ColumnType]]
    tally: Callable[[str, IO[bytes], Sequence[str], Selection], Iterator[Counter[tuple[Value, ...]]]]
    measure: Callable[[str, IO[bytes], Selection, Change], Counts]
    rewrite: Callable[[str, IO[bytes], IO[bytes], Selection, Change], Counts]
    open: Callable[[Bucket, Stored], AbstractContextManager[IO[bytes]]]
    """Parquet is read by parts (the footer, then the columns needed), text as a whole."""


_PARQUET = Format(
    describe=lambda name, file: parquet.describe(name, FileSource(file)),
    tally=lambda name, file, columns, selection: parquet.tally(name, FileSource(file), columns, selection),
    measure=lambda name, file, selection, change: parquet.measure(name, FileSource(file), selection, change),
    rewrite=lambda name, file, sink, selection, change: parquet.rewrite(
        name, FileSource(file), sink, selection, change
    ),
    open=Bucket.ranged,
)
_JSONL = Format(jsonl.describe, jsonl.tally, jsonl.measure, jsonl.rewrite, Bucket.whole)
_BY_END = {".parquet": _PARQUET, ".jsonl": _JSONL, ".jsonl.gz": _JSONL, ".ndjson": _JSONL, ".ndjson.gz": _JSONL}


def format_of(key: str) -> Format:
    """Return the object's format.

    Raises:
        TerminalFailure: its key ends in none that is known; it is never skipped.

    """
    for end, kind in _BY_END.items():
        if key.endswith(end):
            return kind
    raise TerminalFailure(
        f"object {key}: expected a key that ends in {', '.join(_BY_END)}",
        hint="narrow the dataset's path so that only data files match",
    )
