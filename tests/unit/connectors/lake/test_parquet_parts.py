"""The parts that Parquet surgery is made of, each by itself."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.lake import parquet
from connectors.lake.keys import value_set
from connectors.lake.nested import without_elements
from connectors.lake.parquet_file import open_parquet
from connectors.lake.surgery import hybrid
from connectors.lake.surgery.bloom import may_hold, xxh64
from connectors.lake.surgery.bounds import names, texts_name
from connectors.lake.surgery.footer import meta_of, read_footer
from connectors.lake.surgery.glance import Glance, glance
from connectors.lake.surgery.held import Held
from connectors.lake.surgery.leaves import compacted
from connectors.lake.surgery.schema import Leaf
from connectors.lake.surgery.texts import texts_in
from connectors.lake.surgery.thrift import CorruptThriftError, read_struct, write_struct
from retention.errors import KeyTypeError
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import Key, KeySet

TEXT = Leaf(("t",), 0, (0,), 0, 0, (0,), 6, 0, decimal=False)
REAL = Leaf(("r",), 0, (0,), 0, 0, (0,), 5, 0, decimal=False)


@settings(max_examples=60, deadline=None)
@given(
    width=st.integers(0, 32),
    seed=st.integers(0, 10**6),
    count=st.sampled_from([1, 7, 8, 65, 504, 1300]),
    runs=st.booleans(),
)
def test_runs_come_back(width: int, seed: int, count: int, *, runs: bool) -> None:
    """Numbers of any width, repeated or not, are the same after packing and unpacking."""
    r = np.random.default_rng(seed)
    numbers = r.integers(0, 1 << width, count, dtype=np.uint64).astype(np.uint32)
    if runs:
        numbers = np.repeat(numbers, r.integers(1, 200, count))[:count]
    packed = hybrid.encode(numbers, width)
    assert (hybrid.decode(packed, 0, len(packed), width, count) == numbers).all()


@pytest.mark.parametrize("data", [b"", b"\x03", b"\x7f\x01", b"\x00\x01", b"\x02", b"\xff\xff\xff\xff\xff\xff\xff\x01"])
def test_runs_that_lie_are_refused(data: bytes) -> None:
    """Runs that end early, of nothing, or of a length that cannot be."""
    with pytest.raises(hybrid.CorruptRunsError):
        hybrid.decode(data, 0, len(data), 9, 600)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", 0xEF46DB3751D8E999),
        (b"a", 0xD24EC4F1A98C6E5B),
        (b"abc", 0x44BC2CF5AD770999),
        (b"Nobody inspects the spammish repetition", 0xFBCEA83C8A378BF1),
    ],
)
def test_xxh64_is_the_published_one(data: bytes, expected: int) -> None:
    """Values that the reference implementation gives, seed 0."""
    assert xxh64(data) == expected


def test_a_bloom_filter_is_read_as_it_was_written() -> None:
    """Every value that is there may be there; of others nearly none."""
    values = [f"value {n} of a longer kind than a stripe of thirty-two bytes" for n in range(200)]
    sink = io.BytesIO()
    options = {"v": {"ndv": 200, "fpp": 0.01}}
    pq.write_table(pa.table({"v": values}), sink, bloom_filter_options=options)
    source = Held(sink.getvalue())
    meta = meta_of(read_footer("f", source).groups[0], 0)
    assert all(may_hold(source, meta, [value.encode()]) for value in values)
    assert sum(may_hold(source, meta, [f"other {n}".encode()]) for n in range(200)) < 20


@given(st.lists(st.binary(max_size=20), max_size=20), st.integers(1, 30))
@settings(max_examples=20, deadline=None)
def test_texts_are_found_either_way(values: list[bytes], times: int) -> None:
    """Few are stepped over, many are found by Arrow: the same places."""
    values = values * times
    content = b"xx" + b"".join(len(value).to_bytes(4, "little") + value for value in values)
    found = texts_in(content, 2, len(values))
    assert found.pick(range(len(values))) == values
    assert found.without([]) == content[2:]
    assert found.without(range(len(values))) == b""


def test_unknown_fields_survive() -> None:
    """A struct of a newer format is the same bytes after reading and writing."""
    struct = {
        1: (5, -7),
        99: (9, (12, [{3: (8, b"x"), 4: (1, False)}])),
        300: (11, (8, 6, [(b"k", 5)])),
        301: (7, b"8" * 8),
    }
    data = write_struct(struct)
    assert read_struct(data) == (struct, len(data))


@given(st.binary(max_size=40))
@settings(max_examples=50, deadline=None)
def test_any_bytes_are_a_struct_or_refused(data: bytes) -> None:
    """No other error, and no endless work."""
    try:
        _, stop = read_struct(data)
    except CorruptThriftError:
        return
    assert 0 < stop <= len(data)


def test_a_bound_that_may_be_made_of_a_value_names_it() -> None:
    """Equal values, shortened texts, and zeros of both signs; not other values."""
    gone = [b"person-0007-plant"]
    assert names(TEXT, gone, b"person-0007-plant", exact=True)
    assert names(TEXT, gone, b"person-0", exact=False)
    assert names(TEXT, gone, b"person-00080", exact=False)
    assert not names(TEXT, gone, b"person-0008-plant", exact=True)
    assert not names(TEXT, gone, b"zebra-crossing", exact=None)
    for bound, exact in ((b"person-0007-plant", True), (b"person-0", False), (b"person-00080", False), (b"pers", None)):
        told = names(TEXT, gone, bound, exact=exact)
        assert texts_name(pa.array(gone, pa.binary()), bound, exact=exact) is told
    assert not texts_name(pa.array(gone, pa.binary()), b"zebra-crossing", exact=None)
    assert names(REAL, np.array([0.0]), np.array([-0.0]).tobytes(), exact=None)
    assert not names(REAL, np.array([np.nan]), np.array([1.0]).tobytes(), exact=None)


@pytest.mark.parametrize(
    ("kind", "keys", "expected"),
    [
        (pa.int8(), {"1", 2, 300, "-129"}, [1, 2]),
        (pa.uint64(), {2**64 - 1, -1}, [2**64 - 1]),
        (pa.float64(), {3, 2**60}, [3.0]),
        (pa.decimal128(9, 2), {"12.50", 7, "0.001"}, [Decimal("7.00"), Decimal("12.50")]),
        (pa.decimal128(3, 0), {"12", 12345}, [Decimal(12)]),
        (pa.date32(), {"2026-11-23"}, [date(2026, 11, 23)]),
        (pa.timestamp("ms", "UTC"), {"2026-11-23T10:00:00+09:00"}, [datetime(2026, 11, 23, 1, tzinfo=UTC)]),
        (pa.binary(16), {"12345678-1234-5678-1234-567812345678"}, [UUID("12345678-1234-5678-1234-567812345678").bytes]),
        (pa.binary(3), {"abc"}, [b"abc"]),
        (pa.binary(), {"abc", 5}, [b"5", b"abc"]),
        (pa.string(), {5, "a"}, ["5", "a"]),
    ],
)
def test_keys_become_values_of_the_column(kind: pa.DataType, keys: set[Key], expected: list[Any]) -> None:
    """Exactly, and what is too large or too fine for the column is not in it."""
    assert value_set("c", kind, frozenset(keys)).cast(kind).to_pylist() == expected


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        (pa.int64(), "4.0"),
        (pa.int64(), "secret"),
        (pa.float64(), "secret"),
        (pa.decimal128(9, 2), "secret"),
        (pa.date32(), "secret"),
        (pa.timestamp("us", "UTC"), "2026-11-23T10:00:00"),
        (pa.timestamp("us"), "2026-11-23T10:00:00+09:00"),
        (pa.binary(16), "secret"),
        (pa.binary(3), "secret"),
        (pa.bool_(), "secret"),
        (pa.list_(pa.string()), "secret"),
    ],
)
def test_a_key_that_cannot_be_a_value_is_an_error(kind: pa.DataType, key: Key) -> None:
    """Never zero rows in silence; and the key is not told."""
    with pytest.raises(KeyTypeError, match="column c") as caught:
        value_set("c", kind, frozenset({key}))
    assert str(key) not in str(caught.value)


def test_keys_inside_structs_and_lists_select_the_row() -> None:
    """A null parent is no match; one element of a list is enough."""
    rows = [
        {"buyer": {"id": 7}, "items": [{"sku": "a"}, {"sku": "b"}]},
        {"buyer": None, "items": None},
        {"buyer": {"id": 8}, "items": []},
        {"buyer": {"id": None}, "items": [{"sku": "b"}, None]},
    ]
    sink = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows), sink)
    for column, key, left in (("buyer.id", "7", rows[1:]), ("items.sku", "b", rows[1:3])):
        where = Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({key})})
        new = io.BytesIO()
        parquet.rewrite("f", Held(sink.getvalue()), new, where, parquet.Erase())
        assert pq.read_table(new).to_pylist() == left


def test_elements_of_lists_go_alone() -> None:
    """Lists keep their other elements and their nulls; one that loses all is empty, not null."""
    lists = pa.array([[{"id": 1}, {"id": 2}], None, [{"id": 1}], [None, {"id": 3}], []])
    new = without_elements(lists, ["id"], lambda ids: pa.compute.is_in(ids, value_set=pa.array([1])))
    assert new.to_pylist() == [[{"id": 2}], None, [], [None, {"id": 3}], []]
    assert new.type == lists.type


def test_the_map_chooses_elements_over_rows() -> None:
    """`members[].id` takes the person out of every list and leaves the rows; a repeat finds nothing."""
    lists = [[{"id": 1, "name": "one"}, {"id": 2, "name": "two"}], None, [{"id": 1, "name": "one"}], []]
    sink = io.BytesIO()
    pq.write_table(pa.table({"n": [1, 2, 3, 4], "members": lists}), sink, compression="none")
    where = Selection(Among("members[].id", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({"1"})})
    new = io.BytesIO()
    counts = parquet.rewrite("f", Held(sink.getvalue()), new, where, parquet.Erase())
    assert (counts.gone, counts.altered) == (0, 2)
    assert pq.read_table(new).to_pydict() == {"n": [1, 2, 3, 4], "members": [[{"id": 2, "name": "two"}], None, [], []]}
    assert b"one" not in new.getvalue()
    assert parquet.measure("f", Held(new.getvalue()), where, parquet.Erase()).touched == 0


def test_new_values_come_by_a_function() -> None:
    """It gets the selected values of a row group; other rows and the bytes of other columns stay."""
    table = pa.table({"user": [1, 2, 3, 2], "mail": ["a", "b", None, "b"], "n": [1, 2, 3, 4]})
    sink = io.BytesIO()
    pq.write_table(table, sink, row_group_size=2, compression="none")
    old = Held(sink.getvalue())
    where = Selection(Among("user", KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset({2, 3})})
    run = parquet.transformed(
        open_parquet("f", old), where, {"mail": lambda part: pa.compute.binary_join_element_wise(part, "x", "-")}
    )
    new = io.BytesIO()
    parquet.write(old, run.segments(), new)
    assert pq.read_table(new).to_pydict() == {**table.to_pydict(), "mail": ["a", "b-x", None, "b-x"]}
    with pytest.raises(parquet.TerminalFailure, match="expected"):
        list(parquet.transformed(open_parquet("f", old), where, {"mail": lambda part: part.is_null()}).segments())


def test_a_page_header_at_a_glance_says_what_its_tree_says() -> None:
    """Of both kinds of data pages and of dictionaries; what is short, negative or unusual is left to the tree."""
    first = {1: (5, 0), 2: (5, 900), 3: (5, 70), 5: (12, {1: (5, 8), 2: (5, 8), 3: (5, 3), 4: (5, 3)})}
    bounded = {**first, 5: (12, {**first[5][1], 5: (12, {3: (6, 2), 5: (8, b"zz"), 6: (8, b""), 7: (1, True)})})}
    second = {
        1: (5, 3),
        2: (5, 9),
        3: (5, 300),
        4: (5, -5),
        8: (12, {n: (5, n) for n in range(1, 7)} | {7: (1, False)}),
    }
    words = {1: (5, 2), 2: (5, 9), 3: (5, 7), 7: (12, {1: (5, 3), 2: (5, 0)})}
    for tree, expected in (
        (first, (0, 900, 70, 8, 8, None)),
        (bounded, (0, 900, 70, 8, 8, None)),
        (second, (3, 9, 300, 1, 4, 3)),
        (words, (2, 9, 7, 3, 0, None)),
    ):
        data = write_struct(tree)
        assert glance(data + b"rest") == Glance(len(data), *expected)
        assert glance(data[:-1]) is None
    lying = [{**first, 3: (5, -1)}, {**first, 5: (12, {1: (5, 8)})}, {**first, 1: (5, 1)}, {**words, 5: first[5]}]
    assert [glance(write_struct(tree)) for tree in [*lying, {**first, 99: (9, (5, [1]))}]] == [None] * 5


def test_a_dictionary_forgets_what_nothing_has() -> None:
    """Also inside structs and lists, with nulls; values stay, and entries that went are told."""
    words = pa.array(["a", "gone", None, "b", "a"]).dictionary_encode()
    lists = pa.ListArray.from_arrays(pa.array([0, 1, 2, 2, 4, 5], pa.int32()), words)
    column = pa.chunked_array([pa.StructArray.from_arrays([words, lists], ["one", "many"])])
    stays = column.filter(pa.array([True, False, True, True, True]))
    new, about = compacted(stays)
    assert new.to_pylist() == stays.to_pylist()
    assert [part.to_pylist() for part in about[0].dead + about[1].dead] == [["gone"], ["gone"]]
    assert not any(b"gone" in bytes(buffer) for buffer in new.chunk(0).buffers() if buffer)
