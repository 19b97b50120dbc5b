"""What is ruled out before anything is decoded: by bounds, and by a chunk's own dictionary."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import parquet
from connectors.lake.change import Erase
from connectors.lake.keys import ValueSets
from connectors.lake.parquet_file import open_parquet
from connectors.lake.segments import Fresh, Segment, Verbatim
from connectors.lake.surgery import dictionary, rewrite, schema
from connectors.lake.surgery.edit import GroupEdit
from connectors.lake.surgery.fields import Encoding, Meta
from connectors.lake.surgery.footer import meta_of, read_footer, span
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.pages import ChunkBytes, walk
from connectors.lake.surgery.thrift import LIST, STRUCT, Struct, get, items, read_struct, write_struct
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import Key, KeySet


class Read(Held):
    """Bytes that remember which of them were read."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self.spans: list[tuple[int, int]] = []

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop)."""
        self.spans.append((start, stop))
        return super().read(start, stop)


def file(table: pa.Table, **options: Any) -> bytes:
    """Return the table as a file."""
    sink = io.BytesIO()
    pq.write_table(table, sink, **options)
    return sink.getvalue()


def among(column: str, *keys: Key) -> Selection:
    """Select rows by one column."""
    return Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(keys)})


def tables(source: Held, selection: Selection) -> int:
    """Return how many tables of a file are decoded to find the selected rows."""
    opened = open_parquet("f", source)
    sets = ValueSets(selection.keys)
    groups = opened.candidates(selection.where, sets)
    return sum(1 for group in groups for _ in opened.tables(group, frozenset({"n"}), selection.where, sets))


EVEN = pa.table({"n": pa.array(np.arange(0, 2_000, 2).tolist() * 3), "name": [f"name {n % 10}" for n in range(3_000)]})


@pytest.mark.parametrize(("key", "decoded"), [(7, 0), (8, 1), (5_000, 0), (-1, 0)])
def test_a_number_that_is_in_no_dictionary_is_not_looked_for(key: int, decoded: int) -> None:
    """7 lies between the least and the greatest, and is not there; 8 is."""
    content = file(EVEN)
    assert tables(Held(content), among("n", key)) == decoded
    assert parquet.measure("f", Held(content), among("n", key), Erase()).gone == 3 * decoded


def test_of_a_chunk_that_is_decoded_nothing_is_read_twice() -> None:
    """What the dictionary was looked for in is what is decoded."""
    source = Read(file(EVEN))
    assert parquet.measure("f", source, among("n", 8), Erase()).gone == 3
    start, stop = span(meta_of(read_footer("f", Held(source.read(0, source.size))).groups[0], 0))
    assert [part for part in source.spans[:-1] if part[0] < stop and part[1] > start and part[1] <= stop] == [
        (start, stop)
    ]


def test_many_keys_are_looked_for_in_the_rows() -> None:
    """A dictionary is asked for a few keys only: it would say yes to one of many."""
    assert tables(Held(file(EVEN)), among("n", *range(1, 19, 2))) == 1


def chunk(content: bytes, leaf: int = 0) -> tuple[Struct, bytes]:
    """Return a chunk's metadata and bytes."""
    meta = meta_of(read_footer("f", Held(content)).groups[0], leaf)
    return meta, content[slice(*span(meta))]


@pytest.mark.parametrize("codec", ["none", "snappy", "zstd", "lz4", "gzip", "brotli"])
@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_a_dictionary_is_read_as_it_was_written(codec: str, version: str) -> None:
    """Numbers and texts, whatever the codec and the kind of pages."""
    content = file(EVEN, compression=codec, data_page_version=version)
    meta, numbers = chunk(content)
    assert dictionary.may_hold(meta, numbers, [(8).to_bytes(8, "little")])
    assert not dictionary.may_hold(meta, numbers, [(7).to_bytes(8, "little"), (5_000).to_bytes(8, "little")])
    meta, texts = chunk(content, 1)
    assert dictionary.may_hold(meta, texts, [b"name 11", b"name 7"])
    assert not dictionary.may_hold(meta, texts, [b"name 11"])


def test_pages_beside_the_dictionary_are_not_ruled_out() -> None:
    """A writer that gives up its dictionary midway writes later values plain; the footer may not say so."""
    content = file(pa.table({"n": np.arange(200_000)}), dictionary_pagesize_limit=1_000, data_page_size=4_000)
    meta, pages = chunk(content)
    kinds = {page.encoding for page in walk(ChunkBytes(Held(pages), 0, len(pages)))}
    assert kinds == {Encoding.PLAIN, Encoding.RLE_DICTIONARY}
    lying = {**meta, Meta.ENCODING_STATS: (LIST, (STRUCT, items(meta, Meta.ENCODING_STATS)[:1]))}
    for said in (meta, lying, {n: v for n, v in meta.items() if n != Meta.ENCODING_STATS}):
        assert dictionary.may_hold(said, pages, [(199_999).to_bytes(8, "little")])


@pytest.mark.parametrize("damage", [slice(0, 0), slice(3, 40), slice(-40, None)])
def test_a_damaged_chunk_is_left_to_who_decodes_it(damage: slice) -> None:
    """Nothing is ruled out by bytes that can't be read."""
    meta, pages = chunk(file(EVEN, compression="gzip"))
    broken = bytearray(pages)
    broken[damage] = b"\\xff" * len(broken[damage])
    assert dictionary.may_hold(meta, bytes(broken) if damage != slice(0, 0) else b"", [(7).to_bytes(8, "little")])


@settings(max_examples=80, deadline=None)
@given(
    kind=st.sampled_from([pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint32(), pa.uint64(), pa.string()]),
    values=st.lists(st.integers(-100, 100) | st.none(), min_size=1, max_size=60),
    keys=st.sets(st.integers(-110, 110), min_size=1, max_size=3),
    dictionaries=st.booleans(),
    group=st.sampled_from([7, 100]),
)
def test_nobody_is_ruled_out_who_is_there(
    kind: pa.DataType, values: list[int | None], keys: set[int], *, dictionaries: bool, group: int
) -> None:
    """As many rows are found as the values themselves say, of any type of key."""
    shifted = 100 if str(kind).startswith("u") else 0
    there = [None if value is None else value + shifted for value in values]
    texts = kind == pa.string()
    column = pa.array([None if value is None else str(value) for value in there] if texts else there, kind)
    content = file(pa.table({"n": column}), use_dictionary=dictionaries, row_group_size=group)
    wanted = [str(key) for key in keys] if texts else sorted(keys)
    gone = parquet.measure("f", Held(content), among("n", *wanted), Erase()).gone
    assert gone == sum(value in keys for value in there)


def test_footers_that_begin_alike_are_read_once() -> None:
    """The second file takes the schema of the first, and all else from its own footer."""
    schema._SEEN.clear()
    first, second = (open_parquet("f", Held(file(EVEN.slice(0, rows)))) for rows in (10, 20))
    assert first.footer.schema is second.footer.schema
    assert first.schema is second.schema
    assert (first.footer.rows, second.footer.rows) == (10, 20)
    assert first.footer.tree[2] == second.footer.tree[2]


def test_another_schema_is_another() -> None:
    """One that begins like the one before and goes on otherwise; one that only the carried Arrow schema tells apart."""
    wide = pa.table({**{name: EVEN[name] for name in EVEN.column_names}, "more": EVEN["n"]})
    long = EVEN.cast(pa.schema([("n", pa.int64()), ("name", pa.large_string())]))
    opened = [open_parquet("f", Held(file(table))) for table in (EVEN, wide, long, EVEN)]
    assert [part.schema.names for part in opened] == [
        ["n", "name"],
        ["n", "name", "more"],
        ["n", "name"],
        ["n", "name"],
    ]
    assert [str(part.schema.field("name").type) for part in opened] == ["string", "string", "large_string", "string"]


@settings(max_examples=40, deadline=None)
@given(columns=st.lists(st.sampled_from(["n", "name"]), min_size=1, max_size=2, unique=True), rows=st.integers(0, 30))
def test_a_footer_is_the_same_whether_its_beginning_was_known(columns: list[str], rows: int) -> None:
    """Read alone, and read after another of the same schema."""
    content = file(EVEN.select(columns).slice(0, rows))
    footer = content[-8 - int.from_bytes(content[-8:-4], "little") : -8]
    schema._SEEN.clear()
    alone, again = schema.read_tree(footer), schema.read_tree(footer)
    assert alone == again == (read_struct(footer)[0], again[1], len(footer))
    assert write_struct(again[0]) == footer
    assert get(again[0], 3) == rows


def test_what_stays_is_given_out_before_what_is_new_is_waited_for() -> None:
    """Who copies the beginning of a large object can go on with it while the first new chunk is made."""

    def pieces() -> Iterator[Segment | None]:
        yield Verbatim(0, 4)
        yield Verbatim(4, 90)
        yield None
        raise AssertionError("waited for")

    assert next(rewrite._joined(pieces())) == Verbatim(0, 90)


def test_a_new_chunk_is_waited_for_after_what_stays() -> None:
    """Of two row groups the first stays: it comes before anything of the second is made."""
    content = file(pa.table({"n": pa.array([1, 2, 3, 4])}), row_group_size=2)
    opened = open_parquet("f", Held(content))
    told = list(rewrite.Rewriting("f", opened.source, opened.footer, [(1, GroupEdit(2, np.array([0])))])._all())
    assert told.index(None) < next(place for place, piece in enumerate(told) if isinstance(piece, Fresh))


def test_bounds_of_whole_numbers_need_no_reader() -> None:
    """Signed numbers of every width; other types are Arrow's to read."""
    for kind in (pa.int8(), pa.int16(), pa.int32(), pa.int64()):
        opened = open_parquet("f", Held(file(pa.table({"n": pa.array([-100, 5, 100], kind)}))))
        assert opened._bounds(0, 0, kind) == (-100, 100)
        assert not opened._facts
    opened = open_parquet("f", Held(file(pa.table({"n": pa.array([5, 2**32 - 1], pa.uint32())}))))
    assert opened._bounds(0, 0, pa.uint32()) == (5, 2**32 - 1)
    assert opened._facts
