from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
import pytest

from retention.verification.canon import digest_sum, rows_as_bytes


def one(kind: pa.DataType, value: Any, name: str = "c") -> bytes:
    return rows_as_bytes(pa.record_batch({name: pa.array([value], kind)}))[0]


def test_order_of_rows_and_columns_means_nothing() -> None:
    """The same rows in another order, with columns in another order, have the same digest."""
    here = pa.record_batch({"a": [1, 2], "b": ["x", None]})
    there = pa.record_batch({"b": [None, "x"], "a": [2, 1]})
    assert digest_sum(rows_as_bytes(here)) == digest_sum(rows_as_bytes(there))


def test_repeated_rows_count() -> None:
    """Two equal rows are not one, and do not cancel out."""
    row = pa.record_batch({"a": [1]})
    twice = pa.record_batch({"a": [1, 1]})
    assert digest_sum(rows_as_bytes(twice)) == 2 * digest_sum(rows_as_bytes(row)) % 2**256


def test_text_cannot_imitate_another_row() -> None:
    """Lengths stand before contents: text that looks like the next field is only text."""
    honest = pa.record_batch({"a": ["x"], "b": ["y"]})
    forged = pa.record_batch({"a": ["xs1:b1:y"], "b": pa.array([None], pa.string())})
    assert rows_as_bytes(honest) != rows_as_bytes(forged)


def test_null_and_absent_are_the_same_and_empty_is_not() -> None:
    """A null field writes nothing; an empty text is something."""
    assert one(pa.string(), None) == b"" == one(pa.null(), None)
    assert one(pa.string(), "") != b""


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((pa.int8(), 1), (pa.int64(), 1)),
        ((pa.int64(), 1), (pa.float64(), 1.0)),
        ((pa.decimal128(5, 2), Decimal("1.50")), (pa.decimal128(5, 1), Decimal("1.5"))),
        (
            (pa.timestamp("s", "Asia/Tokyo"), datetime(2025, 1, 1, tzinfo=UTC)),
            (pa.timestamp("ns", "UTC"), datetime(2025, 1, 1, tzinfo=UTC)),
        ),
        ((pa.date32(), date(2025, 1, 1)), (pa.date64(), date(2025, 1, 1))),
        ((pa.string(), "é"), (pa.large_string(), "é")),
        ((pa.float64(), float("nan")), (pa.float32(), float("nan"))),
        ((pa.list_(pa.int32()), [1, None]), (pa.list_(pa.float64()), [1.0, None])),
        ((pa.struct({"a": pa.int32()}), {"a": 1}), (pa.struct({"b": pa.string(), "a": pa.int64()}), {"a": 1})),
        ((pa.string(), "x"), (pa.dictionary(pa.int8(), pa.string()), "x")),
    ],
)
def test_the_same_value_in_another_width_is_the_same(first: tuple[Any, Any], second: tuple[Any, Any]) -> None:
    """Values count, not how wide they are stored."""
    assert one(*first) == one(*second)


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ((pa.string(), "1"), (pa.int64(), 1)),
        ((pa.string(), "x"), (pa.binary(), b"x")),
        ((pa.bool_(), True), (pa.int64(), 1)),
        ((pa.timestamp("s"), datetime(2025, 1, 1)), (pa.timestamp("s", "UTC"), datetime(2025, 1, 1))),  # noqa: DTZ001 -- the case
        ((pa.date32(), date(1970, 1, 2)), (pa.int32(), 1)),
        ((pa.list_(pa.string()), ["a", "b"]), (pa.list_(pa.string()), ["b", "a"])),
        ((pa.list_(pa.string()), []), (pa.list_(pa.string()), None)),
        ((pa.list_(pa.int64()), [1]), (pa.list_(pa.string()), ["1"])),
        ((pa.struct({"a": pa.string()}), {"a": "x"}), (pa.struct({"b": pa.string()}), {"b": "x"})),
        ((pa.float64(), 0.1), (pa.float64(), 0.1 + 2**-55)),
        ((pa.duration("s"), timedelta(seconds=1)), (pa.int64(), 1)),
        (
            (pa.timestamp("us", "UTC"), datetime.max.replace(tzinfo=UTC)),
            (pa.timestamp("us", "UTC"), datetime.min.replace(tzinfo=UTC)),
        ),
    ],
)
def test_other_values_have_other_bytes(first: tuple[Any, Any], second: tuple[Any, Any]) -> None:
    """Types that mean something else, and other contents, are told apart."""
    assert one(*first) != one(*second)


def test_names_count() -> None:
    """The same value under another name is another row."""
    assert one(pa.string(), "x", "a") != one(pa.string(), "x", "b")
