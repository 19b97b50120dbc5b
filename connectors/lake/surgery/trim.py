"""Page surgery: rows are left out of a chunk, or emptied in it, and only pages that hold them are written anew.

Pages keep their kind, encoding and codec, and the dictionary keeps its numbers: an entry that nothing
has any more is overwritten with a meaningless one. First all pages are looked at (`prepare`), then the new
chunk comes out page by page (`segments`); new pages wait in memory up to a limit, others are made again.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from connectors.lake.segments import Fresh, Segment, Verbatim
from connectors.lake.surgery import values
from connectors.lake.surgery.fields import PageType
from connectors.lake.surgery.hybrid import Numbers
from connectors.lake.surgery.pages import (
    ChunkBytes,
    Content,
    CorruptPageError,
    Opened,
    Packer,
    Page,
    dictionary_again,
    opened,
    packed_again,
    walk,
)
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.texts import Texts
from connectors.lake.surgery.values import Mask, Numbered, Raw

Rows: TypeAlias = NDArray[np.int64]
"""Numbers of rows within their row group, ascending."""

_HELD: Final = 16 << 20
"""Bytes of new pages of one chunk that wait in memory."""


@dataclass(frozen=True, slots=True)
class Cut:
    """What becomes of one chunk's rows; none is in both."""

    gone: Rows
    emptied: Rows
    null_level: int = 0
    """Definition level of an emptied row."""


@dataclass(slots=True)
class Piece:
    """A data page of the new chunk, and where it came to stand."""

    page: Page
    number: int
    """Which data page of the old chunk."""
    row: int
    """How many rows of the old group begin before it."""
    old_rows: int
    """How many rows began in it."""
    rows: int
    """How many rows begin in it now."""
    entries: int
    touched: bool = False
    new: tuple[bytes, int] | None = None
    """Its bytes and their size without compression, while they are held."""
    nulls: int = 0
    """If touched: how many entries have no value now."""
    went: Raw = ()
    """If touched: values that it has no longer."""
    at: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True)
class _NewPage:
    content: tuple[bytes, int]
    rows: int
    entries: int
    nulls: int
    nulls_more: int
    went: Numbered | values.Spelled


class Trim:
    """One chunk without some rows; what it sums up is known when `segments` has been used up."""

    def __init__(self, chunk: ChunkBytes, codec: int, leaf: Leaf, cut: Cut, rows: int, *, indexed: bool) -> None:
        """Look at nothing yet; `rows` is what the row group has, `indexed` whether its pages' bounds are kept.

        Raises:
            UnknownPageError: the codec cannot be written.

        """
        self.chunk, self.leaf, self._cut, self._rows = chunk, leaf, cut, rows
        self._packer, self._indexed = Packer(codec), indexed
        self._known: NDArray[Any] | Texts | None = None
        self.dictionary: Page | None = None
        self._new_dictionary: tuple[bytes, int] | None = None
        self.pieces: list[Piece] = []
        self.entries_gone = 0
        self.nulls_more = 0
        self.went: list[Raw] = []
        """Values that the chunk may have no longer: statistics must not name them."""
        self.size = 0
        self.uncompressed = 0

    # -- looking

    def prepare(self, first_rows: list[int] | None = None) -> None:
        """Look at the pages and make new ones; `first_rows` is what an offset index knows.

        Raises:
            UnknownPageError: pages that cannot be taken apart.
            CorruptPageError: pages that are not what they claim.

        """
        dropped: list[Numbers] = []
        kept: dict[int, Numbers] = {}
        row = number = held = 0
        for page in walk(self.chunk):
            if page.kind == PageType.DICTIONARY:
                self.dictionary = page
                continue
            begins = self._begins(page, row, number, first_rows)
            piece = Piece(page, number, row, begins, begins, page.entries)
            if self._touches(row, begins):
                held = self._look(piece, held, dropped, kept)
            if piece.entries:
                self.pieces.append(piece)
            row, number = row + begins, number + 1
        if row != self._rows:
            raise CorruptPageError("pages with another number of rows than their group")
        if dropped:
            self._scrub(np.concatenate(dropped), kept)

    def _begins(self, page: Page, row: int, number: int, first_rows: list[int] | None) -> int:
        """Return how many rows begin in the page."""
        if self.leaf.max_repetition == 0:
            return page.entries
        if page.rows is not None:
            return page.rows
        if first_rows is not None and number < len(first_rows):
            after = first_rows[number + 1] if number + 1 < len(first_rows) else self._rows
            return after - row
        repetition = opened(page, self._packer.content(page, self.chunk), self.leaf).repetition
        return page.entries if repetition is None else int(np.count_nonzero(repetition == 0))

    def _touches(self, row: int, rows: int) -> bool:
        first = row - 1 if self.leaf.max_repetition else row  # a row may go on from the page before
        return any(part.searchsorted(first) < part.searchsorted(row + rows) for part in self._both)

    @property
    def _both(self) -> tuple[Rows, Rows]:
        return self._cut.gone, self._cut.emptied

    def _look(self, piece: Piece, held: int, dropped: list[Numbers], kept: dict[int, Numbers]) -> int:
        page = piece.page
        new = self._made(page, piece.row, piece.rows)
        if new is None:
            return held
        piece.touched, piece.nulls = True, new.nulls
        self.entries_gone += page.entries - new.entries
        self.nulls_more += new.nulls_more
        piece.rows, piece.entries = new.rows, new.entries
        if isinstance(new.went, Numbered):
            dropped.append(new.went.dropped)
            kept[page.start] = new.went.kept
            if self._indexed:
                piece.went = self._entries_at(np.setdiff1d(new.went.dropped, new.went.kept))
        else:
            piece.went = new.went.dropped
            self.went.append(new.went.dropped)
        if held + len(new.content[0]) <= _HELD:
            piece.new = new.content
            held += len(new.content[0])
        return held

    # -- a page

    def _made(self, page: Page, row: int, rows: int) -> _NewPage | None:
        """Return the page without the rows; None if none of them is in it after all."""
        old = opened(page, self._packer.content(page, self.chunk), self.leaf)
        keep, empty, begins = self._entries(page, old, row, rows)
        if keep.all() and not empty.any():
            return None
        has = np.ones(page.entries, np.bool_) if old.definition is None else old.definition == self.leaf.max_definition
        stays = (keep & ~empty)[has]
        new_values, went = values.without(self.leaf, page.encoding, old.content, old.values_at, stays)
        definition = old.definition
        if empty.any():
            full = np.full(page.entries, self.leaf.max_definition, np.uint32) if definition is None else definition
            definition = np.where(empty, np.minimum(full, self._cut.null_level), full).astype(np.uint32)
        entries, filled = int(np.count_nonzero(keep)), int(np.count_nonzero(stays))
        new = Content(
            repetition=None if old.repetition is None else old.repetition[keep],
            definition=None if definition is None else definition[keep],
            values=new_values,
            entries=entries,
            nulls=entries - filled,
            rows=int(np.count_nonzero(keep & begins)),
        )
        more = new.nulls - (page.entries - old.values)
        return _NewPage(packed_again(page, self.leaf, self._packer, new), new.rows, entries, new.nulls, more, went)

    def _entries(self, page: Page, old: Opened, row: int, rows: int) -> tuple[Mask, Mask, Mask]:
        """Return which entries stay, which are emptied, and which begin a row."""
        if old.repetition is None:
            return (*self._flat(page.entries, row), np.ones(page.entries, np.bool_))
        begins = old.repetition == 0
        of = np.cumsum(begins)  # 0: goes on from the page before
        gone, empty = np.zeros(rows + 1, np.bool_), np.zeros(rows + 1, np.bool_)
        for flags, part in ((gone, self._cut.gone), (empty, self._cut.emptied)):
            flags[_between(part, row - 1, row + rows) - (row - 1)] = True
        emptied = empty[of]
        return ~gone[of] & (~emptied | begins), emptied, begins

    def _flat(self, entries: int, row: int) -> tuple[Mask, Mask]:
        keep, empty = np.ones(entries, np.bool_), np.zeros(entries, np.bool_)
        keep[_between(self._cut.gone, row, row + entries) - row] = False
        empty[_between(self._cut.emptied, row, row + entries) - row] = True
        return keep, empty

    # -- the dictionary

    def _dictionary_content(self) -> tuple[Page, bytes]:
        if self.dictionary is None:
            raise CorruptPageError("dictionary numbers without a dictionary")
        return self.dictionary, self._packer.content(self.dictionary, self.chunk)

    def _entries_at(self, numbers: Numbers) -> Raw:
        if not len(numbers):
            return ()
        page, content = self._dictionary_content()
        return values.pick(self._dictionary_values(page, content), numbers)

    def _dictionary_values(self, page: Page, content: bytes) -> NDArray[Any] | Texts:
        if self._known is None:
            self._known = values.entries_of(self.leaf, content, page.entries)
        return self._known

    def _scrub(self, candidates: Numbers, kept: dict[int, Numbers]) -> None:
        """Overwrite entries that no value has any more."""
        if not len(candidates):
            return  # only nulls went
        page, content = self._dictionary_content()
        if int(candidates.max()) >= page.entries:
            raise CorruptPageError("a dictionary number beyond the dictionary")
        dead = np.zeros(page.entries, np.bool_)
        dead[candidates] = True
        for piece in sorted(self.pieces, key=lambda piece: not piece.touched):
            if not dead.any():
                return
            if values.is_numbered(piece.page.encoding):
                dead[self._numbers(piece, kept, page.entries)] = False
        numbers = np.flatnonzero(dead).astype(np.uint32)
        if not len(numbers):
            return
        entries = self._dictionary_values(page, content)
        self.went.append(values.pick(entries, numbers))
        self._new_dictionary = dictionary_again(page, self._packer, values.overwritten(self.leaf, entries, numbers))

    def _numbers(self, piece: Piece, kept: dict[int, Numbers], limit: int) -> Numbers:
        found = kept.get(piece.page.start)
        if found is None:
            old = opened(piece.page, self._packer.content(piece.page, self.chunk), self.leaf)
            found = values.numbers(old.content, old.values_at, old.values)
        if len(found) and int(found.max()) >= limit:
            raise CorruptPageError("a dictionary number beyond the dictionary")
        return found

    # -- the new chunk

    def segments(self) -> Iterator[Segment]:
        """Yield the chunk's new bytes, in order."""
        if self.dictionary is not None:
            yield self._emitted(self.dictionary, self._new_dictionary)
        for piece in self.pieces:
            piece.at = self.size
            yield self._emitted(piece.page, self._content(piece) if piece.touched else None)
            piece.size = self.size - piece.at
            piece.new = None

    def held(self) -> bool:
        """Whether the whole new chunk can be had from memory."""
        return self.chunk.small and all(piece.new is not None for piece in self.pieces if piece.touched)

    def excerpt(self, *pieces: Piece) -> bytes:
        """Return the new dictionary and some of the new pages, while they are held."""
        pages: list[tuple[Page, tuple[bytes, int] | None]] = [(piece.page, piece.new) for piece in pieces]
        if self.dictionary is not None:
            pages.insert(0, (self.dictionary, self._new_dictionary))
        return b"".join(self.chunk.read(page.start, page.stop) if new is None else new[0] for page, new in pages)

    @property
    def dictionary_size(self) -> int:
        """Return the bytes of the new dictionary page; 0 without one."""
        if self._new_dictionary is not None:
            return len(self._new_dictionary[0])
        return 0 if self.dictionary is None else self.dictionary.stop - self.dictionary.start

    def _content(self, piece: Piece) -> tuple[bytes, int]:
        if piece.new is not None:
            return piece.new
        new = self._made(piece.page, piece.row, piece.old_rows)
        assert new is not None  # noqa: S101 -- it was touched when it was looked at
        return new.content

    def _emitted(self, page: Page, new: tuple[bytes, int] | None) -> Segment:
        if new is None:
            self.size += page.stop - page.start
            self.uncompressed += page.body - page.start + page.uncompressed
            return Verbatim(self.chunk.start + page.start, self.chunk.start + page.stop)
        self.size += len(new[0])
        self.uncompressed += new[1]
        return Fresh(new[0])


def _between(rows: Rows, first: int, stop: int) -> Rows:
    return rows[rows.searchsorted(first) : rows.searchsorted(stop)]
