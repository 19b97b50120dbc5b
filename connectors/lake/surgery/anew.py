"""Columns of one row group decoded, changed and encoded by Arrow.

Two things cost more than all else and are spared where that is right. Texts with a dictionary stay numbers. And least
and greatest values are not sought anew: those of the old chunk hold still, unless they name a value that went.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from connectors.lake import arrays
from connectors.lake.segments import Source
from connectors.lake.surgery.bounds import names, statistics_name, texts_name, with_bounds, with_nulls
from connectors.lake.surgery.column import decoded, from_start
from connectors.lake.surgery.edit import NO_ROWS, GroupEdit, flagged
from connectors.lake.surgery.encode import Lifted, UnfaithfulColumnError, bounds_of, encoded, is_numbered
from connectors.lake.surgery.fields import Chunk, Group, Meta, PageType, Physical
from connectors.lake.surgery.footer import Footer, meta_of, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.leaves import Dictionaries, compacted, leaves_in, plain_nesting
from connectors.lake.surgery.pages import ChunkBytes, walk
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import Struct, get, items
from connectors.lake.surgery.values import dtype_of
from retention.errors import TerminalFailure

_WIDE: Final = {4: pa.int32(), 8: pa.int64()}


@dataclass(slots=True)
class _Leaf:
    """What is known of a leaf's values before it is encoded; its statistics will be the old ones, put right."""

    column: int
    """Which of the table's."""
    place: int
    """Which leaf of that column."""
    lost: pa.ChunkedArray
    """Entries of rows that went or were emptied."""
    dictionaries: Dictionaries | None = None


class Anew:
    """One row group, of which some columns are encoded anew. `bounds_dropped` counts chunks that lost theirs."""

    def __init__(self, source: Source, footer: Footer, group: Struct, edit: GroupEdit) -> None:
        """Read nothing yet."""
        self._source, self._footer, self._group, self._edit = source, footer, group, edit
        self.bounds_dropped = 0

    def chunks(self, tops: Sequence[int], trimmed: Collection[int] = ()) -> dict[int, Lifted]:
        """Return the new chunks of these columns' leaves, but of those that are trimmed; one writer makes all of them.

        Raises:
            UnfaithfulColumnError: they would be of another type.
            pyarrow.ArrowException, OSError: they cannot be decoded.

        """
        leaves = [leaf for top in tops for leaf in self._footer.leaves_of(top)]
        chunks = {leaf: self._bytes(leaf) for leaf in leaves}
        first = _first_header(chunks[leaves[0]][1])
        numbered = [leaf for leaf, (meta, _) in chunks.items() if is_numbered(meta)]
        old = self._decoded(tops, chunks, numbered)
        chunks.clear()
        known = self._known(old, tops)
        new = self._changed(old)
        dictionaries: dict[int, Dictionaries] = {}
        for number, top in enumerate(tops):
            if any(pa.types.is_dictionary(leaf.type) for leaf in _leaves(old.column(number))):
                column, found = compacted(new.column(number))
                new = new.set_column(number, new.schema.field(number), column)
                dictionaries |= dict(zip(self._footer.leaves_of(top), found, strict=True))
        del old
        for leaf, about in known.items():
            about.dictionaries = dictionaries.get(leaf)
        made = encoded(
            new, self._footer, self._group, tops, first=first, numbered=numbered, known=known, unused=trimmed
        )
        lifted = [(leaf, chunk) for leaf, chunk in zip(leaves, made, strict=True) if leaf not in trimmed]
        return {leaf: self._told(leaf, chunk, known.get(leaf), new) for leaf, chunk in lifted}

    # -- from chunks to a changed table

    def _decoded(
        self, tops: Sequence[int], chunks: Mapping[int, tuple[Struct, bytes]], numbered: Sequence[int]
    ) -> pa.Table:
        texts = [leaf for leaf in numbered if self._stays_numbers(leaf)]
        table = decoded(self._footer, tops, self._edit.rows, chunks, numbered=texts)
        if texts and not all(map(plain_nesting, table.schema.types)):
            return decoded(self._footer, tops, self._edit.rows, chunks)
        return table

    def _bytes(self, leaf: int) -> tuple[Struct, bytes]:
        meta = meta_of(self._group, leaf)
        return from_start(meta), self._source.read(*span(meta))

    def _stays_numbers(self, leaf: int) -> bool:
        """Whether texts with a dictionary need not be spelled: it is sure that all have it, and only rows go."""
        meta, about = meta_of(self._group, leaf), self._footer.leaves[leaf]
        texts = about.physical == Physical.BYTES and not about.decimal
        return texts and Meta.ENCODING_STATS in meta and Meta.BLOOM not in meta and not self._changes(about.top)

    def _changes(self, top: int) -> bool:
        return any(self._edit.changes(self._footer.leaves[leaf]) for leaf in self._footer.leaves_of(top))

    def _changed(self, table: pa.Table) -> pa.Table:
        for index, column in enumerate(table.column_names):
            new = table.column(index)
            if column in self._edit.mapped:
                old_type = new.type
                new = pa.chunked_array([self._edit.mapped[column](_whole(new))])
                if new.type != old_type or len(new) != table.num_rows:
                    raise TerminalFailure(f"column {column}: expected values of type {old_type}, found {new.type}")
            rows = self._edit.emptied.get(column, NO_ROWS)
            if len(rows):
                if not table.field(index).nullable:
                    raise TerminalFailure(f"column {column} is required and cannot be emptied")
                new = pc.if_else(arrays.flags(flagged(table.num_rows, rows)), arrays.nothing(new.type), new)
            if new is not table.column(index):
                table = table.set_column(index, table.field(index), new)
        self._refuse_inner(table)
        return self._edit.staying.rows_of(table) if len(self._edit.gone) else table

    def _refuse_inner(self, table: pa.Table) -> None:
        for column, rows in self._edit.emptied.items():
            top = column.split(".", 1)[0]
            if len(rows) and column not in table.column_names and top in table.column_names:
                raise UnfaithfulColumnError(f"column {column}: part of a column whose pages cannot be taken apart")

    # -- statistics

    def _known(self, table: pa.Table, tops: Sequence[int]) -> dict[int, _Leaf]:
        """Return the leaves whose old statistics can be put right; Arrow counts those of the others."""
        known: dict[int, _Leaf] = {}
        for column, top in enumerate(tops):
            name, leaves = table.column_names[column], self._footer.leaves_of(top)
            kind = table.schema.types[column]
            if name in self._edit.mapped or not plain_nesting(kind) or not all(map(self._tells, leaves)):
                continue
            rows = np.concatenate([self._edit.gone, self._edit.emptied.get(name, NO_ROWS)])
            lost = list(leaves_in(table.column(column).take(arrays.numbers(rows))))
            if len(lost) == len(leaves) and all(map(_is_comparable, (self._footer.leaves[n] for n in leaves), lost)):
                known |= {leaf: _Leaf(column, place, lost[place]) for place, leaf in enumerate(leaves)}
        return known

    def _tells(self, leaf: int) -> bool:
        """Whether a chunk has statistics, and none of its pages' that would have to be counted anyway."""
        chunk = items(self._group, Group.CHUNKS)[leaf]
        return Meta.STATISTICS in get(chunk, Chunk.META) and Chunk.COLUMN_INDEX not in chunk

    def _told(self, leaf: int, chunk: Lifted, known: _Leaf | None, table: pa.Table) -> Lifted:
        if known is None:
            return chunk
        meta, about = meta_of(self._group, leaf), self._footer.leaves[leaf]
        old: Struct = get(meta, Meta.STATISTICS)
        lost = known.lost.drop_null()
        new = with_nulls(old, get(chunk.meta, Meta.VALUES) - get(meta, Meta.VALUES) + len(lost))
        if self._named(about, known, lost, old):
            bounds = bounds_of(about, _remaining(known, table))
            self.bounds_dropped += bounds is None
            new = with_bounds(new, bounds)
        return chunk.with_statistics(new)

    def _named(self, leaf: Leaf, known: _Leaf, lost: pa.ChunkedArray, old: Struct) -> bool:
        """Whether the old statistics name a value that went."""
        if known.dictionaries is not None and known.dictionaries.used:
            gone = [part.cast(pa.binary()) for part in known.dictionaries.dead]
        else:
            gone = lost.chunks
        return any(_names(leaf, part, old) for part in gone if len(part))


def _remaining(known: _Leaf, table: pa.Table) -> pa.ChunkedArray:
    """Return values with the bounds of all that stay."""
    if known.dictionaries is not None and known.dictionaries.used:
        return pa.chunked_array(known.dictionaries.used)
    return list(leaves_in(table.column(known.column)))[known.place]


def _names(leaf: Leaf, gone: pa.Array, old: Struct) -> bool:
    if leaf.physical == Physical.BYTES:
        texts = gone.cast(pa.binary())
        return statistics_name(lambda bound, exact: texts_name(texts, bound, exact=exact), old)
    kind = gone.type
    if pa.types.is_integer(kind) and kind.bit_width < 8 * leaf.width:
        gone = gone.cast(_WIDE[leaf.width])
    size = leaf.width * len(gone)
    raw = np.frombuffer(gone.buffers()[1], np.uint8, size, gone.offset * leaf.width).view(dtype_of(leaf))
    return statistics_name(lambda bound, exact: names(leaf, raw, bound, exact=exact), old)


def _is_comparable(leaf: Leaf, values: pa.ChunkedArray) -> bool:
    """Whether Arrow holds the values as Parquet spells them, or nearly."""
    kind = values.type
    if leaf.physical == Physical.BYTES:
        whole = kind.value_type if pa.types.is_dictionary(kind) else kind
        return bool(pa.types.is_string(whole) or pa.types.is_binary(whole)) and not leaf.decimal
    if leaf.decimal or leaf.physical not in (Physical.INT32, Physical.INT64, Physical.FLOAT, Physical.DOUBLE):
        return False
    narrow = pa.types.is_integer(kind) and leaf.width in _WIDE
    return narrow or (pa.types.is_primitive(kind) and kind.bit_width == 8 * leaf.width)


def _leaves(column: pa.ChunkedArray) -> list[Any]:
    return list(leaves_in(column.slice(0, 0))) if plain_nesting(column.type) else []


def _whole(column: pa.ChunkedArray) -> pa.Array:
    return column.chunk(0) if column.num_chunks == 1 else column.combine_chunks()  # which copies even one chunk


def _first_header(content: bytes) -> Struct:
    pages = walk(ChunkBytes(Held(content), 0, len(content)))
    return next(page.header for page in pages if page.kind != PageType.DICTIONARY)
