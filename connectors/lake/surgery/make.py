"""New chunks for some columns of one row group: page by page where few pages are touched, else by Arrow."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from connectors.lake.segments import Source
from connectors.lake.surgery.anew import Anew
from connectors.lake.surgery.chunks import NewChunk, TrimmedChunk, WrittenChunk
from connectors.lake.surgery.edit import NO_ROWS, GroupEdit
from connectors.lake.surgery.encode import UnfaithfulColumnError
from connectors.lake.surgery.fields import Chunk, Encoding, Group, Meta, OffsetIndex, PageType, Physical
from connectors.lake.surgery.footer import DamagedParquetError, Footer, meta_of, rows_of, span
from connectors.lake.surgery.hybrid import CorruptRunsError
from connectors.lake.surgery.memory import after_a_chunk
from connectors.lake.surgery.pages import ChunkBytes, CorruptPageError, UnknownPageError
from connectors.lake.surgery.shape import COLUMN_INDEX, OFFSET_INDEX, checked
from connectors.lake.surgery.thrift import CorruptThriftError, Struct, get, items, read_struct
from connectors.lake.surgery.trim import Cut, Trim

SMALL_GROUP: Final = 100_000
"""Rows of a group whose columns are worked on together: below, starting a writer costs more than it does."""
MANY: Final = 0.25
"""Share of a column's pages beyond which encoding all of it costs less than surgery."""
_PAGE: Final = 1 << 20
"""Bytes of a page, where nothing is said of pages: what most writers aim at."""
_LARGEST: Final = 128 << 20
"""Uncompressed bytes of a column that may be held in memory as an Arrow array."""
_DEPENDENT: Final = frozenset({Encoding.DELTA_BINARY, Encoding.DELTA_LENGTH, Encoding.DELTA_BYTES})


@dataclass(slots=True)
class Notes:
    """What was done to the chunks."""

    pages_rewritten: int = 0
    chunks_trimmed: int = 0
    chunks_encoded: int = 0
    blooms_rebuilt: int = 0
    blooms_dropped: int = 0
    bounds_dropped: int = 0
    """Chunks whose least and greatest value are not told any more."""
    column_indexes_dropped: int = 0


def units(footer: Footer, number: int, edit: GroupEdit) -> list[tuple[int, ...]]:
    """Return the top-level columns that change, as parts of work."""
    tops = sorted({leaf.top for index, leaf in enumerate(footer.leaves) if edit.touches(footer, index)})
    small = rows_of(footer.groups[number]) < SMALL_GROUP
    return [tuple(tops)] if small and tops else [(top,) for top in tops]


@dataclass(frozen=True, slots=True)
class Job:
    """One file that is worked on."""

    name: str
    """For messages."""
    source: Source
    footer: Footer
    notes: Notes


def make(job: Job, number: int, edit: GroupEdit, tops: Sequence[int]) -> dict[int, NewChunk]:
    """Return the new chunks of these columns' leaves in a row group.

    Raises:
        DamagedParquetError: pages are not what they claim.
        UnfaithfulColumnError: a column can neither be trimmed nor written back as it was.

    """
    try:
        made = _Maker(job, number, edit).make(tops)
    except (CorruptPageError, CorruptRunsError, CorruptThriftError, KeyError, IndexError, OverflowError) as error:
        raise _damaged(job.name, number, type(error).__name__) from None
    except (pa.ArrowException, OSError) as error:
        raise _damaged(job.name, number, type(error).__name__) from None  # Arrow's own message may repeat a value
    except UnfaithfulColumnError as error:
        raise UnfaithfulColumnError(f"{job.name}: {error.message}") from None
    if edit.rows >= SMALL_GROUP:
        after_a_chunk()
    return made


def _damaged(name: str, number: int, what: str) -> DamagedParquetError:
    return DamagedParquetError(
        f"{name}: row group {number} cannot be read ({what}); the file was not touched",
        hint="restore or remove the object, or narrow the dataset's path",
    )


class _Maker:
    """Works on one row group."""

    def __init__(self, job: Job, number: int, edit: GroupEdit) -> None:
        self._source, self._footer, self._edit, self._notes = job.source, job.footer, edit, job.notes
        self._group = job.footer.groups[number]

    def make(self, tops: Sequence[int]) -> dict[int, NewChunk]:
        made: dict[int, NewChunk] = {}
        rest: list[int] = []
        for top in tops:
            trimmed = self._trimmed(top) if not self._only_by_arrow(top) and not self._dense(top) else None
            if trimmed is None:
                rest.append(top)
            else:
                made |= trimmed
        for alike in self._alike(rest):
            made |= self._encoded_or_trimmed(alike)
        return made

    def _encoded_or_trimmed(self, tops: Sequence[int]) -> dict[int, NewChunk]:
        """Encode the columns; leaves that Arrow would change are taken apart page by page, and lose their filters."""
        try:
            return self._encoded(tops)
        except (UnfaithfulColumnError, pa.ArrowNotImplementedError):
            if len(tops) > 1:
                return {leaf: chunk for top in tops for leaf, chunk in self._encoded_or_trimmed([top]).items()}
            pieces = {} if self._is_mapped(tops[0]) else self._pieces(tops[0])
            if not pieces:
                raise
            whole = pieces.keys() >= set(self._touched(tops[0]))
            return pieces if whole else self._encoded(tops, trimmed=pieces) | pieces

    def _alike(self, tops: Sequence[int]) -> list[list[int]]:
        """Part columns by what one of Arrow's writers does with all of its columns."""
        parts: dict[tuple[bool, bool], list[int]] = {}
        for top in tops:
            leaves = [self._footer.leaves[leaf] for leaf in self._footer.leaves_of(top)]
            old_times = any(leaf.physical == Physical.INT96 for leaf in leaves)
            integers = any(leaf.physical in (Physical.INT32, Physical.INT64) and leaf.decimal for leaf in leaves)
            parts.setdefault((old_times, integers), []).append(top)
        return list(parts.values())

    # -- which way

    def _only_by_arrow(self, top: int) -> bool:
        """Whether the column's pages are not to be taken apart, however few are touched."""
        leaves = self._footer.leaves_of(top)
        if self._is_mapped(top):
            return True
        if any(self._footer.leaves[leaf].physical == Physical.INT96 for leaf in leaves):
            return False  # Arrow's nanoseconds do not reach as far
        return any(Meta.BLOOM in meta_of(self._group, leaf) for leaf in leaves) and self._fits(leaves)

    def _is_mapped(self, top: int) -> bool:
        return self._footer.leaves[self._footer.leaves_of(top)[0]].path[0] in self._edit.mapped

    def _fits(self, leaves: Sequence[int]) -> bool:
        return all(get(meta_of(self._group, leaf), Meta.UNCOMPRESSED) <= _LARGEST for leaf in leaves)

    def _dense(self, top: int) -> bool:
        """Whether so many pages are touched that the whole column is better encoded anew."""
        leaves = self._footer.leaves_of(top)
        if any(self._footer.leaves[leaf].physical == Physical.INT96 for leaf in leaves) or not self._fits(leaves):
            return False
        return any(map(self._many_pages, leaves))

    def _many_pages(self, leaf: int) -> bool:
        meta = meta_of(self._group, leaf)
        entries = items(meta, Meta.ENCODING_STATS)
        told = sum(get(entry, 3) for entry in entries if get(entry, 1) != PageType.DICTIONARY)
        count = told or 1 + get(meta, Meta.UNCOMPRESSED) // _PAGE
        per_page = max(1, self._edit.rows // count)
        emptied, _ = self._edit.emptied_in(self._footer.leaves[leaf]) or (NO_ROWS, 0)
        edges = np.arange(0, self._edit.rows + per_page, per_page)
        touched = sum(np.diff(rows.searchsorted(edges)) for rows in (self._edit.gone, emptied))
        return bool(np.count_nonzero(touched) > MANY * count)

    # -- page by page

    def _trimmed(self, top: int) -> dict[int, NewChunk] | None:
        """Return the column's chunks with new pages; None if its pages cannot be taken apart."""
        try:
            return {leaf: self._trim(leaf) for leaf in self._touched(top)}
        except UnknownPageError:
            return None

    def _pieces(self, top: int) -> dict[int, NewChunk]:
        """Return new chunks of those of its leaves whose pages can be taken apart."""
        found: dict[int, NewChunk] = {}
        for leaf in self._touched(top):
            with suppress(UnknownPageError):
                found[leaf] = self._trim(leaf)
        return found

    def _touched(self, top: int) -> list[int]:
        return [leaf for leaf in self._footer.leaves_of(top) if self._edit.touches(self._footer, leaf)]

    def _trim(self, leaf: int) -> NewChunk:
        meta, about = meta_of(self._group, leaf), self._footer.leaves[leaf]
        chunk = items(self._group, Group.CHUNKS)[leaf]
        if _DEPENDENT & set(get(meta, Meta.ENCODINGS)[1]):
            raise UnknownPageError("values that depend on one another")
        emptied, level = self._edit.emptied_in(about) or (NO_ROWS, 0)
        if level < 0:
            raise UnknownPageError("a column that cannot be null")
        index = self._column_index(chunk)
        trim = Trim(
            ChunkBytes(self._source, *span(meta)),
            get(meta, Meta.CODEC),
            about,
            Cut(self._edit.gone, emptied, level),
            self._edit.rows,
            indexed=index is not None,
        )
        trim.prepare(self._first_rows(chunk) if about.max_repetition else None)
        made = TrimmedChunk(self._footer, leaf, meta, trim, index)
        self._notes.chunks_trimmed += 1
        self._notes.pages_rewritten += sum(piece.touched for piece in trim.pieces)
        self._notes.bounds_dropped += made.bounds_dropped
        return made

    def _column_index(self, chunk: Struct) -> Struct | None:
        if Chunk.COLUMN_INDEX not in chunk:
            return None
        at = get(chunk, Chunk.COLUMN_INDEX)
        return checked(read_struct(self._source.read(at, at + get(chunk, Chunk.COLUMN_INDEX_LENGTH)))[0], COLUMN_INDEX)

    def _first_rows(self, chunk: Struct) -> list[int] | None:
        if Chunk.OFFSET_INDEX not in chunk:
            return None
        at = get(chunk, Chunk.OFFSET_INDEX)
        pages = checked(read_struct(self._source.read(at, at + get(chunk, Chunk.OFFSET_INDEX_LENGTH)))[0], OFFSET_INDEX)
        return [get(page, OffsetIndex.FIRST_ROW) for page in items(pages, OffsetIndex.PAGES)]

    # -- by Arrow

    def _encoded(self, tops: Sequence[int], trimmed: Collection[int] = ()) -> dict[int, NewChunk]:
        anew = Anew(self._source, self._footer, self._group, self._edit)
        found = anew.chunks(tops, trimmed)
        self._notes.chunks_encoded += len(found)
        self._notes.bounds_dropped += anew.bounds_dropped
        return {leaf: WrittenChunk(chunk) for leaf, chunk in found.items()}
