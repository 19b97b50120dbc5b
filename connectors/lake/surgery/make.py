"""New chunks for some columns of one row group: page by page where few pages are touched, else by Arrow."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake.segments import Source
from connectors.lake.surgery.chunks import NewChunk, TrimmedChunk, WrittenChunk
from connectors.lake.surgery.column import UnfaithfulColumnError, decoded, encoded, from_start
from connectors.lake.surgery.fields import Chunk, Encoding, Group, Meta, OffsetIndex, PageType, Physical
from connectors.lake.surgery.footer import DamagedParquetError, Footer, Leaf, meta_of, rows_of, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.hybrid import CorruptRunsError
from connectors.lake.surgery.pages import ChunkBytes, CorruptPageError, UnknownPageError, walk
from connectors.lake.surgery.thrift import LIST, STRUCT, CorruptThriftError, Struct, get, items, read_struct
from connectors.lake.surgery.trim import Cut, Rows, Trim
from retention.errors import TerminalFailure

Mapped: TypeAlias = Callable[[Any], Any]
"""From the Arrow array of a column of one row group to another of the same type and length."""

_SMALL_GROUP: Final = 100_000
"""Rows of a group whose columns are worked on together: below, starting a writer costs more than it does."""
_MANY: Final = 0.25
"""Share of a column's pages beyond which encoding all of it costs less than surgery on texts."""
_LARGEST: Final = 128 << 20
"""Uncompressed bytes of a column that may be held in memory as an Arrow array."""
_DEPENDENT: Final = frozenset({Encoding.DELTA_BINARY, Encoding.DELTA_LENGTH, Encoding.DELTA_BYTES})
_NO_ROWS: Final = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class GroupEdit:
    """What becomes of one row group's rows."""

    rows: int
    """How many it has."""
    gone: Rows = field(default_factory=lambda: _NO_ROWS)
    emptied: Mapping[str, Rows] = field(default_factory=dict)
    """By column (dots lead into structs), which rows become null in it; none of them is gone."""
    mapped: Mapping[str, Mapped] = field(default_factory=dict)
    """By top-level column, what makes its new values, before rows go."""

    @property
    def rows_left(self) -> int:
        """Return how many rows stay."""
        return self.rows - len(self.gone)

    def touches(self, footer: Footer, leaf: int) -> bool:
        """Whether a leaf's chunk changes."""
        return len(self.gone) > 0 or self.changes(footer.leaves[leaf])

    def changes(self, leaf: Leaf) -> bool:
        """Whether values of a leaf change, beyond rows that go."""
        return leaf.path[0] in self.mapped or self.emptied_in(leaf) is not None

    def emptied_in(self, leaf: Leaf) -> tuple[Rows, int] | None:
        """Return which of a leaf's rows become null, and at which level; -1 if there is none."""
        for column, rows in self.emptied.items():
            parts = tuple(column.split("."))
            path = parts if leaf.path[: len(parts)] == parts else (column,)
            if len(rows) and leaf.path[: len(path)] == path:
                return rows, _null_level(leaf, len(path) - 1)
        return None

    def unsorted(self, footer: Footer, group: Struct) -> Struct:
        """Return the group without a claim to be sorted by columns that change, or by later ones."""
        sorting = items(group, Group.SORTING)
        kept = []
        for column in sorting:
            if self.changes(footer.leaves[get(column, 1)]):
                break
            kept.append(column)
        if len(kept) == len(sorting):
            return group
        rest = {number: value for number, value in group.items() if number != Group.SORTING}
        return rest | ({Group.SORTING: (LIST, (STRUCT, kept))} if kept else {})


def _null_level(leaf: Leaf, part: int) -> int:
    above = leaf.levels[part - 1] if part else 0
    inside_a_list = part > 0 and leaf.repetitions[part] > 0
    return -1 if leaf.levels[part] == above or inside_a_list else leaf.levels[part] - 1


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
    small = rows_of(footer.groups[number]) < _SMALL_GROUP
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
        return _Maker(job, number, edit).make(tops)
    except (CorruptPageError, CorruptRunsError, CorruptThriftError, KeyError, IndexError, OverflowError) as error:
        raise _damaged(job.name, number, type(error).__name__) from None
    except (pa.ArrowException, OSError) as error:
        raise _damaged(job.name, number, type(error).__name__) from None  # Arrow's own message may repeat a value
    except UnfaithfulColumnError as error:
        raise UnfaithfulColumnError(f"{job.name}: {error.message}") from None


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
            trimmed = self._trimmed(top) if not self._by_arrow(top) else None
            if trimmed is None:
                rest.append(top)
            else:
                made |= trimmed
        for alike in self._alike(rest):
            made |= self._encoded(alike)
        return made

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

    def _by_arrow(self, top: int) -> bool:
        """Whether the column is decoded and encoded as a whole."""
        leaves = self._footer.leaves_of(top)
        if self._footer.leaves[leaves[0]].path[0] in self._edit.mapped:
            return True
        if any(self._footer.leaves[leaf].physical == Physical.INT96 for leaf in leaves):
            return False  # Arrow's nanoseconds do not reach as far
        metas = [meta_of(self._group, leaf) for leaf in leaves]
        if any(get(meta, Meta.UNCOMPRESSED) > _LARGEST for meta in metas):
            return False
        return any(Meta.BLOOM in meta or self._dense_texts(meta) for meta in metas)

    def _dense_texts(self, meta: Struct) -> bool:
        """Whether many pages of plain texts are touched: their values can only be stepped over one by one."""
        if get(meta, Meta.TYPE) != Physical.BYTES:
            return False
        entries = items(meta, Meta.ENCODING_STATS)
        pages = [(get(entry, 2), get(entry, 3)) for entry in entries if get(entry, 1) != PageType.DICTIONARY]
        if all(encoding in (Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY) for encoding, _ in pages) and pages:
            return False
        count = max(1, sum(n for _, n in pages))
        per_page = max(1, self._edit.rows // count)
        return bool(len(np.unique(self._edit.gone // per_page)) > _MANY * count)

    # -- page by page

    def _trimmed(self, top: int) -> dict[int, NewChunk] | None:
        """Return the column's chunks with new pages; None if its pages cannot be taken apart."""
        found: dict[int, NewChunk] = {}
        for leaf in self._footer.leaves_of(top):
            if not self._edit.touches(self._footer, leaf):
                continue
            try:
                found[leaf] = self._trim(leaf)
            except UnknownPageError:
                return None
        return found

    def _trim(self, leaf: int) -> NewChunk:
        meta, about = meta_of(self._group, leaf), self._footer.leaves[leaf]
        chunk = items(self._group, Group.CHUNKS)[leaf]
        if _DEPENDENT & set(get(meta, Meta.ENCODINGS)[1]):
            raise UnknownPageError("values that depend on one another")
        emptied, level = self._edit.emptied_in(about) or (_NO_ROWS, 0)
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
        return read_struct(self._source.read(at, at + get(chunk, Chunk.COLUMN_INDEX_LENGTH)))[0]

    def _first_rows(self, chunk: Struct) -> list[int] | None:
        if Chunk.OFFSET_INDEX not in chunk:
            return None
        at = get(chunk, Chunk.OFFSET_INDEX)
        pages, _ = read_struct(self._source.read(at, at + get(chunk, Chunk.OFFSET_INDEX_LENGTH)))
        return [get(page, OffsetIndex.FIRST_ROW) for page in items(pages, OffsetIndex.PAGES)]

    # -- by Arrow

    def _encoded(self, tops: Sequence[int]) -> dict[int, NewChunk]:
        leaves = [leaf for top in tops for leaf in self._footer.leaves_of(top)]
        chunks = {leaf: self._bytes(leaf) for leaf in leaves}
        first = _first_header(chunks[leaves[0]][1])
        table = self._changed(decoded(self._footer, tops, self._edit.rows, chunks))
        chunks.clear()
        lifted = encoded(table, self._footer, self._group, tops, first)
        self._notes.chunks_encoded += len(lifted)
        return {leaf: WrittenChunk(chunk) for leaf, chunk in zip(leaves, lifted, strict=True)}

    def _bytes(self, leaf: int) -> tuple[Struct, bytes]:
        meta = meta_of(self._group, leaf)
        return from_start(meta), self._source.read(*span(meta))

    def _changed(self, table: pa.Table) -> pa.Table:
        for index, column in enumerate(table.column_names):
            new = table.column(index)
            if column in self._edit.mapped:
                old_type = new.type
                new = pa.chunked_array([self._edit.mapped[column](new.combine_chunks())])
                if new.type != old_type or len(new) != table.num_rows:
                    raise TerminalFailure(f"column {column}: expected values of type {old_type}, found {new.type}")
            rows = self._edit.emptied.get(column, _NO_ROWS)
            if len(rows):
                if not table.field(index).nullable:
                    raise TerminalFailure(f"column {column} is required and cannot be emptied")
                new = pc.if_else(pa.array(_mask(table.num_rows, rows)), pa.scalar(None, new.type), new)
            if new is not table.column(index):
                table = table.set_column(index, table.field(index), new)
        self._refuse_inner(table)
        return table.filter(pa.array(~_mask(table.num_rows, self._edit.gone))) if len(self._edit.gone) else table

    def _refuse_inner(self, table: pa.Table) -> None:
        for column, rows in self._edit.emptied.items():
            top = column.split(".", 1)[0]
            if len(rows) and column not in table.column_names and top in table.column_names:
                raise UnfaithfulColumnError(f"column {column}: part of a column whose pages cannot be taken apart")


def _mask(count: int, rows: Rows) -> np.ndarray[Any, np.dtype[np.bool_]]:
    mask = np.zeros(count, np.bool_)
    mask[rows] = True
    return mask


def _first_header(content: bytes) -> Struct:
    pages = walk(ChunkBytes(Held(content), 0, len(content)))
    return next(page.header for page in pages if page.kind != PageType.DICTIONARY)
