"""Parquet: which rows a change concerns, and the new file as pieces of the old one (`connectors.lake.surgery`).

Only the columns that decide are read, only in row groups that may hold a selected row. Memory is bounded by
some column chunks, whatever the object's size. What can't be written back as it was is refused, never converted.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import reduce
from operator import add
from typing import IO, TypeVar

from connectors.lake.change import Change, Counts, Erase, Redact, columns_of
from connectors.lake.columntypes import column_type
from connectors.lake.keys import ValueSets
from connectors.lake.parquet_change import Decision, at_rows, cells_of, decide
from connectors.lake.parquet_file import ParquetFile, open_parquet
from connectors.lake.predicate import compared, mask, needed
from connectors.lake.segments import Fresh, Segment, Source
from connectors.lake.surgery.edit import GroupEdit, Mapped
from connectors.lake.surgery.fields import File
from connectors.lake.surgery.footer import rows_of
from connectors.lake.surgery.rewrite import THREADS, Rewriting
from connectors.lake.surgery.thrift import get, items
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value

_LONG_ENOUGH_TO_MEAN_SOMEONE = 8
_KEPT_ROWS = 8 << 20
"""Row numbers that a survey keeps; what is beyond is looked up again when it is needed."""
_CHUNK = 4 << 20

Item = TypeVar("Item")
Found = TypeVar("Found")


@dataclass(frozen=True, slots=True)
class Survey:
    """What a change would do to a file."""

    counts: Counts
    touched: tuple[int, ...]
    """Row groups with something to do."""
    edits: dict[int, GroupEdit]
    """Of touched groups, as far as they are kept."""

    @property
    def groups_touched(self) -> int:
        """Return how many row groups have something to do."""
        return len(self.touched)


def columns(name: str, source: Source, wanted: frozenset[str]) -> frozenset[str]:
    """Return which of the wanted columns the file has; names with dots lead into nested ones."""
    return open_parquet(name, source).has(wanted)


def describe(name: str, source: Source) -> dict[str, ColumnType]:
    """Return the file's columns; raises TerminalFailure if it cannot be read."""
    return {part.name: column_type(part.type) for part in open_parquet(name, source).schema}


def tally(
    name: str, source: Source, wanted: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    """Yield, a row group at a time, how many selected rows have each combination of the columns' values."""
    file, sets = open_parquet(name, source), ValueSets(selection.keys)
    file.require(compared(selection.where))
    read = needed(selection.where) | frozenset(wanted)
    for group in file.candidates(selection.where, sets):
        for _, table in file.tables(group, read, selection.where, sets):
            chosen = table.filter(mask(table, selection, sets))
            cells = [cells_of(chosen, column) for column in wanted]
            yield Counter(zip(*cells, strict=True)) if cells else Counter({(): chosen.num_rows})


def measure(name: str, source: Source, selection: Selection, change: Change) -> Counts:
    """Return what the change would do; reads only the columns that decide it."""
    return survey(open_parquet(name, source), selection, change).counts


def survey(file: ParquetFile, selection: Selection, change: Change) -> Survey:
    """Return what the change would do, and where.

    Raises:
        TerminalFailure: a column that is compared is missing, or a value has no such transform.
        KeyTypeError: a key cannot be a value of its column.

    """
    file.require(compared(selection.where))
    sets = ValueSets(selection.keys)
    candidates = file.candidates(selection.where, sets)
    counts, touched, edits, kept = Counts(file.footer.rows), [], {}, 0
    for group, decision in _ahead(candidates, lambda group: _decided(file, group, selection, change, sets)):
        counts += Counts(0, decision.counts.gone, decision.counts.altered, decision.counts.suppressed)
        if decision.counts.touched:
            touched.append(group)
            kept += decision.rows_named
            if kept <= _KEPT_ROWS:
                edits[group] = decision.edit()
    return Survey(counts, tuple(touched), edits)


def segments(
    name: str, source: Source, selection: Selection, change: Change, least: int = 0
) -> Generator[Segment, None, Counts]:
    """Yield the new file and return the counts; yields nothing where nothing is to do or nothing is left.

    `least`, the shortest run a store copies by itself, changes nothing here: shorter runs are as they are.

    Raises:
        TerminalFailure: it cannot be read, or not be written back as the same kind of file.
        KeyTypeError: a key cannot be a value of its column.

    """
    del least
    file = open_parquet(name, source)
    found = survey(file, selection, change)
    if found.counts.touched and found.counts.remaining:
        yield from rewriting(file, selection, change, found).segments()
    return found.counts


def rewriting(file: ParquetFile, selection: Selection, change: Change, found: Survey) -> Rewriting:
    """Return the run that makes the new file, whatever is left of it."""
    _refuse_telling_metadata(file, selection)
    _refuse_required(file, change)
    sets = ValueSets(selection.keys)

    def edits() -> Iterator[tuple[int, GroupEdit]]:
        for group in found.touched:
            kept = found.edits.pop(group, None)
            yield group, kept or _decided(file, group, selection, change, sets)[1].edit()

    return Rewriting(file.name, file.source, file.footer, edits())


def transformed(file: ParquetFile, selection: Selection, functions: Mapping[str, Mapped]) -> Rewriting:
    """Return the run that gives columns new values in the selected rows; chunks of other columns stay as they are.

    Each function gets the selected values of its column in one row group, as an Arrow array, and returns as many
    of the same type: pseudonyms, coarser values, nulls. Only row groups with a selected row are encoded anew.
    """
    file.require(compared(selection.where) | frozenset(functions))
    found = survey(file, selection, Erase())

    def edits() -> Iterator[tuple[int, GroupEdit]]:
        for group in found.touched:
            rows = (found.edits.pop(group, None) or _again(file, group, selection)).gone
            mapped = {column: at_rows(rows, function) for column, function in functions.items()}
            yield group, GroupEdit(rows_of(file.footer.groups[group]), mapped=mapped)

    _refuse_telling_metadata(file, selection)
    return Rewriting(file.name, file.source, file.footer, edits())


def _again(file: ParquetFile, group: int, selection: Selection) -> GroupEdit:
    return _decided(file, group, selection, Erase(), ValueSets(selection.keys))[1].edit()


def rewrite(name: str, source: Source, sink: IO[bytes], selection: Selection, change: Change) -> Counts:
    """Write the new file; raises as `segments` does."""
    file = open_parquet(name, source)
    found = survey(file, selection, change)
    write(source, rewriting(file, selection, change, found).segments(), sink)
    return found.counts


def write(source: Source, pieces: Iterable[Segment], sink: IO[bytes]) -> None:
    """Write pieces of the source and new bytes to a file."""
    for piece in pieces:
        if isinstance(piece, Fresh):
            sink.write(piece.content)
            continue
        for start in range(piece.start, piece.stop, _CHUNK):
            sink.write(source.read(start, min(start + _CHUNK, piece.stop)))


def _decided(
    file: ParquetFile, group: int, selection: Selection, change: Change, sets: ValueSets
) -> tuple[int, Decision]:
    filled = file.without_nulls(group, change.fields) if isinstance(change, Redact) else frozenset()
    read = needed(selection.where) | (columns_of(change) - filled)
    tables = file.tables(group, read, selection.where, sets)
    parts = (decide(table, selection, change, sets, filled).moved(first) for first, table in tables)
    return group, reduce(add, parts, Decision())


def _ahead(work: Sequence[Item], do: Callable[[Item], Found]) -> Iterator[Found]:
    """Yield what is done with each, in order, some begun before they are needed."""
    if len(work) < THREADS:
        yield from map(do, work)
        return
    with ThreadPoolExecutor(THREADS) as pool:
        waiting: deque[Future[Found]] = deque()
        for item in work:
            waiting.append(pool.submit(do, item))
            if len(waiting) > THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _refuse_required(file: ParquetFile, change: Change) -> None:
    """Refuse to empty a column that the file says is never null."""
    emptied = frozenset(change.fields) if isinstance(change, Redact) else columns_of(change)
    required = sorted(part.name for part in file.schema if part.name in emptied and not part.nullable)
    if required and isinstance(change, Redact):
        raise TerminalFailure(f"{file.name}: the columns {', '.join(required)} are required and cannot be emptied")


def _refuse_telling_metadata(file: ParquetFile, selection: Selection) -> None:
    """Refuse a file whose key-value metadata, which is kept, holds one of the keys (pandas writes `attrs` there)."""
    texts = [key.encode() for keys in selection.keys.values() for key in keys if isinstance(key, str)]
    long = [text for text in texts if len(text) >= _LONG_ENOUGH_TO_MEAN_SOMEONE]
    for entry in items(file.footer.tree, File.METADATA):
        if any(text in (get(entry, 2) or b"") for text in long):
            where = get(entry, 1, b"?").decode(errors="replace")
            raise TerminalFailure(
                f"{file.name}: the file's metadata {where} holds a person's key; it has to be cleaned first"
            )
