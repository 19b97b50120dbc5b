"""Generalization searched: local and global recoding."""

from __future__ import annotations

import itertools
from collections import Counter

import numpy as np
import pyarrow as pa
import pytest

from retention.deidentify.classes import code_all
from retention.deidentify.globally import recode_globally
from retention.deidentify.hierarchy import Listed, Numbers
from retention.deidentify.ladder import Ladder, build
from retention.deidentify.lattice import Combinations, alone_at_least, combinations
from retention.deidentify.locally import recode_locally
from retention.deidentify.passing import Mixed, Passing
from retention.deidentify.recipe import Distinct

TOWNS = Listed((("a", "north"), ("b", "north"), ("c", "south"), ("d", "south"), ("e", "south")))


def people(rows: int, seed: int) -> pa.Table:
    """Return rows of an age, a town and a sex, uneven."""
    rng = np.random.default_rng(seed)
    return pa.table(
        {
            "age": np.minimum(rng.integers(0, 40, rows), rng.integers(0, 40, rows)),
            "town": np.array(["a", "b", "c", "d", "e"])[rng.integers(0, 5, rows) * rng.integers(0, 2, rows)],
            "sex": np.array(["f", "m"])[rng.integers(0, 2, rows)],
        }
    )


def prepared(table: pa.Table) -> tuple[Combinations, list[Ladder]]:
    """Return the table's combinations and its columns' ladders."""
    columns = code_all(table.columns)
    hierarchies = (Numbers((5, 20)), TOWNS, Listed((("f", "*"), ("m", "*"))))
    pairs = zip(table.column_names, hierarchies, columns, strict=True)
    return combinations(columns, table.num_rows), [build(name, each, column.values) for name, each, column in pairs]


def by_hand(table: Combinations, ladders: list[Ladder], k: int, allowed: int) -> float:
    """Return the least loss of any node, by trying each of them row by row."""
    best = np.inf
    for node in itertools.product(*(range(len(ladder.rungs)) for ladder in ladders)):
        rungs = [ladder.rungs[level] for ladder, level in zip(ladders, node, strict=True)]
        rows = [
            tuple(int(rung.group[c[i]]) for rung, c in zip(rungs, table.codes, strict=True))
            for i in range(len(table.weights))
        ]
        held: Counter[tuple[int, ...]] = Counter()
        for row, weight in zip(rows, table.weights.tolist(), strict=True):
            held[row] += weight
        lost, out = 0.0, 0
        for i, (row, weight) in enumerate(zip(rows, table.weights.tolist(), strict=True)):
            if held[row] < k:
                out += weight
            else:
                lost += weight * sum(rung.loss[c[i]] for rung, c in zip(rungs, table.codes, strict=True)) / len(rungs)
        if out <= allowed:
            best = min(best, (lost + out) / int(table.weights.sum()))
    return best


@pytest.mark.parametrize(("seed", "k", "share"), [(1, 2, 0.0), (2, 5, 0.05), (3, 10, 0.2), (4, 3, 0.5)])
def test_no_node_is_better_than_the_one_found(seed: int, k: int, share: float) -> None:
    """Global recoding finds what trying all nodes finds, and leaves out no more than it may."""
    table, ladders = prepared(people(120, seed))
    found = recode_globally(table, ladders, Passing(k), share)
    assert found is not None
    assert found.loss == pytest.approx(by_hand(table, ladders, k, int(share * 120)))
    assert int(table.weights[~found.kept].sum()) <= share * 120


def test_where_nothing_passes_nothing_is_found() -> None:
    """More rows asked for than there are: no node, not the widest one."""
    table, ladders = prepared(people(20, 1))
    assert recode_globally(table, ladders, Passing(21), 0.5) is None


def test_local_recoding_keeps_k_and_loses_less() -> None:
    """Every class of the labels has k rows, and less is lost than the best single node loses."""
    table, ladders = prepared(people(400, 5))
    found = recode_locally(table, ladders, Passing(5))
    labels = Counter[tuple[object, ...]]()
    for i in np.flatnonzero(found.kept):
        rungs = [ladder.rungs[level] for ladder, level in zip(ladders, found.levels[i], strict=True)]
        labels[tuple(r.labels[r.group[c[i]]] for r, c in zip(rungs, table.codes, strict=True))] += int(table.weights[i])
    assert min(labels.values()) >= 5
    assert table.weights[~found.kept].sum() < 5
    best = recode_globally(table, ladders, Passing(5), 0.05)
    assert best is not None
    assert found.loss < 0.8 * best.loss


def test_rows_that_have_company_stay_as_they_are() -> None:
    """Three equal rows and k 3: nothing is generalized, and a lone other row is left out."""
    table, ladders = prepared(pa.table({"age": [7, 7, 7, 33], "town": list("aaae"), "sex": list("fffm")}))
    found = recode_locally(table, ladders, Passing(3))
    assert found.levels[found.kept].tolist() == [[0, 0, 0]]
    assert found.kept.sum() == 1
    assert found.loss == 0.25


def test_large_tables_are_counted_the_same() -> None:
    """Many combinations, most of them alone: the quick count by a few bits leaves no class out (by plain count)."""
    rng = np.random.default_rng(8)
    ages, towns = rng.integers(0, 5_000, 20_000), np.array(list("abcde"))[rng.integers(0, 5, 20_000)]
    table = pa.table({"age": ages, "town": towns, "sex": np.array(["f", "m"])[rng.integers(0, 2, 20_000)]})
    combined, ladders = prepared(table)
    found = recode_locally(combined, ladders, Passing(4))
    as_they_are = (found.levels == 0).all(axis=1) & found.kept
    assert combined.weights[as_they_are].sum() == combined.weights[combined.weights >= 4].sum() > 0


def test_sensitive_values_must_be_mixed() -> None:
    """Distinct l 2: a class of one illness only is widened until it has two."""
    table = pa.table({"age": [1, 1, 2, 2], "town": list("aaaa"), "sex": list("ffff")})
    illness = np.array([0, 0, 1, 1])
    combined, ladders = prepared(table)
    mixed = Mixed(illness[combined.some_row], np.array([0.5, 0.5]), Distinct(2), None)
    found = recode_locally(combined, ladders, Passing(2, (mixed,)))
    assert found.levels.tolist() == [[1, 0, 0], [1, 0, 0]]


def test_nodes_without_a_group_are_passed_over() -> None:
    """Global recoding with a mix asked for: nodes at which no group has k rows are no error."""
    combined, ladders = prepared(pa.table({"age": [1, 2, 3, 9], "town": list("abcd"), "sex": list("ffff")}))
    mixed = Mixed(np.array([0, 1, 0, 1])[combined.some_row], np.array([0.5, 0.5]), Distinct(2), None)
    found = recode_globally(combined, ladders, Passing(4, (mixed,)), 0.0)
    assert found is not None
    assert found.levels[0].tolist() == [2, 2, 0]


@pytest.mark.parametrize("radix", [300, 1 << 40])
def test_rows_counted_as_alone_are(radix: int) -> None:
    """The quick count of rows without company never says more than there are; of few groups it is exact."""
    rng = np.random.default_rng(3)
    key = np.minimum(rng.integers(0, 300, 2_000), rng.integers(0, 300, 2_000)) * (radix // 300)
    weights = rng.integers(1, 4, 2_000)
    held: Counter[int] = Counter()
    for group, weight in zip(key.tolist(), weights.tolist(), strict=True):
        held[group] += weight
    exact = sum(weight for weight in held.values() if weight < 12)
    found = alone_at_least(key, radix, weights, 12)
    assert 0.9 * exact < found <= exact
    assert found == exact or radix > 300
