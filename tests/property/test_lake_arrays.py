"""Arrays, keys and rows that stay, as the Parquet engine makes them: each equal to what Arrow's own way gives."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from connectors.lake import arrays
from connectors.lake.membership import Members
from connectors.lake.surgery.edit import GroupEdit

INTEGERS = [pa.int8(), pa.int16(), pa.int32(), pa.int64(), pa.uint8(), pa.uint16(), pa.uint32(), pa.uint64()]
TEXTS = [pa.string(), pa.large_string(), pa.binary(), pa.large_binary(), pa.string_view(), pa.float64()]


def limits(kind: pa.DataType) -> tuple[int, int]:
    """Return the least and the greatest number of a type."""
    found = np.iinfo(str(kind))
    return int(found.min), int(found.max)


@st.composite
def asked(draw: st.DrawFn) -> tuple[pa.DataType, list[int], list[int | None]]:
    """Return a type, keys near each other or far apart, and values of which some are keys, or beside them, or null."""
    kind = draw(st.sampled_from(INTEGERS))
    low, high = limits(kind)
    start = draw(st.sampled_from([low, 0, max(low, high - 3_000)]) | st.integers(low, high))
    near = st.integers(start, min(high, start + 3_000))
    keys = draw(st.lists(draw(st.sampled_from([near, st.integers(low, high)])), max_size=30, unique=True))
    beside = [number for key in keys for number in (key - 1, key, key + 1) if low <= number <= high]
    some = st.sampled_from(beside) if beside else st.nothing()
    values = draw(st.lists(some | st.integers(low, high) | st.sampled_from([low, high, None]), max_size=60))
    return kind, sorted(keys), values


@settings(max_examples=400, deadline=None)
@given(asked(), st.integers(0, 5))
@example((pa.int8(), [-73, 0, 1, 2, 55], [55, -74, 56, -128, 127]), 0)
@example((pa.int8(), [-128, -1, 0, 1, 126], [127, 126, -128, -2]), 0)
@example((pa.uint8(), [0, 1, 2, 3, 254], [254, 255, 4, None]), 0)
@example((pa.int64(), [-(2**63), -(2**63) + 1, -(2**63) + 2, -(2**63) + 3, -(2**63) + 9], [2**63 - 1, -(2**63) + 9]), 0)
@example((pa.uint64(), [2**64 - 9, 2**64 - 4, 2**64 - 3, 2**64 - 2, 2**64 - 1], [0, 2**64 - 1, 2**64 - 9]), 0)
def test_keys_are_found_as_arrow_finds_them(what: tuple[pa.DataType, list[int], list[int | None]], cut: int) -> None:
    """Whichever the type, the distance of keys, nulls, and where in its memory a column begins."""
    kind, keys, values = what
    members = Members(arrays.column(keys, kind))
    whole = pa.array(values, kind)
    column = pa.chunked_array([whole.slice(cut), whole], kind)
    expected = pc.is_in(column, value_set=pa.array(keys, kind))
    assert members.among(column).to_pylist() == expected.to_pylist()


def test_keys_of_another_type_are_compared_by_arrow() -> None:
    """A column that is narrower than its keys is asked all the same."""
    found = Members(pa.array([1, 7, 9, 11, 300])).among(pa.chunked_array([pa.array([7, 8], pa.int8())]))
    assert found.to_pylist() == [True, False]


@pytest.mark.parametrize("kind", [*INTEGERS, *TEXTS], ids=str)
def test_values_become_an_array_as_arrow_makes_it(kind: pa.DataType) -> None:
    """Of whole numbers, texts, bytes, and what Arrow is asked for."""
    values: list[Any] = [0, 1, 127] if kind in INTEGERS or kind == pa.float64() else ["", "é", "name 7"]
    for part in (values, []):
        made = arrays.column(part, kind)
        made.validate(full=True)
        assert made.equals(pa.array(part, kind))


def test_a_number_that_is_none_of_the_type_is_refused() -> None:
    """It is never another number."""
    with pytest.raises(OverflowError):
        arrays.column([300], pa.int8())


@settings(max_examples=100, deadline=None)
@given(st.lists(st.sampled_from([True, False, None]), max_size=40), st.integers(0, 20))
def test_flags_come_back(flags: list[bool | None], cut: int) -> None:
    """Wherever they begin; null is false."""
    array = pa.array(flags, pa.bool_()).slice(cut)
    seen = arrays.true_at(array)
    assert seen.tolist() == [flag is True for flag in flags[cut:]]
    assert arrays.flags(seen).to_pylist() == seen.tolist()
    assert arrays.true_at(pa.chunked_array([array, array])).tolist() == seen.tolist() * 2


def test_nulls_are_no_numbers() -> None:
    """Who asks for numbers where some are null, or for texts, is told."""
    with pytest.raises(TypeError, match="nulls"):
        arrays.in_numpy(pa.array([1, None]))
    with pytest.raises(TypeError, match="whole numbers"):
        arrays.raw(pa.array(["1"]))


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 3, 150, 300]), st.booleans(), st.booleans())
def test_rows_that_stay_are_those_that_do_not_go(seed: int, gone: int, nulls: bool, chunks: bool) -> None:  # noqa: FBT001 -- Hypothesis
    """Few or many go, of columns plain and nested, with nulls and without, in one chunk or several."""
    r = np.random.default_rng(seed)
    count = 301

    def holes(values: list[Any]) -> list[Any]:
        return [None if nulls and number % 7 == 0 else value for number, value in enumerate(values)]

    numbers = r.integers(0, 50, count).tolist()
    table = pa.table(
        {
            "n": pa.array(holes(numbers), pa.int64()),
            "flag": pa.array(holes([number % 2 == 0 for number in numbers])),
            "text": pa.array(holes([f"name {number}" for number in numbers])).dictionary_encode(),
            "place": pa.array(holes([{"town": str(number), "at": {"x": number}} for number in numbers])),
            "tags": pa.array(holes([["a", None, str(number)][: number % 4] for number in numbers])),
        }
    )
    table = pa.concat_tables([table.slice(0, 100), table.slice(100)]) if chunks else table.slice(2)
    rows = np.sort(r.choice(table.num_rows, gone % table.num_rows, replace=False))
    left = GroupEdit(table.num_rows, rows).staying.rows_of(table)
    left.validate(full=True)
    kept = [row for number, row in enumerate(table.to_pylist()) if number not in set(rows.tolist())]
    assert left.to_pylist() == kept
    assert left.schema == table.schema


ERASE = """
import io, sys
import pyarrow as pa, pyarrow.parquet as pq
from connectors.lake import arrays, parquet
from connectors.lake.change import Erase, Redact
from connectors.lake.surgery.held import Held
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
import numpy as np

for rows in (3_000, 300_000):
    people = arrays.numbers(np.arange(rows) % 1_000)
    names = pa.compute.binary_join_element_wise(*[people.cast(pa.string())] * 3)
    sink = io.BytesIO()
    pq.write_table(pa.table([people, names], names=["n", "name"]), sink)
    for column, keys in (("n", range(100)), ("n", [7]), ("name", ["171717"])):
        where = Selection(Among(column, KeySet(KeySetId("k"), 0, "")), {KeySetId("k"): frozenset(keys)})
        for change in (Erase(), Redact(("name",))):
            new = io.BytesIO()
            assert parquet.rewrite("f", Held(sink.getvalue()), new, where, change).touched
print("pandas" in sys.modules)
"""


def test_the_engine_does_without_pandas() -> None:
    """A process that erases or empties by numbers and texts never loads it: it would cost 39 MB."""
    done = subprocess.run([sys.executable, "-c", ERASE], capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("False", "")
