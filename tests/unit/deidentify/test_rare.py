"""Which classes have too few rows."""

from __future__ import annotations

from datetime import date

import pytest

from retention.deidentify import rare_classes
from retention.model.transform import Prefix, ToYear, class_of

TALLIES = [
    ((date(1990, 1, 2), "150-0001", "u1"), 2),
    ((date(1990, 7, 8), "150-0042", "u2"), 1),
    ((date(1990, 7, 8), "150-0042", "u2"), 1),
    ((date(1991, 7, 8), "150-0042", "u3"), 3),
    ((None, None, "u4"), 1),
]
COLUMNS = ("born", "postcode", "user_id")
TRANSFORMS = {"born": ToYear(), "postcode": Prefix(3)}
QUASI = ("postcode", "born")


def test_counts_add_up_over_transformed_values() -> None:
    """Raw combinations that become one class are counted together, also when yielded twice; null is a class."""
    rare, rows = rare_classes(TALLIES, COLUMNS, TRANSFORMS, QUASI, 4)
    assert rare == {
        class_of({"born": date(1991, 1, 1), "postcode": "150"}, QUASI),
        class_of({"born": None, "postcode": None}, QUASI),
    }
    assert rows == 4


def test_nothing_is_rare_for_one() -> None:
    """With k = 1 nothing is rare."""
    assert rare_classes(TALLIES, COLUMNS, TRANSFORMS, QUASI, 1) == (frozenset(), 0)


def test_fewer_rows_than_k_are_rare_altogether() -> None:
    """Without quasi-identifiers there is one class, and it is rare if there are fewer than k rows."""
    assert rare_classes(TALLIES, COLUMNS, {}, (), 9)[1] == 8
    assert rare_classes(TALLIES, COLUMNS, {}, (), 8)[1] == 0


def test_wrong_questions_are_refused() -> None:
    """A quasi-identifier that was not tallied, and k below 1, are errors."""
    with pytest.raises(ValueError, match="gender"):
        rare_classes(TALLIES, COLUMNS, {}, ("gender",), 2)
    with pytest.raises(ValueError, match="k of at least 1"):
        rare_classes(TALLIES, COLUMNS, {}, QUASI, 0)
