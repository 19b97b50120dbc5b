"""Which format an object has, by the end of its key; every format offers the same five functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass

from connectors.lake import delimited, jsonl, parquet
from connectors.lake.change import Change, Counts
from connectors.lake.objects import Bucket, Stored
from connectors.lake.runs import Segments
from connectors.lake.segments import Source
from connectors.lake.sources import WHOLE, Remembering, Whole
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value


@dataclass(frozen=True, slots=True)
class Format:
    """How objects of one kind are read and rewritten; the first argument names the object for messages."""

    columns: Callable[[str, Source, frozenset[str]], frozenset[str]]
    """Which of the wanted columns occur, reading as little as possible."""
    describe: Callable[[str, Source], dict[str, ColumnType]]
    tally: Callable[[str, Source, Sequence[str], Selection], Iterator[Counter[tuple[Value, ...]]]]
    measure: Callable[[str, Source, Selection, Change], Counts]
    rewrite: Callable[[str, Source, Selection, Change, int], Segments]
    """With the least length of a run that the store can copy by itself."""
    line_by_line: bool
    """Read once from start to end, and what stays needs no second look; otherwise read here and there."""


_PARQUET = Format(
    parquet.columns, parquet.describe, parquet.tally, parquet.measure, parquet.segments, line_by_line=False
)
_JSONL = Format(jsonl.columns, jsonl.describe, jsonl.tally, jsonl.measure, jsonl.rewrite, line_by_line=True)
_CSV = Format(
    delimited.columns, delimited.describe, delimited.tally, delimited.measure, delimited.rewrite, line_by_line=True
)
_TEXTS = {"jsonl": _JSONL, "ndjson": _JSONL, "csv": _CSV, "tsv": _CSV}
_BY_END = {
    ".parquet": _PARQUET,
    **{f".{name}{packing}": kind for name, kind in _TEXTS.items() for packing in ("", ".gz", ".zst")},
}


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


@contextmanager
def opened(bucket: Bucket, stored: Stored) -> Iterator[Source]:
    """Give the object to be read: a small one is fetched at once, of another no byte is fetched twice."""
    source = bucket.source(stored)
    if source.size <= WHOLE:
        yield Whole(source)
        return
    if format_of(stored.key).line_by_line:
        yield source
        return
    with closing(Remembering(source)) as remembering:
        yield remembering
