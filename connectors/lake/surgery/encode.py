"""From Arrow's arrays to Parquet's chunks: what Arrow writes is lifted out of its file, chunk by chunk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.lake.surgery.bounds import Bounds
from connectors.lake.surgery.column import FIRST, from_start, shifted
from connectors.lake.surgery.fields import (
    CODECS,
    Chunk,
    Encoding,
    Group,
    Header,
    Meta,
    PageType,
    Physical,
    Stats,
)
from connectors.lake.surgery.footer import Footer, meta_of, read_footer, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import STRUCT, Struct, get, items, read_struct
from retention.errors import TerminalFailure

_WRITER_NAMES: Final = {None: "none", "lz4_raw": "lz4"}
_BY_ENCODING: Final = {
    Encoding.DELTA_BINARY: "DELTA_BINARY_PACKED",
    Encoding.DELTA_LENGTH: "DELTA_LENGTH_BYTE_ARRAY",
    Encoding.DELTA_BYTES: "DELTA_BYTE_ARRAY",
    Encoding.STREAM_SPLIT: "BYTE_STREAM_SPLIT",
}
_DATA_PAGES: Final = frozenset({PageType.DATA, PageType.DATA_V2})
_NO_LIMIT: Final = 1 << 30
_FILTER_BYTES: Final = 32
_BITS_A_VALUE: Final = 10.5
"""Of a filter that is wrong once in a hundred: what Arrow's writer computes with."""


@dataclass(frozen=True, slots=True)
class Lifted:
    """A chunk as Arrow wrote it; offsets as if it stood at the beginning of a file."""

    meta: Struct
    content: memoryview
    pages: Struct | None
    """OffsetIndex."""
    column_index: bytes | None
    bloom: bytes | None

    def with_statistics(self, new: Struct) -> Lifted:
        """Return the chunk with other statistics."""
        return replace(self, meta={**self.meta, Meta.STATISTICS: (STRUCT, new)})


class UnfaithfulColumnError(TerminalFailure):
    """Arrow would write the column back as another type or with other nesting."""


def encoded(
    table: pa.Table,
    footer: Footer,
    group: Struct,
    tops: Sequence[int],
    *,
    first: Struct,
    numbered: Collection[int],
    known: Collection[int] = (),
    unused: Collection[int] = (),
) -> list[Lifted]:
    """Return the columns as chunks, with codec, encodings, pages, indexes and filters like those they replace.

    `table` has the columns of `tops` in order; `first` is the header of a data page that they replace.
    `numbered` leaves are written with a dictionary. Of leaves that are `known` no statistics are made.
    What becomes of leaves that are `unused` is no matter.

    Raises:
        UnfaithfulColumnError: they would be of another type.

    """
    leaves = [leaf for top in tops for leaf in footer.leaves_of(top)]
    sink = pa.BufferOutputStream()
    paths = _written_paths(table, leaves)
    options = _like(footer, group, leaves, paths, first)
    by_path = dict(zip(paths, leaves, strict=True))
    with_numbers = [path for path, leaf in by_path.items() if leaf in numbered]
    options |= {
        "use_dictionary": with_numbers or False,
        "column_encoding": {n: e for n, e in options["column_encoding"].items() if n not in with_numbers} or None,
        "write_statistics": [n for n in options["write_statistics"] if by_path[n] not in known] or False,
    }
    with pq.ParquetWriter(sink, table.schema, **options) as writer:
        writer.write_table(table, row_group_size=max(1, table.num_rows))
    lifted = _lift(Held(memoryview(sink.getvalue())))
    for leaf, (written, _) in zip(leaves, lifted, strict=True):
        if leaf not in unused and _shape(written) != _shape(footer.leaves[leaf]):
            name = footer.leaves[leaf].name
            raise UnfaithfulColumnError(f"column {name}: its type would not survive a rewrite; nothing was changed")
    ways = [meta_of(group, leaf)[Meta.PATH] for leaf in leaves]
    return [replace(chunk, meta={**chunk.meta, Meta.PATH: way}) for way, (_, chunk) in zip(ways, lifted, strict=True)]


def bounds_of(leaf: Leaf, values: pa.ChunkedArray) -> Bounds | None:
    """Return least and greatest of a leaf's values as statistics spell them; None where there are none."""
    as_integer = leaf.physical in (Physical.INT32, Physical.INT64)
    try:
        found = pc.min_max(values)
        pair = pa.chunked_array([pa.repeat(found[name], 1) for name in ("min", "max")], values.type)
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, ValueError):
        return None
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, pa.schema([pa.field("v", values.type)]), store_decimal_as_integer=as_integer) as writer:
        writer.write_table(pa.table({"v": pair}))
    (written, chunk), *_ = _lift(Held(memoryview(sink.getvalue())))
    statistics = get(chunk.meta, Meta.STATISTICS, {})
    if Stats.MIN not in statistics or Stats.MAX not in statistics or written.physical != leaf.physical:
        return None
    return Bounds(get(statistics, Stats.MIN), get(statistics, Stats.MAX))


def _shape(leaf: Leaf) -> tuple[int, int, int, int]:
    return leaf.max_definition, leaf.max_repetition, leaf.physical, leaf.length


def _lift(file: Held) -> list[tuple[Leaf, Lifted]]:
    footer = read_footer("a part", file)
    group = footer.groups[0]
    found = []
    for number, (leaf, chunk) in enumerate(zip(footer.leaves, items(group, Group.CHUNKS), strict=True)):
        meta = meta_of(group, number)
        start, stop = span(meta)
        bloom = _bloom(file, meta)
        pages = _indexed(file, chunk, Chunk.OFFSET_INDEX)
        found.append(
            (
                leaf,
                Lifted(
                    {n: v for n, v in from_start(meta).items() if n not in (Meta.BLOOM, Meta.BLOOM_LENGTH)},
                    file.view(start, stop),
                    shifted(read_struct(pages)[0], FIRST - start) if pages else None,
                    _indexed(file, chunk, Chunk.COLUMN_INDEX),
                    bloom,
                ),
            )
        )
    return found


def _indexed(file: Held, chunk: Struct, offset: int) -> bytes | None:
    at = get(chunk, offset)
    return file.read(at, at + get(chunk, offset + 1)) if at else None


def _bloom(file: Held, meta: Struct) -> bytes | None:
    at = get(meta, Meta.BLOOM)
    return file.read(at, at + get(meta, Meta.BLOOM_LENGTH)) if at else None


def _written_paths(table: pa.Table, leaves: Sequence[int]) -> Sequence[str]:
    """Return the paths that Arrow's writer will give the leaves; nested ones may be called otherwise in the file."""
    if len(leaves) == table.num_columns and not any(pa.types.is_nested(kind) for kind in table.schema.types):
        return list(table.column_names)
    return _paths(table.schema)


@lru_cache(maxsize=64)
def _paths(schema: pa.Schema) -> tuple[str, ...]:
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, schema, use_compliant_nested_type=False).close()
    written = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return tuple(written.column(number).path for number in range(len(written)))


def is_numbered(meta: Struct) -> bool:
    """Whether all of a chunk's values are numbers of a dictionary; they stay so: readers may expect it everywhere."""
    return bool(get(meta, Meta.DICTIONARY)) and not overflowed(meta)


def overflowed(meta: Struct) -> bool:
    """Whether a dictionary was begun and given up: later pages are in another encoding."""
    numbered = (Encoding.PLAIN_DICTIONARY, Encoding.RLE_DICTIONARY)
    return any(
        get(entry, 1) in _DATA_PAGES and get(entry, 2) not in numbered for entry in items(meta, Meta.ENCODING_STATS)
    )


def _like(footer: Footer, group: Struct, leaves: Sequence[int], paths: Sequence[str], first: Struct) -> dict[str, Any]:
    metas = dict(zip(paths, (meta_of(group, leaf) for leaf in leaves), strict=True))
    chunks = [items(group, Group.CHUNKS)[leaf] for leaf in leaves]
    codecs = {path: CODECS[get(meta, Meta.CODEC)] for path, meta in metas.items()}
    encodings = {path: name for path, meta in metas.items() if (name := _encoding(meta))}
    blooms = {path: {"ndv": ndv, "fpp": 0.01} for path, meta in metas.items() if (ndv := _distinct(meta))}
    physical = {footer.leaves[leaf].physical for leaf in leaves}
    return {
        "version": "2.6",
        "compression": {path: _WRITER_NAMES.get(name, name) for path, name in codecs.items()},
        "dictionary_pagesize_limit": _NO_LIMIT,
        "column_encoding": encodings,
        "write_statistics": [path for path, meta in metas.items() if Meta.STATISTICS in meta],
        "write_page_index": any(Chunk.OFFSET_INDEX in chunk for chunk in chunks),
        "write_page_checksum": Header.CRC in first,
        "data_page_version": "2.0" if get(first, Header.TYPE) == PageType.DATA_V2 else "1.0",
        "use_deprecated_int96_timestamps": Physical.INT96 in physical,
        "store_decimal_as_integer": any(
            footer.leaves[leaf].decimal and footer.leaves[leaf].physical in (Physical.INT32, Physical.INT64)
            for leaf in leaves
        ),
        "use_compliant_nested_type": False,
        "store_schema": False,
    } | ({"bloom_filter_options": blooms} if blooms else {})


def _encoding(meta: Struct) -> str | None:
    _, encodings = get(meta, Meta.ENCODINGS)
    return next((_BY_ENCODING[encoding] for encoding in encodings if encoding in _BY_ENCODING), None)


def _distinct(meta: Struct) -> int:
    """Return for how many values a filter of the same size is made; 0 without one."""
    size = get(meta, Meta.BLOOM_LENGTH, 0) if Meta.BLOOM in meta else 0
    return int((max(size, 2 * _FILTER_BYTES) - _FILTER_BYTES) * 8 / _BITS_A_VALUE) if size else 0
