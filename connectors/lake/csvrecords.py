"""Records of delimited text (RFC 4180): where each begins and ends, and its cells; quoted cells may hold line ends."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from connectors.lake.blocks import Block
from retention.errors import TerminalFailure

_QUOTE, _NEWLINE, _RETURN = ord('"'), ord("\n"), ord("\r")
_LONGEST = 64 << 20
_WHOLE = re.compile(r"-?(?:0|[1-9][0-9]*)")
_BROKEN = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][+-]?[0-9]+)?")
_NEEDS_QUOTES = re.compile(r'["\r\n]')

Cell = str | None
"""None: nothing stands between the delimiters; `""` is an empty text."""
Typed = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Records:
    """A block of whole records."""

    block: Block
    ends: npt.NDArray[np.int64]
    """Where each record ends."""

    def spans(self) -> Iterator[tuple[int, int]]:
        """Yield where each record begins and ends."""
        start = 0
        for stop in self.ends.tolist():
            yield start, stop
            start = stop


def records(name: str, blocks: Iterable[Block], delimiter: str) -> Iterator[Records]:
    """Yield blocks that end where a record ends.

    Raises:
        TerminalFailure: a quote stands where none may, so nobody can tell where records end.

    """
    rest, start = b"", 0
    for block in blocks:
        content = rest + block.content
        ends = _ends(name, content, delimiter)
        cut = int(ends[-1]) if len(ends) else 0
        if cut:
            yield Records(Block(start, content[:cut]), ends)
        rest, start = content[cut:], start + cut
        if len(rest) > _LONGEST:
            raise TerminalFailure(f"{name}: a record is longer than {_LONGEST} bytes; a quote may never be closed")
    if rest:
        if rest.count(b'"') % 2:
            raise TerminalFailure(f"{name}: a quote is opened and never closed")
        yield Records(Block(start, rest), np.array([len(rest)]))


def _ends(name: str, content: bytes, delimiter: str) -> npt.NDArray[np.int64]:
    values = np.frombuffer(content, np.uint8)
    newlines = np.flatnonzero(values == _NEWLINE)
    if b'"' not in content:
        return newlines + 1
    quotes = np.flatnonzero(values == _QUOTE)
    _refuse_stray(name, values, quotes, ord(delimiter))
    outside: npt.NDArray[np.int64] = newlines[np.searchsorted(quotes, newlines) % 2 == 0] + 1
    return outside


def _refuse_stray(name: str, values: npt.NDArray[np.uint8], quotes: npt.NDArray[np.int64], delimiter: int) -> None:
    """Refuse a quote that opens in the middle of a cell, or closes before its end."""
    opening, closing = quotes[0::2], quotes[1::2]
    before = values[opening - 1]
    begins = (opening == 0) | np.isin(before, (delimiter, _NEWLINE, _QUOTE)) | (opening == len("\ufeff".encode()))
    inner = closing[closing + 1 < len(values)]
    ends = np.isin(values[inner + 1], (delimiter, _NEWLINE, _RETURN, _QUOTE))
    if not begins.all() or not ends.all():
        raise TerminalFailure(
            f"{name}: a quote stands inside a cell that is not quoted, so nobody can tell where records end",
            hint="write the file again with such cells quoted",
        )


def cells(record: bytes, delimiter: str) -> list[tuple[Cell, int, int]]:
    """Return a record's cells, each with where its bytes begin and end.

    Raises:
        ValueError: it is not UTF-8.

    """
    sign, at = delimiter.encode(), 0
    found: list[tuple[Cell, int, int]] = []
    stop = len(record.rstrip(b"\r\n"))
    while True:
        if record[at : at + 1] == b'"':
            end = at + 1
            while record[end : end + 2] == b'""' or record[end : end + 1] != b'"':
                end += 2 if record[end : end + 1] == b'"' else 1
            end += 1
            found.append((record[at + 1 : end - 1].replace(b'""', b'"').decode(), at, end))
        else:
            end = record.find(sign, at, stop)
            end = stop if end < 0 else end
            found.append((record[at:end].decode() or None, at, end))
        if end >= stop:
            return found
        at = end + 1


def typed(cell: Cell) -> Typed:
    """Return a cell that spells a number or a truth value in the one usual way as that; `007` stays text."""
    if cell is None or not cell:
        return cell
    if _WHOLE.fullmatch(cell):
        return int(cell)
    if _BROKEN.fullmatch(cell):
        return float(cell)
    return {"true": True, "false": False}.get(cell, cell)


def written(value: object, delimiter: str) -> bytes:
    """Return a value as a cell's bytes."""
    if value is None:
        return b""
    if isinstance(value, bool):
        return b"true" if value else b"false"
    text = value.isoformat() if isinstance(value, date) else str(value)
    if not text or delimiter in text or _NEEDS_QUOTES.search(text):
        return b'"' + text.replace('"', '""').encode() + b'"'
    return text.encode()
