"""A new column chunk, however it was made: its bytes in order, then what the footer and the indexes say of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Protocol

import pyarrow as pa

from connectors.lake.segments import Fresh, Segment
from connectors.lake.surgery.bounds import Bounds, names, statistics_name, with_bounds, with_nulls
from connectors.lake.surgery.column import FIRST, decoded_leaf
from connectors.lake.surgery.encode import Lifted, bounds_of
from connectors.lake.surgery.fields import ColumnIndex, Meta, OffsetIndex
from connectors.lake.surgery.footer import Footer
from connectors.lake.surgery.order import boundary_order
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import BINARY, I32, I64, LIST, STRUCT, TRUE, Struct, get, items, write_struct
from connectors.lake.surgery.trim import Piece, Trim
from connectors.lake.surgery.values import Raw


@dataclass(frozen=True, slots=True)
class Described:
    """What is said of a chunk; offsets as if it stood at the beginning of a file."""

    meta: Struct
    size: int
    pages: Struct | None
    column_index: bytes | None
    bloom: bytes | None


class NewChunk(Protocol):
    """A chunk that replaces one of the file's."""

    def segments(self) -> Iterator[Segment]:
        """Yield its bytes in order; once."""

    def described(self) -> Described:
        """Return what is said of it, after `segments`."""


class WrittenChunk:
    """A chunk that Arrow encoded."""

    def __init__(self, lifted: Lifted) -> None:
        """Hold the chunk until it is written."""
        self._lifted = lifted
        self._size = len(lifted.content)

    def segments(self) -> Iterator[Segment]:
        """Yield its bytes."""
        yield Fresh(self._lifted.content)

    def described(self) -> Described:
        """Return what Arrow says of it."""
        found = self._lifted
        return Described(found.meta, self._size, found.pages, found.column_index, found.bloom)


class TrimmedChunk:
    """A chunk of which some pages are new."""

    def __init__(self, footer: Footer, leaf: int, meta: Struct, trim: Trim, column_index: Struct | None) -> None:
        """Compute new bounds while new pages are in memory; `trim` has looked at them already."""
        self._footer, self._leaf, self._meta, self._trim = footer, leaf, meta, trim
        self._held = trim.held()
        self.bounds_dropped = False
        self._statistics = self._new_statistics()
        self._column_index = None if column_index is None else self._new_index(column_index)

    def segments(self) -> Iterator[Segment]:
        """Yield its pages."""
        return self._trim.segments()

    def described(self) -> Described:
        """Return what is said of it."""
        trim = self._trim
        left_out = (Meta.BLOOM, Meta.BLOOM_LENGTH, Meta.SIZES, Meta.GEOSPATIAL, Meta.DICTIONARY, Meta.STATISTICS)
        meta = {number: value for number, value in self._meta.items() if number not in left_out}
        meta |= {
            Meta.VALUES: (I64, get(self._meta, Meta.VALUES) - trim.entries_gone),
            Meta.UNCOMPRESSED: (I64, trim.uncompressed),
            Meta.COMPRESSED: (I64, trim.size),
            Meta.DATA: (I64, FIRST + trim.pieces[0].at),
        }
        if trim.dictionary is not None:
            meta[Meta.DICTIONARY] = (I64, FIRST)
        if self._statistics is not None:
            meta[Meta.STATISTICS] = (STRUCT, self._statistics)
        if Meta.ENCODING_STATS in meta:
            meta[Meta.ENCODING_STATS] = (LIST, (STRUCT, self._encoding_stats()))
        index = None if self._column_index is None else write_struct(self._column_index)
        return Described(meta, trim.size, self._pages(), index, None)

    def _encoding_stats(self) -> list[Struct]:
        pages = [piece.page for piece in self._trim.pieces]
        if self._trim.dictionary is not None:
            pages.insert(0, self._trim.dictionary)
        counts = Counter((page.kind, page.encoding) for page in pages)
        return [{1: (I32, kind), 2: (I32, encoding), 3: (I32, n)} for (kind, encoding), n in counts.items()]

    def _pages(self) -> Struct:
        located: list[Struct] = []
        row = 0
        for piece in self._trim.pieces:
            located.append(
                {
                    OffsetIndex.OFFSET: (I64, FIRST + piece.at),
                    OffsetIndex.SIZE: (I32, piece.size),
                    OffsetIndex.FIRST_ROW: (I64, row),
                }
            )
            row += piece.rows
        return {OffsetIndex.PAGES: (LIST, (STRUCT, located))}

    # -- bounds

    def _new_statistics(self) -> Struct | None:
        old = get(self._meta, Meta.STATISTICS)
        if old is None:
            return None
        leaf = self._footer.leaves[self._leaf]
        new = with_nulls(old, self._trim.nulls_more)
        if not any(statistics_name(partial(_named, leaf, gone), old) for gone in self._trim.went):
            return new
        bounds = self._bounds(*self._trim.pieces) if self._held else None
        self.bounds_dropped = bounds is None
        return with_bounds(new, bounds)

    def _bounds(self, *pieces: Piece) -> Bounds | None:
        """Return the bounds of some of the new pages' values."""
        content, data = self._trim.excerpt(*pieces), FIRST + self._trim.dictionary_size
        entries, rows = sum(piece.entries for piece in pieces), sum(piece.rows for piece in pieces)
        meta = {number: value for number, value in self._meta.items() if number != Meta.DICTIONARY}
        meta |= {
            Meta.VALUES: (I64, entries),
            Meta.UNCOMPRESSED: (I64, len(content)),
            Meta.COMPRESSED: (I64, len(content)),
            Meta.DATA: (I64, data),
        }
        if self._trim.dictionary is not None:
            meta[Meta.DICTIONARY] = (I64, FIRST)
        try:
            values = decoded_leaf(self._footer, self._leaf, rows, meta, content)
            return bounds_of(self._footer.leaves[self._leaf], values)
        except (pa.ArrowException, OSError):
            return None

    def _new_index(self, old: Struct) -> Struct | None:
        """Return a column index whose touched pages name only what they have; None if there can be none."""
        empty, least, greatest = items(old, ColumnIndex.NULL_PAGES), items(old, ColumnIndex.MIN), items(old, 3)
        nulls = items(old, ColumnIndex.NULLS)
        rows: list[tuple[bool, bytes, bytes, int]] = []
        changed = False
        for piece in self._trim.pieces:
            number = piece.number
            row = (bool(empty[number] == TRUE), least[number], greatest[number], nulls[number] if nulls else 0)
            if piece.touched:
                new = self._index_row(piece, row)
                if new is None:
                    return None
                changed = changed or new[1:3] != row[1:3]
                row = new
            rows.append(row)
        index: Struct = {
            ColumnIndex.NULL_PAGES: (LIST, (TRUE, [TRUE if row[0] else 2 for row in rows])),
            ColumnIndex.MIN: (LIST, (BINARY, [row[1] for row in rows])),
            ColumnIndex.MAX: (LIST, (BINARY, [row[2] for row in rows])),
            ColumnIndex.ORDER: old[ColumnIndex.ORDER],
        }
        if nulls:
            index[ColumnIndex.NULLS] = (LIST, (I64, [row[3] for row in rows]))
        if changed:
            order = boundary_order(self._footer, self._leaf, [row[1:3] for row in rows if not row[0]])
            index[ColumnIndex.ORDER] = (I32, order)
        return index

    def _index_row(self, piece: Piece, old: tuple[bool, bytes, bytes, int]) -> tuple[bool, bytes, bytes, int] | None:
        if piece.nulls == piece.entries:
            return (True, b"", b"", piece.nulls)
        leaf = self._footer.leaves[self._leaf]
        if not any(names(leaf, piece.went, bound, exact=None) for bound in old[1:3]):
            return (*old[:3], piece.nulls)
        bounds = self._bounds(piece) if self._held else None
        return None if bounds is None else (False, bounds.least, bounds.greatest, piece.nulls)


def _named(leaf: Leaf, gone: Raw, bound: bytes, exact: bool | None) -> bool:  # noqa: FBT001 -- as `statistics_name` calls it
    return names(leaf, gone, bound, exact=exact)
