"""The pages of one column chunk: found, unpacked into levels and values, and packed again."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pyarrow as pa

from connectors.lake.segments import Source
from connectors.lake.surgery import hybrid
from connectors.lake.surgery.fields import CODECS, Data, DataV2, Dictionary, Encoding, Header, PageType
from connectors.lake.surgery.glance import Glance, glance
from connectors.lake.surgery.held import FileSource, Held
from connectors.lake.surgery.hybrid import Numbers
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import I32, STRUCT, CorruptThriftError, Struct, get, read_struct, write_struct

SMALL_CHUNK: Final = 16 << 20
"""Bytes of a chunk that is read and rewritten in one piece; a larger one goes page by page."""
_WINDOW: Final = 4 << 20
_SHORT_HEADER: Final = 512
_LONG_HEADER: Final = 1 << 20
_LENGTH: Final = 4
_SIGN: Final = 1 << 31


class CorruptPageError(ValueError):
    """A page is not what its header says."""


class UnknownPageError(ValueError):
    """A page of a kind, or in an encoding, that cannot be taken apart here."""


@dataclass(frozen=True)
class Page:
    """Where a page stands in its chunk, and what its header says."""

    start: int
    body: int
    stop: int
    head: bytes
    """The header as it stands in the file."""
    kind: int
    uncompressed: int
    entries: int
    """Values and nulls; of a dictionary, its values."""
    encoding: int
    rows: int | None
    """How many rows begin in it, where the header says so."""

    @cached_property
    def header(self) -> Struct:
        """Return all that the header says: most pages stay as they are, and nobody asks."""
        return read_struct(self.head)[0]

    @property
    def about(self) -> Struct:
        """Return the part of the header that is particular to its kind."""
        found: Struct = get(self.header, _PARTICULAR[self.kind])
        return found


@dataclass(frozen=True, slots=True)
class Opened:
    """A data page without its compression."""

    content: bytes
    repetition: Numbers | None
    """None: every entry begins a row."""
    definition: Numbers | None
    """None: every entry has a value."""
    values_at: int
    values: int
    """How many entries have a value."""


_PARTICULAR: Final = {PageType.DATA: Header.DATA, PageType.DICTIONARY: Header.DICTIONARY, PageType.DATA_V2: 8}
_NUMBERS: Final = {PageType.DATA: range(1, 5), PageType.DICTIONARY: range(1, 3), PageType.DATA_V2: range(1, 7)}
"""The fields that every page of a kind has, all of them whole numbers."""


class ChunkBytes:
    """The bytes of one chunk: all at once if they are few, else some at a time; of what is at hand, what is asked."""

    def __init__(self, source: Source, start: int, stop: int) -> None:
        """Read [start, stop) of the source."""
        self._source, self.start, self.size = source, start, stop - start
        self._ahead = 0 if isinstance(source, FileSource | Held) else _WINDOW
        self._at, self._held = 0, b""

    @property
    def small(self) -> bool:
        """Whether all of it may be held in memory."""
        return self.size <= SMALL_CHUNK

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop) of the chunk."""
        if not self._at <= start <= stop <= self._at + len(self._held):
            whole = self._ahead and self.small
            self._at, end = (0, self.size) if whole else (start, min(self.size, max(stop, start + self._ahead)))
            self._held = self._source.read(self.start + self._at, self.start + end)
            if len(self._held) != end - self._at:
                raise CorruptPageError("a column that ends too early")
        return self._held[start - self._at : stop - self._at]


def walk(chunk: ChunkBytes) -> Iterator[Page]:
    """Yield the chunk's pages in order.

    Raises:
        CorruptPageError: they do not fill the chunk exactly.
        UnknownPageError: a page of another kind.

    """
    at = 0
    while at < chunk.size:
        page = _page(chunk, at)
        if page.stop > chunk.size:
            raise CorruptPageError("a page that goes beyond its column")
        yield page
        at = page.stop


def _page(chunk: ChunkBytes, at: int) -> Page:
    short = chunk.read(at, min(chunk.size, at + _SHORT_HEADER))
    seen = glance(short)
    if seen is None:
        header, length = _header(chunk, at)
        seen, head = _told(header, length), chunk.read(at, at + length)
    else:
        head = short[: seen.length]
    body = at + seen.length
    return Page(
        at, body, body + seen.compressed, head, seen.kind, seen.uncompressed, seen.entries, seen.encoding, seen.rows
    )


def _told(header: Struct, length: int) -> Glance:
    """Return what a header says that `glance` does not know."""
    kind, unpacked, size = (_number(header, field) for field in (Header.TYPE, Header.UNCOMPRESSED, Header.COMPRESSED))
    if kind not in _PARTICULAR:
        raise UnknownPageError(f"a page of kind {kind}")
    about = _about(header, kind)
    encoding = get(about, DataV2.ENCODING if kind == PageType.DATA_V2 else Data.ENCODING)
    rows = get(about, DataV2.ROWS) if kind == PageType.DATA_V2 else None
    return Glance(length, kind, unpacked, size, get(about, Data.VALUES), encoding, rows)


def _number(struct: Struct, field: int) -> int:
    found = struct.get(field)
    if found is None or found[0] != I32 or found[1] < 0:
        raise CorruptPageError("a page header without one of its numbers")
    return int(found[1])


def _about(header: Struct, kind: int) -> Struct:
    """Return what the header says of a page of that kind, once its numbers are known to be there."""
    found = header.get(_PARTICULAR[kind])
    if found is None or found[0] != STRUCT:
        raise CorruptPageError("a page header without its particulars")
    about: Struct = found[1]
    for field in _NUMBERS[kind]:
        _number(about, field)
    statistics = about.get(DataV2.STATISTICS if kind == PageType.DATA_V2 else Data.STATISTICS, (STRUCT, None))
    if statistics[0] != STRUCT:
        raise CorruptPageError("a page header with statistics that are none")
    return about


def _header(chunk: ChunkBytes, at: int) -> tuple[Struct, int]:
    """Return the page header at `at` and its length: mostly short, with long statistics not."""
    for most in (_SHORT_HEADER, _LONG_HEADER):
        head = chunk.read(at, min(chunk.size, at + most))
        try:
            return read_struct(head)
        except CorruptThriftError:
            if len(head) < most:
                break
    raise CorruptPageError("a page header that cannot be read")


class Packer:
    """Compression of one chunk's pages."""

    def __init__(self, codec: int) -> None:
        """Use the codec of the chunk's metadata."""
        name = CODECS[codec]
        if name == "lz4":
            raise UnknownPageError("LZ4 in Hadoop's framing")
        self._codec = pa.Codec(name) if name else None

    def content(self, page: Page, chunk: ChunkBytes) -> bytes:
        """Return a page's bytes without compression: levels, then values."""
        packed, size = chunk.read(page.body, page.stop), page.uncompressed
        if page.kind == PageType.DATA_V2:
            levels = get(page.about, DataV2.DEFINITION_BYTES, 0) + get(page.about, DataV2.REPETITION_BYTES, 0)
            if not 0 <= levels <= len(packed):
                raise CorruptPageError("levels longer than their page")
            if not get(page.about, DataV2.COMPRESSED, True):
                return packed
            return packed[:levels] + self._unpacked(packed[levels:], size - levels)
        return self._unpacked(packed, size)

    def _unpacked(self, packed: bytes, size: int) -> bytes:
        if self._codec is None:
            return packed
        if size < 0 or size > _SIGN:
            raise CorruptPageError("a page of an impossible size")
        if size == 0:
            return b""
        try:
            content: bytes = self._codec.decompress(packed, decompressed_size=size, asbytes=True)
        except (pa.ArrowException, OSError) as error:
            raise CorruptPageError("a page that cannot be decompressed") from error
        return content

    def packed(self, content: bytes) -> bytes:
        """Return the bytes compressed."""
        if self._codec is None:
            return content
        found: bytes = self._codec.compress(content, asbytes=True)
        return found


def opened(page: Page, content: bytes, leaf: Leaf) -> Opened:
    """Return a data page's levels, and where its values begin.

    Raises:
        CorruptPageError: its levels are not there.
        UnknownPageError: its levels are in an encoding of before 2013.

    """
    count = page.entries
    if page.kind == PageType.DATA_V2:
        repeated, defined = get(page.about, DataV2.REPETITION_BYTES, 0), get(page.about, DataV2.DEFINITION_BYTES, 0)
        spans = (0, repeated), (repeated, repeated + defined)
        values_at = repeated + defined
    else:
        spans, values_at = _spans(page, content, leaf)
    repetition = _levels(content, spans[0], leaf.max_repetition, count, at_most=0)
    definition = _levels(content, spans[1], leaf.max_definition, count, at_most=leaf.max_definition)
    values = count if definition is None else int(np.count_nonzero(definition == leaf.max_definition))
    return Opened(content, repetition, definition, values_at, values)


def _spans(page: Page, content: bytes, leaf: Leaf) -> tuple[tuple[tuple[int, int], tuple[int, int]], int]:
    at = 0
    found: list[tuple[int, int]] = []
    for most, field in ((leaf.max_repetition, Data.REPETITION), (leaf.max_definition, Data.DEFINITION)):
        if not most:
            found.append((at, at))
            continue
        if get(page.about, field) != Encoding.RLE:
            raise UnknownPageError("levels that are not run lengths")
        start = at + _LENGTH
        at = start + int.from_bytes(content[at:start], "little")
        if at > len(content):
            raise CorruptPageError("levels longer than their page")
        found.append((start, at))
    return (found[0], found[1]), at


def _levels(content: bytes, where: tuple[int, int], most: int, count: int, at_most: int) -> Numbers | None:
    """Return the levels; None if all are `at_most`, which is what most pages have."""
    if most == 0:
        return None
    width = most.bit_length()
    if hybrid.constant(content, *where, width, count) == at_most:
        return None
    return hybrid.decode(content, *where, width, count)


@dataclass(frozen=True, slots=True)
class Content:
    """What a data page holds; levels are None only where `Opened` has None."""

    repetition: Numbers | None
    definition: Numbers | None
    values: bytes
    entries: int
    nulls: int
    rows: int
    """How many rows begin in it."""


def packed_again(page: Page, leaf: Leaf, packer: Packer, new: Content) -> tuple[bytes, int]:
    """Return a data page of the same kind and encoding with new content, and its size without compression.

    Statistics in the header are left out: they could name what went.
    """
    repetition = _level_bytes(new.repetition, leaf.max_repetition, new.entries, otherwise=0)
    definition = _level_bytes(new.definition, leaf.max_definition, new.entries, otherwise=leaf.max_definition)
    about = {**page.about, Data.VALUES: (I32, new.entries)}
    if page.kind == PageType.DATA:
        about.pop(Data.STATISTICS, None)
        levels = [len(part).to_bytes(_LENGTH, "little") + part for part in (repetition, definition) if part]
        body = b"".join([*levels, new.values])
        return _with_body(page.header, about, packer.packed(body), len(body))
    about.pop(DataV2.STATISTICS, None)
    about |= {
        DataV2.NULLS: (I32, new.nulls),
        DataV2.ROWS: (I32, new.rows),
        DataV2.DEFINITION_BYTES: (I32, len(definition)),
        DataV2.REPETITION_BYTES: (I32, len(repetition)),
    }
    values = packer.packed(new.values) if get(about, DataV2.COMPRESSED, True) else new.values
    size = len(repetition) + len(definition) + len(new.values)
    return _with_body(page.header, about, repetition + definition + values, size)


def dictionary_again(page: Page, packer: Packer, content: bytes) -> tuple[bytes, int]:
    """Return a dictionary page with other content of as many values, and its size without compression."""
    about = {field: value for field, value in page.about.items() if field != Dictionary.SORTED}
    return _with_body(page.header, about, packer.packed(content), len(content))


def _level_bytes(levels: Numbers | None, most: int, count: int, otherwise: int) -> bytes:
    """Return levels as runs; nothing where the column has none."""
    if most == 0:
        return b""
    return hybrid.encode(np.full(count, otherwise, np.uint32) if levels is None else levels, most.bit_length())


def _with_body(header: Struct, particular: dict[int, tuple[int, object]], body: bytes, size: int) -> tuple[bytes, int]:
    """Return header and compressed body, and their size without compression; a checksum is kept up if there was one."""
    field = _PARTICULAR[get(header, Header.TYPE)]
    new: Struct = {
        **header,
        Header.UNCOMPRESSED: (I32, size),
        Header.COMPRESSED: (I32, len(body)),
        field: (STRUCT, particular),
    }
    if Header.CRC in header:
        check = zlib.crc32(body)
        new[Header.CRC] = (I32, check - 2 * _SIGN if check >= _SIGN else check)
    head = write_struct(new)
    return head + body, len(head) + size
