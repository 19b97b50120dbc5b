"""JSON Lines, plain or packed: lines that stay keep every byte, of a line that changes the other members do.

Lines are looked for by bytes (`jsonscan`) and only candidates are parsed. Names of members are compared without regard
to ASCII case, as the query engines over such files do. A candidate that is not clear (invalid JSON, a member twice, no
object) stays as it is and is reported with its number: what cannot be read cannot be erased, and nothing is dropped.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias, assert_never

import numpy as np

from connectors.lake.blocks import Block, Packing, blocks, packed, packing_of
from connectors.lake.change import Altered, Change, Counts, Gone, Unclear, columns_of, fate
from connectors.lake.columntypes import joined, text_type
from connectors.lake.jsonscan import Candidates, Ends, Span, every_line, line_ends
from connectors.lake.predicate import needed, row_test
from connectors.lake.runs import Edit, Edited, Segments, Told, segments, texts
from connectors.lake.segments import Fresh, Source
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value

_BOM = "\ufeff"
_SPACE = re.compile(r"[ \t\r\n]*")
_BLANKS = (9, 10, 13, 32)

Fate: TypeAlias = Gone | Altered | Unclear


def describe(name: str, source: Source) -> dict[str, ColumnType]:
    """Return every member that occurs in the file, with the type all its values have; lines not clear are left out.

    A text member whose every value is an ISO 8601 date or instant is a DATE or INSTANT; mixed
    values make OTHER, or NUMBER for whole and broken numbers.
    """
    found: dict[str, ColumnType | None] = {}
    for row in _rows(name, source):
        for member, value in row.items():
            known = found.get(member)
            if known is not ColumnType.TEXT or not isinstance(value, str):  # text beside text stays text, dates too
                found[member] = joined(known, _value_type(value))
    return {member: kind or ColumnType.OTHER for member, kind in found.items()}


def columns(name: str, source: Source, wanted: frozenset[str]) -> frozenset[str]:
    """Return which of the columns occur; reads no further than the line that has the last of them."""
    spelled = _spellings(wanted)
    missing = set(wanted)
    for row in _rows(name, source):
        missing -= {spelled.get(member.lower(), member) for member in row}
        if not missing:
            break
    return wanted - missing


def tally(
    name: str, source: Source, columns: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    """Yield, a block at a time, how many selected rows have each combination of the columns' values."""
    test, read = row_test(selection), _reader(needed(selection.where) | frozenset(columns))
    candidates = Candidates(selection)
    for block in blocks(name, source, packing_of(source)):
        lines = (read(block, span) for span in candidates.lines(block.content, line_ends(block.content)))
        rows = (row for row in lines if isinstance(row, dict) and test(row))
        yield Counter(tuple(_cell(row.get(column)) for column in columns) for row in rows)


def measure(name: str, source: Source, selection: Selection, change: Change) -> Counts:
    """Return what the change would do."""
    return sum((each.counts for each in _edited(name, source, packing_of(source), selection, change)), Counts())


def rewrite(name: str, source: Source, selection: Selection, change: Change, least: int) -> Segments:
    """Yield the new object; return what was done. Runs of at least `least` bytes that stay are named, not handed on.

    Raises:
        TerminalFailure: it cannot be unpacked.
        KeyTypeError: a number meets a key that is no whole number.

    """
    packing = packing_of(source)
    if packing is Packing.PLAIN:
        return (yield from segments(_edited(name, source, packing, selection, change), least))
    if not any(each.edits for each in _edited(name, source, packing, selection, change)):
        return measure(name, source, selection, change)
    text = Told(texts(_edited(name, source, packing, selection, change)))
    for content in packed(text, packing):
        yield Fresh(content)
    return text.told


def _edited(name: str, source: Source, packing: Packing, selection: Selection, change: Change) -> Iterator[Edited]:
    """Yield each block with what becomes of it."""
    judge = _judge(selection, change)
    candidates = Candidates(selection)
    number = 1
    for block in blocks(name, source, packing):
        ends = line_ends(block.content)
        lines = candidates.lines(block.content, ends)
        fates = [(span, what) for span in lines if (what := judge(block, span)) is not None]
        yield _with_fates(block, fates, len(ends) - _blank(block.content, ends), number)
        number += len(ends)


def _with_fates(block: Block, fates: list[tuple[Span, Fate]], rows: int, number: int) -> Edited:
    edits: list[Edit] = []
    altered = suppressed = 0
    unclear: list[int] = []
    for span, what in fates:
        match what:
            case Gone(rare):
                suppressed += rare
                edits.append(Edit(*span, b""))
            case Altered(values) if values:
                altered += 1
                edits.append(Edit(*span, _with(block.content[slice(*span)], values)))
            case Altered():
                pass  # it is as it should be already
            case Unclear():
                unclear.append(number + block.content.count(b"\n", 0, span[0]))
            case _:
                assert_never(what)
    return Edited(block, tuple(edits), Counts(rows, len(edits) - altered, altered, suppressed, tuple(unclear)))


def _judge(selection: Selection, change: Change) -> Callable[[Block, Span], Fate | None]:
    """Return what tells the fate of one line; None: it is not selected, or blank."""
    test, decide = row_test(selection), fate(change)
    read = _reader(needed(selection.where) | columns_of(change))

    def judge(block: Block, span: Span) -> Fate | None:
        row = read(block, span)
        if row is None or isinstance(row, Unclear):
            return row
        return decide(row) if test(row) else None

    return judge


def _blank(content: bytes, ends: Ends) -> int:
    """Return how many lines are blank."""
    begins = np.concatenate(([0], ends[:-1]))
    suspects = np.flatnonzero(np.isin(np.frombuffer(content, np.uint8)[begins], _BLANKS))
    return sum(not content[begins[number] : ends[number]].strip() for number in suspects)


# -- lines


def _rows(name: str, source: Source) -> Iterator[dict[str, Any]]:
    """Yield every line that is one clear object."""
    read = _reader(frozenset())
    for block in blocks(name, source, packing_of(source)):
        for span in every_line(line_ends(block.content)):
            row = read(block, span)
            if isinstance(row, dict):
                yield row


def _reader(wanted: frozenset[str]) -> Callable[[Block, Span], dict[str, Any] | Unclear | None]:
    """Return what parses one line, the wanted members under the names that are asked for; None for a blank one."""
    spelled = _spellings(wanted)
    names = [b'"' + name.lower().encode() + b'"' for name in wanted]

    def once(line: bytes) -> bool:
        """Whether no wanted member can be there twice: then the plain parser, which is twice as fast, will do."""
        lowered = line.lower()
        return b"\\u" not in line and all(lowered.count(name) <= 1 for name in names)

    def read(block: Block, span: Span) -> dict[str, Any] | Unclear | None:
        first = block.start == 0 and span[0] == 0
        line = block.content[slice(*span)]
        try:
            text = line.decode().removeprefix(_BOM if first else "")
            if not text.strip():
                return None
            if names and once(line):
                row = json.loads(text)
                if row.keys() >= wanted:
                    return row  # type: ignore[no-any-return]  # an object, or it had no keys
            else:
                row = json.loads(text, object_pairs_hook=_once)
        except (ValueError, RecursionError, AttributeError):  # of the kind of value that has no keys
            return Unclear()  # the parser's own error holds the line
        return _renamed(row, spelled) if isinstance(row, dict) else Unclear()

    return read


def _renamed(row: dict[str, Any], spelled: Mapping[str, str]) -> dict[str, Any] | Unclear:
    other = [(member, spelled[member.lower()]) for member in row if member.lower() in spelled]
    for member, name in other:
        if member != name:
            if name in row:
                return Unclear()  # the same member in two spellings
            row[name] = row.pop(member)
    return row


def _spellings(wanted: frozenset[str]) -> dict[str, str]:
    """Return the names by their lower case; names that differ in case only are compared exactly."""
    lowered = Counter(name.lower() for name in wanted)
    return {name.lower(): name for name in wanted if lowered[name.lower()] == 1}


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a member occurs twice")
    return row


def _with(line: bytes, new: Mapping[str, Value]) -> bytes:
    """Return the line with new values for some members; every other byte stays."""
    text = line.decode()
    parts: list[str] = []
    done = 0
    spelled = _spellings(frozenset(new))
    for member, start, end in _members(text):
        name = spelled.get(member.lower(), member)
        if name in new:
            parts += [text[done:start], json.dumps(new[name], ensure_ascii=False)]
            done = end
    return "".join([*parts, text[done:]]).encode()


def _members(text: str) -> Iterator[tuple[str, int, int]]:
    """Yield each top-level member of a valid JSON object with where its value starts and ends."""
    decoder = json.JSONDecoder()
    at = text.index("{") + 1
    while text[at := _after_space(text, at)] != "}":
        at = at + 1 if text[at] == "," else at
        member, at = decoder.raw_decode(text, _after_space(text, at))
        start = _after_space(text, _after_space(text, at) + 1)  # + 1: the colon
        _, at = decoder.raw_decode(text, start)
        yield member, start, at


def _after_space(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at


def _cell(value: Any) -> Value:  # noqa: ANN401 -- any JSON value
    return json.dumps(value, ensure_ascii=False, sort_keys=True) if isinstance(value, list | dict) else value


def _value_type(value: Any) -> ColumnType | None:  # noqa: ANN401 -- any JSON value
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
        case _:
            return ColumnType.OTHER
