"""Page headers at a glance: the few numbers of one of the usual form, without a tree of all that it says.

A chunk has dozens of pages and a change touches one or two of them, so of most headers only the numbers are needed.
What is of another form is left to `thrift`, which also says what is wrong with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from connectors.lake.surgery.fields import Data, DataV2, Header, PageType
from connectors.lake.surgery.thrift import BINARY, FALSE, I32, I64, STRUCT, TRUE

_PARTICULAR: Final = {PageType.DATA: Header.DATA, PageType.DICTIONARY: Header.DICTIONARY, PageType.DATA_V2: 8}
_NEEDED: Final = {PageType.DATA: range(1, 5), PageType.DICTIONARY: range(1, 3), PageType.DATA_V2: range(1, 7)}
_STATISTICS: Final = {PageType.DATA: Data.STATISTICS, PageType.DATA_V2: DataV2.STATISTICS}
_DEEP: Final = 2
_MORE: Final = 0x80
_LOW: Final = 0x7F
_LONGEST: Final = 35


@dataclass(frozen=True, slots=True)
class Glance:
    """The numbers of one page header."""

    length: int
    """Of the header itself, in bytes."""
    kind: int
    uncompressed: int
    compressed: int
    entries: int
    encoding: int
    rows: int | None
    """How many rows begin in the page, where its kind says so."""


def glance(data: bytes) -> Glance | None:
    """Return the numbers of the page header that `data` begins with; None if one has to look closer."""
    try:
        return _glance(data)
    except IndexError:
        return None


def _glance(data: bytes) -> Glance | None:
    header: dict[int, int] = {}
    about: dict[int, int] = {}
    particulars: list[int] = []
    fields: list[int] = []
    at = field = 0
    while True:
        head = data[at]
        at += 1
        if head == 0:
            if not fields:
                return _numbers(at, header, about, particulars)
            field = fields.pop()
            continue
        kind, step = head & 15, head >> 4
        field += step
        if kind in (I32, I64) and step:
            number, at = _varint(data, at)
            if kind == I32 and len(fields) < _DEEP:
                (about if fields else header)[field] = (number >> 1) ^ -(number & 1)
        elif kind == BINARY and step and len(fields) >= _DEEP:
            length, at = _varint(data, at)
            at += length
        elif kind == STRUCT and step:
            if not fields:
                particulars.append(field)
            fields.append(field)
            field = 0
        elif kind not in (TRUE, FALSE) or not step:
            return None


def _varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & _LOW) << shift
        if byte < _MORE or shift > _LONGEST:
            return number, at
        shift += 7


def _numbers(length: int, header: dict[int, int], about: dict[int, int], particulars: list[int]) -> Glance | None:
    kind = header.get(Header.TYPE, -1)
    if particulars != [_PARTICULAR.get(kind)] or _STATISTICS.get(kind) in about:
        return None
    unpacked, size = header.get(Header.UNCOMPRESSED, -1), header.get(Header.COMPRESSED, -1)
    if min(unpacked, size, *(about.get(number, -1) for number in _NEEDED[kind])) < 0:
        return None
    second = kind == PageType.DATA_V2
    encoding = about[DataV2.ENCODING if second else Data.ENCODING]
    return Glance(length, kind, unpacked, size, about[Data.VALUES], encoding, about[DataV2.ROWS] if second else None)
