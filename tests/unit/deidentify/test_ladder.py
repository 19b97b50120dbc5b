"""Hierarchies put to the values of a column."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from retention.deidentify.hierarchy import Dates, Hierarchy, Listed, Numbers, PostalCodes, Prefixes
from retention.deidentify.ladder import build
from retention.errors import InputError

WIDE = str.maketrans("0123456789-", "".join(chr(0xFEE0 + ord(sign)) for sign in "0123456789-"))
"""Full-width forms, as people type them in Japanese."""


def labels(hierarchy: Hierarchy, values: pa.Array) -> list[list[str | None]]:
    """Return each level's label of each value."""
    rungs = build("column", hierarchy, values).rungs
    return [[rung.labels[group] for group in rung.group] for rung in rungs]


def test_listed() -> None:
    """Each value gets its row's labels, null stays null until everything is one, and loss counts present values."""
    fruit = Listed((("apple", "pome"), ("pear", "pome"), ("plum", "stone"), ("fig", "other")))
    values = pa.array(["pear", None, "plum", "apple"])
    assert labels(fruit, values) == [
        ["pear", None, "plum", "apple"],
        ["pome", None, "stone", "pome"],
        ["*"] * 4,
    ]
    assert build("column", fruit, values).rungs[1].loss.tolist() == [1 / 3, 0, 0, 1 / 3]


def test_numbers() -> None:
    """Bands begin at multiples of their width, below zero too; null is no number."""
    assert labels(Numbers((5, 10)), pa.array([23, -1, None])) == [
        ["23", "-1", None],
        ["[20, 25)", "[-5, 0)", None],
        ["[20, 30)", "[-10, 0)", None],
        ["*"] * 3,
    ]


def test_dates() -> None:
    """Dates, their text and instants: day, month, year, decade; an instant's day is that of its own zone."""
    day = [["2026-11-23"], ["2026-11"], ["2026"], ["2020s"], ["*"]]
    assert labels(Dates(), pa.array([date(2026, 11, 23)])) == day
    assert labels(Dates(), pa.array(["2026-11-23"])) == day
    instant = pa.array([datetime(2026, 11, 23, 0, 30, tzinfo=ZoneInfo("Asia/Tokyo"))], pa.timestamp("us", "Asia/Tokyo"))
    assert labels(Dates(), instant)[1:] == day


def test_postal_codes() -> None:
    """With places: municipality, prefecture; without: 7, 5, 3, 2 digits. Hyphens and full width do not matter."""
    codes = pa.array(["105-0011", "1050012".translate(WIDE), None])
    assert labels(PostalCodes(), codes) == [
        ["1050011", "1050012", None],
        ["10500", "10500", None],
        ["105", "105", None],
        ["10", "10", None],
        ["*"] * 3,
    ]
    places = {"1050011": ("港区", "東京都"), "1050012": ("港区", "東京都")}
    assert labels(PostalCodes(places), codes)[1:3] == [["東京都港区", "東京都港区", None], ["東京都", "東京都", None]]


@pytest.mark.parametrize(
    ("hierarchy", "values", "expected"),
    [
        (Listed((("secret-a", "x"),)), ["secret-a", "secret-b"], "1 values without one"),
        (Listed((("secret-a", "x", "1"), ("secret-b", "x", "2"))), ["secret-a", "secret-b"], "1 that part"),
        (Listed((("secret-a", "x"), ("secret-b",))), ["secret-a"], "lengths [1, 2]"),
        (Listed((("secret-a", "x"), ("secret-a", "y"))), ["secret-a"], "1 values twice"),
        (Numbers((5, 12)), [1, 2], "[5, 12]"),
        (Numbers(), ["secret-a"], "found string"),
        (Dates(), ["secret-a"], "1 values that are not"),
        (Prefixes((2, 3)), ["secret-a"], "[2, 3]"),
        (PostalCodes(), ["secret-a"], "1 values that are not"),
        (PostalCodes({"1050011": ("港区", "東京都")}), ["1600022"], "1 without a place"),
    ],
)
def test_what_does_not_fit(hierarchy: Hierarchy, values: list[object], expected: str) -> None:
    """The error names the column and counts the values; it holds none of them."""
    with pytest.raises(InputError, match="hierarchy of column") as raised:
        build("column", hierarchy, pa.array(values))
    assert expected in str(raised.value)
    assert "secret" not in str(raised.value)
