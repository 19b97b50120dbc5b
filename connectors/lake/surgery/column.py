"""Between Parquet's chunks and Arrow's arrays: small files in memory that hold some chunks of one row group.

Arrow decodes and encodes; what it writes is lifted out of its file chunk by chunk. Columns are read
without the Arrow schema that a file may carry: as Parquet's own types, which are what is written back.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.lake.surgery.bounds import Bounds
from connectors.lake.surgery.fields import (
    CODECS,
    Chunk,
    Element,
    Encoding,
    File,
    Group,
    Header,
    Meta,
    OffsetIndex,
    PageType,
    Physical,
    Stats,
)
from connectors.lake.surgery.footer import MAGIC, Footer, Leaf, meta_of, read_footer, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.thrift import BINARY, I32, I64, LIST, STRUCT, Struct, get, items, read_struct, write_struct
from retention.errors import TerminalFailure

FIRST: Final = len(MAGIC)
"""Where the first chunk of a file stands: offsets of a chunk without a place count from here."""
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
    content: bytes
    pages: Struct | None
    """OffsetIndex."""
    column_index: bytes | None
    bloom: bytes | None


@dataclass(slots=True)
class _MiniFile:
    """Bytes of a file that is being put together."""

    parts: list[bytes] = field(default_factory=lambda: [MAGIC])
    size: int = len(MAGIC)

    def add(self, content: bytes) -> int:
        """Append, and return where it stands."""
        at = self.size
        self.parts.append(content)
        self.size += len(content)
        return at


class UnfaithfulColumnError(TerminalFailure):
    """Arrow would write the column back as another type or with other nesting."""


def elements_of(footer: Footer, top: int) -> list[Struct]:
    """Return the schema elements of one top-level field, itself first."""
    schema = items(footer.tree, File.SCHEMA)
    at = 1
    for number in range(top + 1):
        begin, open_elements = at, 1
        while open_elements:
            open_elements += (get(schema[at], Element.CHILDREN, 0) or 0) - 1
            at += 1
        if number == top:
            return schema[begin:at]
    raise IndexError(top)


def decoded(
    footer: Footer,
    tops: Sequence[int],
    rows: int,
    chunks: Mapping[int, tuple[Struct, bytes]],
    arrow: pa.Schema | None = None,
) -> pa.Table:
    """Return top-level columns of one row group; `chunks` has metadata (offsets from FIRST) and bytes by leaf.

    With `arrow`, the columns have its types as far as Arrow can give them; else they have Parquet's own.

    Raises:
        pyarrow.ArrowException, OSError: they cannot be decoded.

    """
    elements = [element for top in tops for element in elements_of(footer, top)]
    ordered = [chunks[leaf] for top in tops for leaf in footer.leaves_of(top)]
    return _decoded(footer, elements, rows, ordered, arrow)


def decoded_leaf(footer: Footer, leaf: int, rows: int, meta: Struct, content: bytes) -> pa.ChunkedArray:
    """Return the values of one leaf, without the nesting around it; raises as `decoded` does."""
    way = _way(footer, leaf)
    kept = (Element.TYPE, Element.LENGTH, Element.REPETITION, Element.NAME)
    above = [{n: v for n, v in element.items() if n in kept} | {Element.CHILDREN: (I32, 1)} for element in way[:-1]]
    values = _decoded(footer, [*above, way[-1]], rows, [(meta, content)]).column(0)
    while pa.types.is_nested(values.type):
        values = pc.struct_field(values, [0]) if pa.types.is_struct(values.type) else pc.list_flatten(values)
    return values


def schema_element(footer: Footer, leaf: int) -> Struct:
    """Return a leaf's element of the schema."""
    return _way(footer, leaf)[-1]


def _way(footer: Footer, leaf: int) -> list[Struct]:
    """Return the schema elements from a top-level field down to a leaf."""
    elements = elements_of(footer, footer.leaves[leaf].top)
    wanted = footer.leaves_of(footer.leaves[leaf].top).index(leaf)
    at = seen = 0

    def walk(above: list[Struct]) -> list[Struct] | None:
        nonlocal at, seen
        element = elements[at]
        at += 1
        way = [*above, element]
        children = get(element, Element.CHILDREN, 0) or 0
        if not children:
            seen += 1
            return way if seen == wanted + 1 else None
        found = None
        for _ in range(children):
            found = walk(way) or found
        return found

    return walk([]) or []


def _decoded(
    footer: Footer,
    elements: list[Struct],
    rows: int,
    chunks: list[tuple[Struct, bytes]],
    arrow: pa.Schema | None = None,
) -> pa.Table:
    """Return what a file of these chunks holds; `elements` are its schema below the root."""
    mini = _MiniFile()
    placed: list[Struct] = [
        {Chunk.OFFSET: (I64, 0), Chunk.META: (STRUCT, moved(_bare(meta), mini.add(content) - FIRST))}
        for meta, content in chunks
    ]
    root: Struct = {Element.NAME: (BINARY, b"schema"), Element.CHILDREN: (I32, _fields(elements))}
    group: Struct = {Group.CHUNKS: (LIST, (STRUCT, placed)), Group.BYTES: (I64, mini.size), Group.ROWS: (I64, rows)}
    tree = {number: value for number, value in footer.tree.items() if number not in (File.METADATA, File.ORDERS)}
    tree |= {
        File.SCHEMA: (LIST, (STRUCT, [root, *elements])),
        File.ROWS: (I64, rows),
        File.GROUPS: (LIST, (STRUCT, [group])),
    }
    if arrow is not None:
        entry: Struct = {1: (BINARY, b"ARROW:schema"), 2: (BINARY, b64encode(arrow.serialize().to_pybytes()))}
        tree[File.METADATA] = (LIST, (STRUCT, [entry]))
    end = write_struct(tree)
    mini.parts += [end, len(end).to_bytes(4, "little"), MAGIC]
    with pq.ParquetFile(pa.BufferReader(b"".join(mini.parts)), pre_buffer=False) as file:
        return file.read(use_threads=False)


def _fields(elements: list[Struct]) -> int:
    """Return how many of the elements stand directly below the root."""
    return len(elements) - sum(get(element, Element.CHILDREN, 0) or 0 for element in elements)


def from_start(meta: Struct) -> Struct:
    """Return a chunk's metadata with offsets as if it stood at the beginning of a file."""
    return moved(meta, FIRST - span(meta)[0])


def _bare(meta: Struct) -> Struct:
    left_out = (Meta.STATISTICS, Meta.BLOOM, Meta.BLOOM_LENGTH, Meta.SIZES, Meta.GEOSPATIAL)
    return {number: value for number, value in meta.items() if number not in left_out}


def moved(meta: Struct, by: int) -> Struct:
    """Return a chunk's metadata with offsets of pages that are greater by so many bytes."""
    data = get(meta, Meta.DATA)
    offsets = [Meta.DATA, Meta.INDEX] if data else [Meta.INDEX]
    if 0 < get(meta, Meta.DICTIONARY, 0) < (data or 1 << 63):
        offsets.append(Meta.DICTIONARY)
    without = {Meta.DICTIONARY} - {*offsets}  # 0, or beside the point: some writers put it so for "none"
    return {n: (kind, value + by if n in offsets else value) for n, (kind, value) in meta.items() if n not in without}


def encoded(table: pa.Table, footer: Footer, group: Struct, tops: Sequence[int], first: Struct) -> list[Lifted]:
    """Return the columns as chunks, with codec, encodings, pages, indexes and filters like those they replace.

    `table` has the columns of `tops` in order; `first` is the header of a data page that they replace.

    Raises:
        UnfaithfulColumnError: they would be of another type.

    """
    leaves = [leaf for top in tops for leaf in footer.leaves_of(top)]
    sink = pa.BufferOutputStream()
    options = _like(footer, group, leaves, _written_paths(table, leaves), first)
    with pq.ParquetWriter(sink, table.schema, **options) as writer:
        writer.write_table(table, row_group_size=max(1, table.num_rows))
    lifted = _lift(Held(sink.getvalue().to_pybytes()))
    for leaf, (written, _) in zip(leaves, lifted, strict=True):
        if _shape(written) != _shape(footer.leaves[leaf]):
            name = footer.leaves[leaf].name
            raise UnfaithfulColumnError(f"column {name}: its type would not survive a rewrite; nothing was changed")
    paths = [meta_of(group, leaf)[Meta.PATH] for leaf in leaves]
    found = []
    for path, (_, chunk) in zip(paths, lifted, strict=True):
        found.append(
            Lifted({**chunk.meta, Meta.PATH: path}, chunk.content, chunk.pages, chunk.column_index, chunk.bloom)
        )
    return found


def bounds_of(leaf: Leaf, values: pa.ChunkedArray) -> Bounds | None:
    """Return least and greatest of a leaf's values as statistics spell them; None where there are none."""
    as_integer = leaf.physical in (Physical.INT32, Physical.INT64)
    try:
        found = pc.min_max(values)
        pair = pa.chunked_array([pa.array([found["min"].as_py(), found["max"].as_py()], values.type)])
    except (pa.ArrowNotImplementedError, pa.ArrowInvalid, ValueError):
        return None
    sink = pa.BufferOutputStream()
    with pq.ParquetWriter(sink, pa.schema([pa.field("v", values.type)]), store_decimal_as_integer=as_integer) as writer:
        writer.write_table(pa.table({"v": pair}))
    (written, chunk), *_ = _lift(Held(sink.getvalue().to_pybytes()))
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
                    file.read(start, stop),
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


def shifted(pages: Struct, by: int) -> Struct:
    """Return an OffsetIndex of pages that stand so many bytes further on."""
    kind, locations = get(pages, OffsetIndex.PAGES)
    new = [{**page, OffsetIndex.OFFSET: (I64, get(page, OffsetIndex.OFFSET) + by)} for page in locations]
    return {**pages, OffsetIndex.PAGES: (LIST, (kind, new))}


def _written_paths(table: pa.Table, leaves: Sequence[int]) -> list[str]:
    """Return the paths that Arrow's writer will give the leaves; nested ones may be called otherwise in the file."""
    if len(leaves) == table.num_columns and not any(pa.types.is_nested(kind) for kind in table.schema.types):
        return list(table.column_names)
    sink = pa.BufferOutputStream()
    pq.ParquetWriter(sink, table.schema, use_compliant_nested_type=False).close()
    schema = pq.ParquetFile(pa.BufferReader(sink.getvalue())).schema
    return [schema.column(number).path for number in range(len(schema))]


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
    numbered = [path for path, meta in metas.items() if get(meta, Meta.DICTIONARY) and not overflowed(meta)]
    encodings = {path: name for path, meta in metas.items() if path not in numbered and (name := _encoding(meta))}
    blooms = {path: {"ndv": ndv, "fpp": 0.01} for path, meta in metas.items() if (ndv := _distinct(meta))}
    physical = {footer.leaves[leaf].physical for leaf in leaves}
    return {
        "version": "2.6",
        "compression": {path: _WRITER_NAMES.get(name, name) for path, name in codecs.items()},
        "use_dictionary": numbered or False,
        "dictionary_pagesize_limit": _NO_LIMIT,
        "column_encoding": encodings or None,
        "write_statistics": [path for path, meta in metas.items() if Meta.STATISTICS in meta] or False,
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
