"""CSV (and TSV), plain or packed, with a header: records that stay keep every byte, of one that changes other cells do.

The column that decides is cut out of every record; only candidates are taken apart exactly. Names in the header are
compared without regard to ASCII case. A candidate with another number of cells than the header, or not in UTF-8,
stays and is reported: nobody can tell whose it is.
"""

from __future__ import annotations

import csv
import io
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias, assert_never

from connectors.lake.blocks import Packing, blocks, packed, packing_of
from connectors.lake.change import Altered, Change, Counts, Gone, Unclear, columns_of, fate
from connectors.lake.columntypes import joined, text_type
from connectors.lake.csvrecords import Cell, Records, Typed, cells, records, typed, written
from connectors.lake.jsonscan import needed_keys
from connectors.lake.keys import as_integer
from connectors.lake.predicate import needed, row_test
from connectors.lake.runs import Edit, Edited, Segments, Told, segments, texts
from connectors.lake.segments import Fresh, Source
from retention.errors import KeyTypeError, TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.subject import Key
from retention.model.transform import Value

_LARGEST_CELL = 64 << 20
_NUMBER = re.compile(r"\s*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s*")
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
csv.field_size_limit(_LARGEST_CELL)

Span: TypeAlias = tuple[int, int]
Row: TypeAlias = dict[str, Cell]


@dataclass(frozen=True, slots=True)
class _Table:
    """A file's header."""

    name: str
    delimiter: str
    columns: tuple[str, ...]
    """As the question spells them where it names them, else as the file does."""

    def row(self, record: bytes) -> Row | Unclear:
        """Return a record's cells by column."""
        try:
            found = [cell for cell, _, _ in cells(record, self.delimiter)]
        except ValueError:
            return Unclear()
        return dict(zip(self.columns, found, strict=True)) if len(found) == len(self.columns) else Unclear()


def describe(name: str, source: Source) -> dict[str, ColumnType]:
    """Return the header's columns, each with the type all its cells have; records not clear are left out."""
    found: dict[str, ColumnType | None] = {}
    for table, block, start in _blocks(name, source, frozenset()):
        found = found or dict.fromkeys(table.columns)
        for row in _rows(table, block, start):
            for column, cell in row.items():
                found[column] = joined(found[column], _type_of(typed(cell)))
    return {column: kind or ColumnType.OTHER for column, kind in found.items()}


def columns(name: str, source: Source, wanted: frozenset[str]) -> frozenset[str]:
    """Return which of the columns the header names."""
    for table, _, _ in _blocks(name, source, wanted):
        return wanted & frozenset(table.columns)
    return frozenset()


def tally(
    name: str, source: Source, wanted: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    """Yield, a block at a time, how many selected records have each combination of the columns' values."""
    test = row_test(selection)
    for table, block, start in _blocks(name, source, needed(selection.where) | frozenset(wanted)):
        candidates = _candidates(table, selection, block, start)
        rows = (table.row(block.block.content[slice(*span)]) for span in candidates)
        chosen = (row for row in rows if isinstance(row, dict) and test(_compared(row)))
        yield Counter(tuple(typed(row.get(column)) for column in wanted) for row in chosen)


def measure(name: str, source: Source, selection: Selection, change: Change) -> Counts:
    """Return what the change would do."""
    return sum((each.counts for each in _edited(name, source, selection, change)), Counts())


def rewrite(name: str, source: Source, selection: Selection, change: Change, least: int) -> Segments:
    """Yield the new object; return what was done. Runs of at least `least` bytes that stay are named, not handed on.

    Raises:
        TerminalFailure: it cannot be unpacked, has no header, or a quote makes its records unclear.
        KeyTypeError: a column of whole numbers meets a key that is none.

    """
    packing = packing_of(source)
    if packing is Packing.PLAIN:
        return (yield from segments(_edited(name, source, selection, change), least))
    if not any(each.edits for each in _edited(name, source, selection, change)):
        return measure(name, source, selection, change)
    text = Told(texts(_edited(name, source, selection, change)))
    for content in packed(text, packing):
        yield Fresh(content)
    return text.told


# -- reading


def _blocks(name: str, source: Source, wanted: frozenset[str]) -> Iterator[tuple[_Table, Records, int]]:
    """Yield the header, a block of records, and how many records of the block are the header: one of the first."""
    delimiter = "\t" if ".tsv" in name else ","
    table: _Table | None = None
    for block in records(name, blocks(name, source, packing_of(source)), delimiter):
        if table is None:
            table = _header(name, block.block.content[: int(block.ends[0])], delimiter, wanted)
            yield table, block, 1
        else:
            yield table, block, 0


def _header(name: str, record: bytes, delimiter: str, wanted: frozenset[str]) -> _Table:
    lowered = Counter(column.lower() for column in wanted)
    spelled = {column.lower(): column for column in wanted if lowered[column.lower()] == 1}
    found = [cell or "" for cell, _, _ in cells(record.removeprefix(b"\xef\xbb\xbf"), delimiter)]
    named = tuple(column if column in wanted else spelled.get(column.lower(), column) for column in found)
    if len(set(named)) != len(named):
        raise TerminalFailure(f"{name}: expected each column once in the header, found a name twice")
    return _Table(name, delimiter, named)


def _rows(table: _Table, block: Records, start: int) -> Iterator[Row]:
    for span in list(block.spans())[start:]:
        record = block.block.content[slice(*span)]
        row = table.row(record) if record.strip() else None
        if isinstance(row, dict):
            yield row


def _compared(row: Row) -> Row:
    """Return the row as keys are compared with it: a number spelled otherwise is its digits."""
    return {column: _plainly(cell) for column, cell in row.items()}


def _plainly(cell: Cell) -> Cell:
    if cell is None or cell.isdigit() or not _NUMBER.fullmatch(cell) or _WHOLE.fullmatch(cell):
        return cell
    try:
        number = Decimal(cell.strip())
        return str(int(number)) if number == int(number) else cell
    except (InvalidOperation, OverflowError):
        return cell


# -- looking


def _candidates(table: _Table, selection: Selection, block: Records, start: int) -> Iterator[Span]:
    """Yield the records that may be selected; blank ones are none."""
    spans = list(block.spans())
    wanted = needed_keys(selection.where, selection)
    places = [(table.columns.index(column), column, keys) for column, keys in wanted or () if column in table.columns]
    if wanted is None or len(places) < len(wanted):
        yield from (span for span in spans[start:] if block.block.content[slice(*span)].strip())
        return
    rows = _split(table, block, len(spans))
    if start:  # the first block tells what kind of column it is
        for place, column, keys in places:
            _refuse_text_for_numbers(column, keys, (row[place] for row in rows[1:] if len(row) == len(table.columns)))
    told = [_telling(place, keys) for place, _, keys in places]
    everything = frozenset(text for _, _, keys in places for text in map(str, keys))
    for span, row in zip(spans[start:], rows[start:], strict=True):
        if len(row) != len(table.columns):
            if any(_plainly(cell) in everything or cell in everything for cell in row):
                yield span  # a key may stand in a wrong column
        elif any(tells(row) for tells in told):
            yield span


def _split(table: _Table, block: Records, number: int) -> list[list[str]]:
    text = block.block.content.decode(errors="surrogateescape")
    if '"' in text:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=table.delimiter))
    else:
        rows = [line.removesuffix("\r").split(table.delimiter) for line in text.removesuffix("\n").split("\n")]
    if len(rows) != number:
        raise TerminalFailure(f"{table.name}: quotes and line ends do not fit: nobody can tell where records end")
    return rows


def _telling(place: int, keys: frozenset[Key]) -> Callable[[list[str]], bool]:
    texts_ = frozenset(map(str, keys))
    numbers = any(as_integer(key) is not None for key in keys)

    def tells(row: list[str]) -> bool:
        cell = row[place]
        if cell in texts_:
            return True
        return numbers and not cell.isdigit() and _NUMBER.fullmatch(cell) is not None

    return tells


def _refuse_text_for_numbers(column: str, keys: frozenset[Key], found: Iterator[str]) -> None:
    if all(as_integer(key) is not None for key in keys):
        return
    filled = [cell for cell in found if cell]
    if filled and all(map(_WHOLE.fullmatch, filled)):
        raise KeyTypeError(
            f"column {column} holds integers: expected whole numbers as keys, found another text",
            hint="check which identity key the data map ties to this column",
        )


# -- changing


def _edited(name: str, source: Source, selection: Selection, change: Change) -> Iterator[Edited]:
    """Yield each block with what becomes of it."""
    test, decide = row_test(selection), fate(change)
    number = 1
    for table, block, start in _blocks(name, source, needed(selection.where) | columns_of(change)):
        content = block.block.content
        edits: list[Edit] = []
        altered = suppressed = 0
        unclear: list[int] = []
        for span in _candidates(table, selection, block, start):
            match _judged(table, content[slice(*span)], test, decide):
                case None:
                    continue
                case Gone(rare):
                    suppressed += rare
                    edits.append(Edit(*span, b""))
                case Altered(values):
                    if values:
                        altered += 1
                        edits.append(Edit(*span, _with(table, content[slice(*span)], values)))
                case Unclear():
                    unclear.append(number + content.count(b"\n", 0, span[0]))
                case unknown:
                    assert_never(unknown)
        rows = sum(bool(content[slice(*span)].strip()) for span in block.spans()) - start
        counts = Counts(rows, len(edits) - altered, altered, suppressed, tuple(unclear))
        yield Edited(block.block, tuple(edits), counts)
        number += content.count(b"\n")


def _judged(
    table: _Table,
    record: bytes,
    test: Callable[[Mapping[str, Cell]], bool],
    decide: Callable[[Mapping[str, Typed]], Gone | Altered],
) -> Gone | Altered | Unclear | None:
    row = table.row(record)
    if isinstance(row, Unclear):
        return row
    return decide({column: typed(cell) for column, cell in row.items()}) if test(_compared(row)) else None


def _with(table: _Table, record: bytes, new: Mapping[str, Value]) -> bytes:
    """Return the record with new values in some cells; every other byte stays."""
    parts: list[bytes] = []
    done = 0
    for column, (_, start, stop) in zip(table.columns, cells(record, table.delimiter), strict=True):
        if column in new:
            parts += [record[done:start], written(new[column], table.delimiter)]
            done = stop
    return b"".join([*parts, record[done:]])


def _type_of(value: Typed) -> ColumnType | None:
    match value:
        case None:
            return None
        case bool():
            return ColumnType.BOOLEAN
        case int():
            return ColumnType.INTEGER
        case float():
            return ColumnType.NUMBER
        case str():
            return text_type(value)
