"""From Parquet's chunks to Arrow's arrays: a small file in memory that holds some chunks of one row group.

Columns are read without the Arrow schema that a file may carry: as Parquet's own types, which are what is written back.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from connectors.lake.surgery.fields import (
    Chunk,
    Element,
    File,
    Group,
    Meta,
    OffsetIndex,
    Physical,
    Stats,
)
from connectors.lake.surgery.footer import MAGIC, Footer, meta_of, span
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.thrift import BINARY, I32, I64, LIST, STRUCT, Struct, get, items, write_struct

_BOUNDS: Final = (Stats.MAX_OLD, Stats.MIN_OLD, Stats.MAX, Stats.MIN)
FIRST: Final = len(MAGIC)
"""Where the first chunk of a file stands: offsets of a chunk without a place count from here."""


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
    *,
    arrow: pa.Schema | None = None,
    numbered: Sequence[int] = (),
) -> pa.Table:
    """Return top-level columns of one row group; `chunks` has metadata (offsets from FIRST) and bytes by leaf.

    With `arrow`, the columns have its types as far as Arrow can give them; else they have Parquet's own. `numbered`
    leaves of byte strings stay as numbers with their dictionary, which spares spelling and counting them again.

    Raises:
        pyarrow.ArrowException, OSError: they cannot be decoded.

    """
    elements = [element for top in tops for element in elements_of(footer, top)]
    ordered = [chunks[leaf] for top in tops for leaf in footer.leaves_of(top)]
    return _decoded(
        footer, elements, rows, ordered, arrow=arrow, numbered=[footer.leaves[leaf].name for leaf in numbered]
    )


def decoded_leaf(footer: Footer, leaf: int, rows: int, meta: Struct, content: bytes) -> pa.ChunkedArray:
    """Return the values of one leaf, without the nesting around it; raises as `decoded` does."""
    way = _way(footer, leaf)
    kept = (Element.TYPE, Element.LENGTH, Element.REPETITION, Element.NAME)
    above = [{n: v for n, v in element.items() if n in kept} | {Element.CHILDREN: (I32, 1)} for element in way[:-1]]
    values = _decoded(footer, [*above, way[-1]], rows, [(meta, content)]).column(0)
    while pa.types.is_nested(values.type):
        values = pc.struct_field(values, [0]) if pa.types.is_struct(values.type) else pc.list_flatten(values)
    return values


def statistics_alone(footer: Footer, leaf: int) -> pq.FileMetaData:
    """Return Arrow's view of a footer with one flat column and nothing of its chunks but their statistics.

    Arrow 26 ends the process over other lies of a chunk's metadata (histograms of another length), and over bounds that
    are not as long as their values: of those it is not asked.

    Raises:
        pyarrow.ArrowException, OSError: it cannot be read.

    """
    groups: list[Struct] = []
    for group in footer.groups:
        meta = {number: value for number, value in meta_of(group, leaf).items() if number <= Meta.DATA}
        told = meta_of(group, leaf).get(Meta.STATISTICS)
        if told is not None and _fits(footer.leaves[leaf], told):
            meta[Meta.STATISTICS] = told
        placed: Struct = {Chunk.OFFSET: (I64, 0), Chunk.META: (STRUCT, meta)}
        groups.append({**group, Group.CHUNKS: (LIST, (STRUCT, [placed]))})
    root: Struct = {Element.NAME: (BINARY, b"schema"), Element.CHILDREN: (I32, 1)}
    tree: Struct = {
        **{number: value for number, value in footer.tree.items() if number != File.METADATA},
        File.SCHEMA: (LIST, (STRUCT, [root, schema_element(footer, leaf)])),
        File.GROUPS: (LIST, (STRUCT, groups)),
    }
    orders = items(footer.tree, File.ORDERS)
    if orders:
        tree[File.ORDERS] = (LIST, (STRUCT, orders[leaf : leaf + 1]))
    end = write_struct(tree)
    return pq.read_metadata(pa.BufferReader(b"".join([MAGIC, end, len(end).to_bytes(4, "little"), MAGIC])))


def _fits(leaf: Leaf, statistics: tuple[int, Any]) -> bool:
    """Whether statistics are some, and their bounds as long as one value."""
    if statistics[0] != STRUCT:
        return False
    bounds = [statistics[1][field] for field in _BOUNDS if field in statistics[1]]
    one = None if leaf.physical == Physical.BYTES else leaf.width or 1
    return all(kind == BINARY and one in (None, len(bound)) for kind, bound in bounds)


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
    *,
    arrow: pa.Schema | None = None,
    numbered: Sequence[str] = (),
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
    content = pa.BufferReader(b"".join(mini.parts))
    with pq.ParquetFile(content, pre_buffer=False, read_dictionary=list(numbered)) as file:
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


def shifted(pages: Struct, by: int) -> Struct:
    """Return an OffsetIndex of pages that stand so many bytes further on."""
    kind, locations = get(pages, OffsetIndex.PAGES)
    new = [{**page, OffsetIndex.OFFSET: (I64, get(page, OffsetIndex.OFFSET) + by)} for page in locations]
    return {**pages, OffsetIndex.PAGES: (LIST, (kind, new))}
