"""Plain byte strings one after the other, each with its length before it: where each begins and ends.

One can only step from one to the next; Arrow does that, as if they were a file of one page.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from connectors.lake.surgery.fields import Chunk, Data, Element, Encoding, File, Group, Header, Meta, Physical
from connectors.lake.surgery.footer import MAGIC
from connectors.lake.surgery.pages import CorruptPageError
from connectors.lake.surgery.thrift import BINARY, I32, I64, LIST, STRUCT, Struct, write_struct

_LENGTH: Final = struct.Struct("<I").unpack_from
_FEW: Final = 300
"""Byte strings up to which stepping is faster than starting a reader."""
_PREFIX: Final = 4


@dataclass(frozen=True, slots=True)
class Texts:
    """Byte strings where they stand."""

    content: bytes
    starts: NDArray[np.int64]
    """Where each begins, behind its length."""
    stops: NDArray[np.int64]

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.starts)

    def pick(self, numbers: Sequence[int]) -> list[bytes]:
        """Return some of them."""
        return [self.content[self.starts[number] : self.stops[number]] for number in numbers]

    def without(self, numbers: Sequence[int]) -> bytes:
        """Return the others, with their lengths; `numbers` ascend."""
        return self.replaced(numbers, None)

    def replaced(self, numbers: Sequence[int], new: Sequence[bytes] | None) -> bytes:
        """Return all, with their lengths, some replaced by others or left out; `numbers` ascend."""
        parts: list[bytes] = []
        at = int(self.starts[0]) - _PREFIX if len(self) else len(self.content)
        for place, number in enumerate(numbers):
            parts.append(self.content[at : self.starts[number] - _PREFIX])
            if new is not None:
                parts.append(len(new[place]).to_bytes(_PREFIX, "little") + new[place])
            at = int(self.stops[number])
        parts.append(self.content[at : self.stops[-1]] if len(self) else b"")
        return b"".join(parts)


def texts_in(content: bytes, at: int, count: int) -> Texts:
    """Return the `count` byte strings that begin at `at`.

    Raises:
        CorruptPageError: there are not so many.

    """
    stops = _stepped(content, at, count) if count <= _FEW else _by_arrow(content, at, count)
    starts = np.concatenate([[at], stops[:-1]]) + _PREFIX if count else stops
    return Texts(content, starts, stops)


def _stepped(content: bytes, at: int, count: int) -> NDArray[np.int64]:
    stops = []
    for _ in range(count):
        if at + _PREFIX > len(content):
            raise CorruptPageError("fewer values than its header says")
        at += _PREFIX + int(_LENGTH(content, at)[0])
        stops.append(at)
    if at > len(content):
        raise CorruptPageError("a value that goes beyond its page")
    return np.array(stops, np.int64)


def _by_arrow(content: bytes, at: int, count: int) -> NDArray[np.int64]:
    values = content[at:]
    about: Struct = {Data.VALUES: (I32, count), Data.ENCODING: (I32, Encoding.PLAIN)}
    about |= {Data.DEFINITION: (I32, Encoding.RLE), Data.REPETITION: (I32, Encoding.RLE)}
    header: Struct = {Header.TYPE: (I32, 0), Header.UNCOMPRESSED: (I32, len(values))}
    header |= {Header.COMPRESSED: (I32, len(values)), Header.DATA: (STRUCT, about)}
    page = write_struct(header)
    try:
        with pq.ParquetFile(
            pa.BufferReader(b"".join([MAGIC, page, values, _end(count, len(page) + len(values))]))
        ) as file:
            column = file.read(use_threads=False).column(0)
    except (pa.ArrowException, OSError):
        raise CorruptPageError("fewer values than its header says") from None
    lengths = np.concatenate([_lengths(chunk) for chunk in column.chunks])
    return at + np.cumsum(lengths + _PREFIX)


def _lengths(chunk: pa.Array) -> NDArray[np.int64]:
    offsets: NDArray[Any] = np.frombuffer(chunk.buffers()[1], np.int32, len(chunk) + 1, chunk.offset * 4)
    return np.diff(offsets).astype(np.int64)


def _end(count: int, size: int) -> bytes:
    """Return the end of a file with one required column of byte strings in one page."""
    meta: Struct = {
        Meta.TYPE: (I32, Physical.BYTES),
        Meta.ENCODINGS: (LIST, (I32, [Encoding.PLAIN])),
        Meta.PATH: (LIST, (BINARY, [b"v"])),
        Meta.CODEC: (I32, 0),
        Meta.VALUES: (I64, count),
        Meta.UNCOMPRESSED: (I64, size),
        Meta.COMPRESSED: (I64, size),
        Meta.DATA: (I64, len(MAGIC)),
    }
    chunk: Struct = {Chunk.OFFSET: (I64, 0), Chunk.META: (STRUCT, meta)}
    group: Struct = {
        Group.CHUNKS: (LIST, (STRUCT, [chunk])),
        Group.BYTES: (I64, size),
        Group.ROWS: (I64, count),
    }
    column: Struct = {
        Element.TYPE: (I32, Physical.BYTES),
        Element.REPETITION: (I32, 0),
        Element.NAME: (BINARY, b"v"),
    }
    root: Struct = {Element.NAME: (BINARY, b"schema"), Element.CHILDREN: (I32, 1)}
    footer = write_struct(
        {
            1: (I32, 1),
            File.SCHEMA: (LIST, (STRUCT, [root, column])),
            File.ROWS: (I64, count),
            File.GROUPS: (LIST, (STRUCT, [group])),
        }
    )
    return footer + len(footer).to_bytes(4, "little") + MAGIC
