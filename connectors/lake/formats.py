"""Which format an object has, by the end of its key; every format offers the same five functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from tempfile import TemporaryFile

from connectors.lake import jsonl, parquet
from connectors.lake.change import Change, Counts
from connectors.lake.objects import Bucket, Stored
from connectors.lake.runs import Segments
from connectors.lake.segments import Fresh, Source
from connectors.lake.sources import Remembering
from connectors.lake.sources import opened as as_file
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value

_CHUNK = 1 << 20


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


def _parquet_describe(name: str, source: Source) -> dict[str, ColumnType]:
    return parquet.describe(name, as_file(source))


def _parquet_columns(name: str, source: Source, wanted: frozenset[str]) -> frozenset[str]:
    return wanted & _parquet_describe(name, source).keys()


def _parquet_tally(
    name: str, source: Source, columns: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    return parquet.tally(name, as_file(source), columns, selection)


def _parquet_measure(name: str, source: Source, selection: Selection, change: Change) -> Counts:
    return parquet.measure(name, as_file(source), selection, change)


def _parquet_rewrite(name: str, source: Source, selection: Selection, change: Change, least: int) -> Segments:
    del least  # the whole file is written again
    counts = _parquet_measure(name, source, selection, change)
    if counts.touched and counts.remaining:
        with TemporaryFile() as sink:
            parquet.rewrite(name, as_file(source), sink, selection, change)
            sink.seek(0)
            while content := sink.read(_CHUNK):
                yield Fresh(content)
    return counts


_PARQUET = Format(
    _parquet_columns, _parquet_describe, _parquet_tally, _parquet_measure, _parquet_rewrite, line_by_line=False
)
_JSONL = Format(jsonl.columns, jsonl.describe, jsonl.tally, jsonl.measure, jsonl.rewrite, line_by_line=True)
_BY_END = {
    ".parquet": _PARQUET,
    **{f".{name}{packing}": _JSONL for name in ("jsonl", "ndjson") for packing in ("", ".gz", ".zst")},
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
    """Give the object to be read; what is read here and there is not fetched twice."""
    source = bucket.source(stored)
    if format_of(stored.key).line_by_line:
        yield source
        return
    with closing(Remembering(source)) as remembering:
        yield remembering
