"""How alike the rows of a table are.

PYCANON is what pyCANON 1.3.5 answers for `uneven()`, written as CSV with semicolons:
`VENV/bin/python benchmarks/peers.py measure uneven.csv area,sex illness` (and visits).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from retention.deidentify import Measures, measure
from retention.deidentify.classes import code
from retention.deidentify.likeness import distinct_l, equal_t, hierarchical_t, histogram, ordered_t, recursive_c, share
from retention.deidentify.measures import SensitiveMeasures, presence

PYCANON = {
    "illness": {"k": 17, "distinct_l": 4, "t": 0.27361111111111114, "alpha": 0.6111111111111112, "entropy_l": 2},
    "visits": {"k": 17, "distinct_l": 7, "t": 0.10039682539682539, "alpha": 0.22857142857142856, "entropy_l": 6},
}


def uneven() -> pa.Table:
    """Return 240 rows in six classes of different sizes and mixes."""
    return pa.table(
        {
            "area": ["ABC"[i * i % 7 % 3] for i in range(240)],
            "sex": ["fm"[i // 3 % 2] for i in range(240)],
            "illness": ["vwxyz"[(i * i // 9 + i % 3 * (i % 7)) % 5 * (i % 4 > 0)] for i in range(240)],
            "visits": [(i * i + i // 7) % 13 for i in range(240)],
        }
    )


@pytest.mark.parametrize("column", PYCANON)
def test_measures_agree_with_pycanon(column: str) -> None:
    """Where pyCANON is right we agree to six decimals; entropy l it cuts to a whole number, and we do not."""
    found = measure(uneven(), ["area", "sex"], [column])
    held, expected = found.sensitive[0], PYCANON[column]
    assert (found.k, held.distinct_l, int(held.entropy_l)) == (
        expected["k"],
        expected["distinct_l"],
        expected["entropy_l"],
    )
    assert held.alpha == pytest.approx(expected["alpha"], abs=1e-6)
    assert (held.t if held.ordered_t is None else held.ordered_t) == pytest.approx(expected["t"], abs=1e-6)


def test_rows_without_a_value_are_a_class() -> None:
    """Nulls count as a value: the smallest class is the two rows without one, not the three with (pyCANON: 3)."""
    assert measure(pa.table({"area": ["x", None, "x", "x", None]}), ["area"]).k == 2


def test_sensitive_nulls_are_a_value() -> None:
    """By hand: class a has x and null (l 2, alpha 1/2), b only null (l 1); the whole is x 1/4, null 3/4."""
    table = pa.table({"q": ["a", "a", "b", "b"], "s": ["x", None, None, None]})
    held = measure(table, ["q"], ["s"]).sensitive[0]
    assert (held.distinct_l, held.entropy_l, held.alpha, held.t) == (1, 1.0, 1.0, 0.25)


def test_published_example() -> None:
    """The 3-diverse inpatient table of the t-closeness paper (Li et al., table 3): k 3, l 3, first class 0.375."""
    table = pa.table(
        {
            "zip": ["476**"] * 3 + ["4790*"] * 3 + ["476**"] * 3,
            "age": ["2*"] * 3 + [">=40"] * 3 + ["3*"] * 3,
            "salary": [3, 4, 5, 6, 11, 8, 7, 9, 10],
        }
    )
    found = measure(table, ["zip", "age"], ["salary"])
    assert (found.rows, found.classes, found.k, found.uniques) == (9, 3, 3, 0)
    held = found.sensitive[0]
    assert (held.column, held.distinct_l, held.alpha) == ("salary", 3, pytest.approx(1 / 3))
    assert (held.t, held.ordered_t) == (pytest.approx(2 / 3), pytest.approx(0.375))


def test_distance_along_a_hierarchy() -> None:
    """The illnesses of Li et al., section 4.2: two that meet halfway up are half as far apart as two at the top."""
    flu, cold, ulcer = 0, 1, 2
    of, value = np.array([0, 0, 1, 1, 2, 2]), np.array([flu, flu, cold, cold, ulcer, ulcer])
    levels = [np.array([0, 1, 2]), np.array([0, 0, 1])]
    apart = hierarchical_t(of, value, levels, None, share(value, 3))
    # To the whole (a third each): flu moves a third to cold at 1/2, a third to ulcer at 1.
    assert apart == pytest.approx([1 / 3 * 1 / 2 + 1 / 3, 1 / 3 * 1 / 2 + 1 / 3, 2 / 3])


def test_recursive_diversity() -> None:
    """Counts 4, 2, 1: the first must be below c times the rest: c above 4/3 for l 2, above 4 for l 3, none for 4."""
    counted = histogram(np.zeros(7, int), np.array([0, 0, 0, 0, 1, 1, 2]), 3)
    assert [recursive_c(counted, asked)[0] for asked in (2, 3, 4)] == [pytest.approx(4 / 3), 4.0, np.inf]


def test_distances_by_plain_sums() -> None:
    """Distances counted by pairs that occur are those of the definition, which needs the whole table of counts."""
    rng = np.random.default_rng(5)
    of = np.unique(rng.integers(0, 6, 200), return_inverse=True)[1]
    value = rng.integers(0, 9, 200)
    counted, whole = histogram(of, value, 9), share(value, 9)
    table = np.zeros((6, 9))
    np.add.at(table, (of, value), 1)
    apart = table / table.sum(axis=1, keepdims=True) - whole
    assert equal_t(counted, whole) == pytest.approx(np.abs(apart).sum(axis=1) / 2)
    assert ordered_t(counted, whole) == pytest.approx(np.abs(np.cumsum(apart, axis=1)).sum(axis=1) / 8)
    assert distinct_l(counted).tolist() == (table > 0).sum(axis=1).tolist()


def test_people_are_counted_not_rows() -> None:
    """Many rows of one person hide nobody: three rows of two people are a class of two."""
    table = pa.table({"q": ["a", "a", "a"], "who": [1, 1, 2]})
    assert (measure(table, ["q"]).k, measure(table, ["q"], person="who").k) == (3, 2)


def test_presence() -> None:
    """Of four known people of area x one is released, of two of y both: the chances are 1/4 and 1."""
    known, released = pa.table({"q": ["x"] * 4 + ["y"] * 2}), pa.table({"q": ["x", "y", "y"]})
    assert presence(known, released, ["q"]) == (0.25, 1.0)
    with pytest.raises(ValueError, match="known"):
        presence(released, known, ["q"])


def test_class_like_the_whole_is_close() -> None:
    """Where every class has the table's own mix, t is 0; where each class has one value, l is 1."""
    mixed = pa.table({"q": ["a", "a", "b", "b"], "s": ["x", None, "x", None]})
    same = SensitiveMeasures("s", distinct_l=2, entropy_l=2.0, alpha=0.5, t=0.0, ordered_t=None)
    assert measure(mixed, ["q"], ["s"]) == Measures(rows=4, classes=2, k=2, uniques=0, sensitive=(same,))
    split = pa.table({"q": ["a", "a", "b", "b"], "s": ["x", "x", None, None]})
    apart = SensitiveMeasures("s", distinct_l=1, entropy_l=1.0, alpha=1.0, t=0.5, ordered_t=None)
    assert measure(split, ["q"], ["s"]) == Measures(rows=4, classes=2, k=2, uniques=0, sensitive=(apart,))


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


def test_dictionaries_of_others() -> None:
    """A dictionary with a value twice, one unused and nulls in both places means what its rows say."""
    untidy = pa.DictionaryArray.from_arrays(pa.array([0, 1, 2, None, 4], pa.int8()), ["a", "a", None, "unused", "b"])
    found = code(untidy)
    assert found.values.to_pylist() == ["a", None, "b"]
    assert found.codes.tolist() == [0, 0, 1, 1, 2]


def test_column_that_is_not_there() -> None:
    """A misspelt column is an error, never a better measure."""
    with pytest.raises(ValueError, match="postcode"):
        measure(pa.table({"q": [1]}), ["postcode"])
