"""How alike the rows of a table are."""

from __future__ import annotations

import pyarrow as pa
import pytest

from retention.deidentify import Measures, measure


def test_rows_without_a_value_are_a_class() -> None:
    """Nulls count as a value: the smallest class is the two rows without one, not the three with."""
    assert measure(pa.table({"area": ["x", None, "x", "x", None]}), ["area"]).k == 2


def test_published_example() -> None:
    """The 3-diverse inpatient table of the t-closeness paper (Li et al., table 3): k 3, and l 3."""
    table = pa.table(
        {
            "zip": ["476**"] * 3 + ["4790*"] * 3 + ["476**"] * 3,
            "age": ["2*"] * 3 + [">=40"] * 3 + ["3*"] * 3,
            "salary": [3, 4, 5, 6, 11, 8, 7, 9, 10],
        }
    )
    measures = measure(table, ["zip", "age"], "salary")
    assert (measures.rows, measures.classes, measures.k, measures.distinct_l) == (9, 3, 3, 3)
    assert measures.t == pytest.approx(2 / 3)


def test_class_like_the_whole_is_close() -> None:
    """Where every class has the table's own mix, t is 0; where each class has one value, l is 1."""
    mixed = pa.table({"q": ["a", "a", "b", "b"], "s": ["x", None, "x", None]})
    assert measure(mixed, ["q"], "s") == Measures(rows=4, classes=2, k=2, distinct_l=2, t=0.0)
    split = pa.table({"q": ["a", "a", "b", "b"], "s": ["x", "x", None, None]})
    assert measure(split, ["q"], "s") == Measures(rows=4, classes=2, k=2, distinct_l=1, t=0.5)


def test_no_rows_measure_nothing() -> None:
    """An empty table has no smallest class; None, which is not a pass."""
    assert measure(pa.table({"q": pa.array([], pa.string())}), ["q"]) == Measures(rows=0, classes=0, k=None)


def test_no_quasi_identifier_is_one_class() -> None:
    """Where nothing remains to tell rows apart, all are alike."""
    assert measure(pa.table({"other": [1, 2, 3]}), []).k == 3


def test_dictionary_and_chunked_columns() -> None:
    """How a column is encoded and cut makes no difference."""
    plain = pa.chunked_array([["a", "b"], ["a", None], [None, "b"]])
    for column in (plain, plain.dictionary_encode(), plain.unify_dictionaries()):
        assert measure(pa.table({"q": column}), ["q"]).k == 2


def test_column_that_is_not_there() -> None:
    """A misspelt column is an error, never a better measure."""
    with pytest.raises(ValueError, match="postcode"):
        measure(pa.table({"q": [1]}), ["postcode"])
