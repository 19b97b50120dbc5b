"""JSON Lines, plain or gzipped: every line is parsed; a line that stays is written back byte for byte.

Nothing is found by searching bytes: an escape, an exponent or another spelling would be
missed, and a missed row is a failed erasure. Of a line that changes, the members that do not
change keep their bytes. What is not clear (invalid JSON, a member twice, no object) stops it.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import IO, Any

from connectors.lake.change import Altered, Change, Counts, Gone, fate
from connectors.lake.predicate import row_test
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType
from retention.model.predicate import Selection
from retention.model.transform import Value

_GZIP = b"\x1f\x8b"
_BOM = "\ufeff"
_LONGEST_LINE = 64 << 20
_BATCH = 10_000
_SPACE = re.compile(r"[ \t\r\n]*")


def describe(name: str, file: IO[bytes]) -> dict[str, ColumnType]:
    """Return every member that occurs in the file, with the type all its values have.

    A text member whose every value is an ISO 8601 date or instant is a DATE or INSTANT; mixed
    values make OTHER, or NUMBER for whole and broken numbers.
    """
    found: dict[str, ColumnType | None] = {}
    with _opened(name, file) as source:
        for _, row in _lines(name, source):
            for member, value in (row or {}).items():
                found[member] = _joined(found.get(member), _value_type(value))
    return {member: kind or ColumnType.OTHER for member, kind in found.items()}


def tally(
    name: str, file: IO[bytes], columns: Sequence[str], selection: Selection
) -> Iterator[Counter[tuple[Value, ...]]]:
    """Yield, some thousand rows at a time, how many selected rows have each combination of the columns' values."""
    test = row_test(selection)
    with _opened(name, file) as source:
        chosen = (row for _, row in _lines(name, source) if row is not None and test(row))
        while batch := list(islice(chosen, _BATCH)):
            yield Counter(tuple(_cell(row.get(column)) for column in columns) for row in batch)


def measure(name: str, file: IO[bytes], selection: Selection, change: Change) -> Counts:
    """Return what the change would do."""
    with _opened(name, file) as source:
        return sum((counts for _, _, counts in _decided(name, source, selection, change)), Counts())


def rewrite(name: str, file: IO[bytes], sink: IO[bytes], selection: Selection, change: Change) -> Counts:
    """Write the file again with the change made; memory is bounded by one line.

    Raises:
        TerminalFailure: a line is not one JSON object; the message has its number, not its content.
        KeyTypeError: a number meets a key that is no whole number.

    """
    total = Counts()
    with _opened(name, file) as source, _written(sink, packed=source is not file) as output:
        for line, new, counts in _decided(name, source, selection, change):
            total += counts
            if new is not None:
                output.write(_with(line, new) if new else line)
    return total


@contextmanager
def _opened(name: str, file: IO[bytes]) -> Iterator[IO[bytes]]:
    packed = file.read(len(_GZIP)) == _GZIP
    file.seek(0)
    if not packed:
        yield file
        return
    try:
        with gzip.open(file, "rb") as source:
            yield source  # type: ignore[misc]  # a GzipFile reads like any binary file
    except (OSError, EOFError) as error:
        raise TerminalFailure(f"{name}: not a gzip file that can be read ({type(error).__name__})") from error


@contextmanager
def _written(sink: IO[bytes], *, packed: bool) -> Iterator[IO[bytes]]:
    if not packed:
        yield sink
        return
    with gzip.GzipFile(filename="", mode="wb", fileobj=sink, mtime=0) as output:
        yield output  # type: ignore[misc]  # same


def _lines(name: str, source: IO[bytes]) -> Iterator[tuple[bytes, dict[str, Any] | None]]:
    """Yield each line with its object; None for a blank line."""
    number = 0
    while line := source.readline(_LONGEST_LINE + 1):
        number += 1
        yield line, _parsed(f"{name} line {number}", line, first=number == 1)


def _parsed(where: str, line: bytes, *, first: bool) -> dict[str, Any] | None:
    if len(line) > _LONGEST_LINE:
        raise TerminalFailure(f"{where}: longer than {_LONGEST_LINE} bytes")
    try:
        text = line.decode().removeprefix(_BOM if first else "")
        if not text.strip():
            return None
        row = json.loads(text, object_pairs_hook=_once)
    except ValueError:
        # the parser's own error holds the line
        raise TerminalFailure(
            f"{where}: expected one JSON object in UTF-8 with each member once, found something else",
            hint="repair the line: what cannot be read cannot be erased",
        ) from None
    if not isinstance(row, dict):
        raise TerminalFailure(f"{where}: expected one JSON object, found {type(row).__name__}")
    return row


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    row = dict(pairs)
    if len(row) != len(pairs):
        raise ValueError("a member occurs twice")
    return row


def _decided(
    name: str, source: IO[bytes], selection: Selection, change: Change
) -> Iterator[tuple[bytes, Mapping[str, Value] | None, Counts]]:
    """Yield each line, its new values (None: it goes; empty: it stays as it is) and what that counts."""
    test, decide = row_test(selection), fate(change)
    for line, row in _lines(name, source):
        if row is None:
            yield line, {}, Counts()
        elif not test(row):
            yield line, {}, Counts(rows=1)
        else:
            match decide(row):
                case Gone(suppressed):
                    yield line, None, Counts(rows=1, gone=1, suppressed=int(suppressed))
                case Altered(values):
                    yield line, values, Counts(rows=1, altered=int(bool(values)))


def _with(line: bytes, new: Mapping[str, Value]) -> bytes:
    """Return the line with new values for some members; every other byte stays."""
    text = line.decode()
    parts: list[str] = []
    done = 0
    for member, start, end in _members(text):
        if member in new:
            parts += [text[done:start], json.dumps(new[member], ensure_ascii=False)]
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
            return _text_type(value)
        case _:
            return ColumnType.OTHER


def _text_type(value: str) -> ColumnType:
    if not re.match(r"\d{4}-\d{2}-\d{2}", value):
        return ColumnType.TEXT
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return ColumnType.TEXT
    return ColumnType.DATE if len(value) == len("2026-11-23") else ColumnType.INSTANT


def _joined(one: ColumnType | None, other: ColumnType | None) -> ColumnType | None:
    if one is None or other is None or one is other:
        return one or other
    kinds = {one, other}
    if kinds <= {ColumnType.INTEGER, ColumnType.NUMBER}:
        return ColumnType.NUMBER
    if kinds <= {ColumnType.TEXT, ColumnType.DATE, ColumnType.INSTANT}:
        return ColumnType.TEXT
    return ColumnType.OTHER
