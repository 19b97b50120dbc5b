"""Which lines of a block may be selected: found by bytes, and never one too few.

A line is left out only when it is proven not to be selected: its member, in every spelling of its name, has a plain
value that is none of the keys. Every line with another spelling (an escape in the name or the value, a number with
a fraction or an exponent, a name in other letters) is a candidate, and whoever asks parses it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias, assert_never

import numpy as np
import numpy.typing as npt

from connectors.lake.keys import as_integer
from retention.model.predicate import (
    AllOf,
    Among,
    AmongTuples,
    AnyOf,
    Before,
    Everything,
    Not,
    Populated,
    Predicate,
    Selection,
)
from retention.model.subject import Key

Span: TypeAlias = tuple[int, int]
"""Where a line begins and ends in its block, its end included."""

Ends: TypeAlias = npt.NDArray[np.int64]
"""Where each line of a block ends."""

_UNSPEAKABLE = re.compile(r'["\\/\n]')
_VALUE = rb'[ \t\r]*:[ \t\r]*("[^"\\\n]*"|-?(?:0|[1-9][0-9]*)(?![0-9.eE])|null|)'
"""A plain value, or nothing: then it is not plain."""
_QUOTE = ord('"')
_NEWLINE = ord("\n")
_WHOLE_NUMBER = re.compile(rb"-?[0-9]+")


@dataclass(frozen=True, slots=True)
class Member:
    """One column, and the plain values of it that make a line a candidate."""

    column: str
    tokens: frozenset[bytes]
    numbers_too: bool
    """Every whole number is one: the keys are none, and the question has to be refused."""
    plain: re.Pattern[bytes] = field(repr=False)
    """The member's name in any case, without escapes, and its value."""
    escaped: re.Pattern[bytes] = field(repr=False)
    """An escape of a letter of its name."""

    def places(self, block: bytes, ends: Ends) -> Iterator[int]:
        """Yield a place in each line that may be selected."""
        values = self.plain.findall(block)
        told = set(filter(self._tells, set(values)) if self.numbers_too else self.tokens.intersection(values))
        told |= {b""}.intersection(values)
        if told:
            yield from self._places_of(told, values, block, ends)
        if b"\\u" in block:
            yield from (match.start() for match in self.escaped.finditer(block))

    def _tells(self, value: bytes) -> bool:
        return value in self.tokens or _WHOLE_NUMBER.fullmatch(value) is not None

    def _places_of(self, told: set[bytes], values: list[bytes], block: bytes, ends: Ends) -> Iterable[int]:
        """Return where the telling values stand.

        Usually each line has one value: then the number of the value is the line's. That is looked up in the line, and
        so many lines that hold a telling value hold all of them.
        """
        numbers = [number for number, value in enumerate(values) if value in told]
        if len(values) == len(ends):
            starts = [int(ends[number - 1]) if number else 0 for number in numbers]
            lines = zip(starts, numbers, strict=True)
            if all(self.plain.findall(block, start, int(ends[number])) == [values[number]] for start, number in lines):
                return starts
        return (match.start() for match in self.plain.finditer(block) if match[1] in told)


class Candidates:
    """Finds the lines that may be selected."""

    def __init__(self, selection: Selection) -> None:
        """Look at what every selected row must have."""
        wanted = needed_keys(selection.where, selection)
        speakable = wanted is not None and not any(_UNSPEAKABLE.search(column) for column, _ in wanted)
        self._members = [_member(column, keys) for column, keys in wanted or ()] if speakable else None

    def lines(self, block: bytes, ends: Ends) -> Iterator[Span]:
        """Yield the candidates in order, each once; every line where bytes tell nothing."""
        if self._members is None or b"\0" in block:  # a zero byte: not UTF-8 text, so look at all of it
            yield from every_line(ends)
            return
        done = 0
        for at in sorted({at for member in self._members for at in member.places(block, ends)}):
            if at >= done:
                start = block.rfind(b"\n", 0, at) + 1
                done = block.find(b"\n", at) + 1 or len(block)
                yield start, done


def line_ends(block: bytes) -> Ends:
    """Return where each line ends; the last one ends with the block."""
    values = np.frombuffer(block, np.uint8)
    ends: Ends = np.flatnonzero(values == _NEWLINE) + 1
    return ends if block.endswith(b"\n") else np.append(ends, len(block))


def every_line(ends: Ends) -> Iterator[Span]:
    """Yield all lines."""
    start = 0
    for stop in ends.tolist():
        yield start, stop
        start = stop


def _member(column: str, keys: frozenset[Key]) -> Member:
    units = sorted({unit for text in (column.lower(), column.upper()) for unit in _utf16(text)})
    return Member(
        column=column,
        tokens=frozenset(_tokens(keys)),
        numbers_too=any(as_integer(key) is None for key in keys),
        plain=re.compile(_in_any_case(b'"' + column.encode() + b'"') + _VALUE),
        escaped=re.compile(rb"\\u(?i:" + b"|".join(b"%04x" % unit for unit in units) + rb")"),
    )


def _in_any_case(name: bytes) -> bytes:
    """Return a pattern of the name in upper and lower case; it begins with a sign that has no case and is rare.

    The search for a first sign is by far the fastest part of a search.
    """
    at = max((at for at, sign in enumerate(name) if not bytes([sign]).isalpha() and sign != _QUOTE), default=0)
    before, after = re.escape(name[:at]), re.escape(name[at + 1 :])
    first = re.escape(name[at : at + 1])
    return first + (b"(?<=(?i:" + before + b")" + first + b")" if before else b"") + b"(?i:" + after + b")"


def _utf16(text: str) -> Sequence[int]:
    encoded = text.encode("utf-16-be", "surrogatepass")
    return [int.from_bytes(encoded[at : at + 2], "big") for at in range(0, len(encoded), 2)]


def _tokens(keys: Iterable[Key]) -> Iterator[bytes]:
    """Yield every plain spelling of the keys; all others are not plain."""
    for key in keys:
        yield b'"' + str(key).encode(errors="surrogatepass") + b'"'
        number = as_integer(key)
        if number is not None:
            yield b"%d" % number
            if number == 0:
                yield b"-0"


def needed_keys(where: Predicate, selection: Selection) -> list[tuple[str, frozenset[Key]]] | None:
    """Return columns and keys of which every selected row has one; None if there are no such."""
    match where:
        case Among(column, keys):
            return [(column, selection.keys[keys.keyset_id])]
        case AllOf(parts):
            told = [found for part in parts if (found := needed_keys(part, selection)) is not None]
            return min(told, key=lambda found: sum(len(keys) for _, keys in found), default=None)
        case AnyOf(parts):
            every = [needed_keys(part, selection) for part in parts]
            return [each for found in every for each in found or ()] if None not in every else None
        case Everything() | AmongTuples() | Before() | Populated() | Not():
            return None
        case _:
            assert_never(where)
