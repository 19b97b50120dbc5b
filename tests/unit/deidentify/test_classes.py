"""Columns as numbers, in pieces and on several threads."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from retention.deidentify import classes, pieces
from retention.deidentify.classes import Coded, code, code_all, encoded, narrowest
from retention.deidentify.shuffling import shuffled

TEXTS = [None if n % 11 == 0 else f"v{n * 7 % 23}" for n in range(1_000)]


@pytest.fixture(params=[1 << 16, 64], ids=["whole", "in pieces"], autouse=True)
def _(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "PIECE", request.param)


def read_back(coded: Coded) -> list[object]:
    """Return the values of the rows."""
    values = coded.values.to_pylist()
    return [values[each] for each in coded.codes.tolist()]


@pytest.mark.parametrize(
    "column",
    [
        pa.chunked_array([pa.array(TEXTS)]),
        pa.chunked_array([pa.array(TEXTS[:300]), pa.array([], pa.string()), pa.array(TEXTS[300:])]),
        pa.chunked_array([pa.array(part).dictionary_encode() for part in (TEXTS[:400], TEXTS[400:])]),
        pa.chunked_array([pa.array([None] * 3, pa.string()).dictionary_encode(), pa.array(TEXTS).dictionary_encode()]),
        pa.chunked_array([pa.array(TEXTS).dictionary_encode(null_encoding="encode")]),
        pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array([0, 3, 0], pa.int8()), pa.array(list("aabc")))]),
        pa.chunked_array([pa.DictionaryArray.from_arrays(pa.array([2, 0, 1], pa.int8()), pa.array(list("aba")))]),
        pa.chunked_array([], pa.string()),
        pa.chunked_array([], pa.dictionary(pa.int8(), pa.string())),
    ],
)
def test_codes_say_what_the_column_says(column: pa.ChunkedArray) -> None:
    """However a column comes, its codes read back to its rows, each value once and none unused, null one of them."""
    coded = code(column)
    assert read_back(coded) == column.to_pylist()
    assert len(set(coded.values.to_pylist())) == coded.count
    assert set(coded.codes.tolist()) == set(range(coded.count))
    back = encoded(coded, np.arange(coded.count)[::-1] if not coded.values.null_count else nulls_last(coded))
    assert back.to_pylist() == column.to_pylist()
    assert back.dictionary.null_count == 0


def nulls_last(coded: Coded) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return an order of the codes with null at its end."""
    return np.argsort(coded.values.is_null().to_numpy(zero_copy_only=False), kind="stable")


def test_combinations_are_numbered_the_same_in_pieces() -> None:
    """Rows of one class are equal on all columns, and others are not; sizes count them."""
    table = pa.table({"a": TEXTS, "b": [n % 5 for n in range(1_000)]})
    found = classes.classes(code_all(table.columns), 1_000)
    rows = [*zip(*table.to_pydict().values(), strict=True)]
    assert len({*zip(found.of.tolist(), rows, strict=True)}) == len(set(rows)) == found.count
    assert found.sizes.tolist() == np.bincount(found.of).tolist()
    assert found.of[found.any_rows()].tolist() == [*range(found.count)]


def test_codes_take_few_bytes() -> None:
    """128 values fit into one byte, one more does not."""
    assert [narrowest(count).itemsize for count in (0, 128, 129, 1 << 15, (1 << 15) + 1, 1 << 31)] == [1, 1, 2, 2, 4, 4]


def test_shuffling_moves_every_row_and_loses_none() -> None:
    """Each row once, an order of the seed; first and second halves are mixed as chance mixes them."""
    order = shuffled(1_000, np.random.default_rng(5))
    assert sorted(order.tolist()) == [*range(1_000)]
    assert order.tolist() == shuffled(1_000, np.random.default_rng(5)).tolist()
    assert 200 < int((order[:500] < 500).sum()) < 300
    assert abs(float(np.corrcoef(order, np.arange(1_000))[0, 1])) < 0.15
    assert shuffled(0, np.random.default_rng(5)).tolist() == []
