"""All ways to generalize a table, cheapest first, and what each makes of its rows.

Rows that are equal are looked at once, with their number: the work grows with distinct
combinations, not with rows. A node is one level for each column. Columns are held as two halves,
each half's combinations numbered beforehand, so that a node costs two look-ups a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from retention.deidentify.classes import WIDEST, Classes, Coded, Codes, classes, combined, dense
from retention.deidentify.ladder import Ladder

SMALL_TABLE_PER_ROW = 4
"""Groups are counted in a table of at most so many entries a row; the rest is sorted."""
SPREAD = np.uint64(0x9E3779B97F4A7C15)
"""Multiplies numbers so that their high bits depend on all bits (Knuth's multiplicative hashing)."""


@dataclass(frozen=True, slots=True)
class Combinations:
    """The distinct rows of a table on some columns, how often each comes, and which one each row is."""

    codes: tuple[Codes, ...]
    """By column: the code of each combination."""
    weights: npt.NDArray[np.int64]
    rows: Classes
    some_row: Codes
    """By combination: a row that has it."""


def combinations(columns: Sequence[Coded], rows: int) -> Combinations:
    """Count the distinct rows."""
    grouped = classes(columns, rows)
    some_row = grouped.any_rows()
    return Combinations(tuple(column.codes[some_row] for column in columns), grouped.sizes, grouped, some_row)


@dataclass(frozen=True, slots=True)
class Half:
    """Some of the columns at every combination of their levels."""

    keys: npt.NDArray[np.int32]
    """By combination of levels, and by row: the row's group."""
    counts: tuple[int, ...]
    """By combination of levels: how many groups."""


@dataclass(frozen=True, slots=True)
class Lattice:
    """Every node of some columns' ladders."""

    levels: npt.NDArray[np.int8]
    """By node and column."""
    left: Half
    right: Half
    halves: npt.NDArray[np.int32]
    """By node: which combination of levels it takes of each half."""

    def groups(self, node: int) -> tuple[npt.NDArray[np.int64], int]:
        """Return each row's group at a node, and how many groups there may be; most are empty."""
        a, b = self.halves[node]
        key = self.left.keys[a].astype(np.int64)
        key *= self.right.counts[b]
        key += self.right.keys[b]
        return key, self.left.counts[a] * self.right.counts[b]

    def promising(self, some: Codes, weights: Codes, k: int) -> Codes:
        """Return those of some nodes that may have a group of weight k, in order; what is not among them has none.

        Groups are counted by a few bits of their number, all nodes at once: on small tables a call
        costs more than its work.
        """
        bits = (SMALL_TABLE_PER_ROW * len(weights)).bit_length()
        a, b = self.halves[some].T
        key = self.left.keys[a].astype(np.int64)
        key *= np.array(self.right.counts)[b][:, None]
        key += self.right.keys[b]
        bucket = spread(key, bits)
        bucket += (np.arange(len(some)) << bits)[:, None]
        filled = np.bincount(bucket.ravel(), np.tile(weights, len(some)), len(some) << bits)
        return some[(filled.reshape(len(some), -1) >= k).any(axis=1)]

    def only(self, rows: Codes) -> Lattice:
        """Return the lattice of some of the rows."""
        left = Half(self.left.keys[:, rows], self.left.counts)
        right = Half(self.right.keys[:, rows], self.right.counts)
        return Lattice(self.levels, left, right, self.halves)


def lattice(codes: Sequence[Codes], ladders: Sequence[Ladder], rows: int) -> Lattice:
    """Number every half's combinations at every combination of its levels."""
    heights = [len(ladder.rungs) for ladder in ladders]
    middle = _middle(heights)
    left, left_nodes = _half(codes[:middle], ladders[:middle], rows)
    right, right_nodes = _half(codes[middle:], ladders[middle:], rows)
    pairs = [*itertools.product(range(len(left_nodes)), range(len(right_nodes)))]
    levels = [left_nodes[a] + right_nodes[b] for a, b in pairs]
    return Lattice(np.array(levels, np.int8).reshape(len(pairs), len(ladders)), left, right, np.array(pairs, np.int32))


def mean_losses(codes: Sequence[Codes], ladders: Sequence[Ladder], weights: Codes) -> list[npt.NDArray[np.float64]]:
    """Return, by column and level, the mean loss of the rows, each as often as it weighs."""
    return [total / weights.sum() for total in total_losses(codes, ladders, weights)]


def total_losses(codes: Sequence[Codes], ladders: Sequence[Ladder], weights: Codes) -> list[npt.NDArray[np.float64]]:
    """Return, by column and level, the loss of all rows together, each as often as it weighs."""
    totals = []
    for column, ladder in zip(codes, ladders, strict=True):
        held = np.bincount(column, weights, minlength=len(ladder.rungs[0].group))
        totals.append(np.array([(rung.loss * held).sum() for rung in ladder.rungs]))
    return totals


def sufficient(key: Codes, radix: int, weights: Codes, k: int) -> tuple[Codes, Codes, int]:
    """Return the places whose group weighs at least k, their groups renumbered, and how many groups.

    Most groups of a fine node are small: a count by a few bits of their number throws them out
    before the exact count is made of the rest.
    """
    places = np.flatnonzero(weights)
    if radix > SMALL_TABLE_PER_ROW * len(key):
        bits = (SMALL_TABLE_PER_ROW * len(key)).bit_length()
        bucket = spread(key, bits)
        full = np.bincount(bucket, weights=weights, minlength=1 << bits) >= k
        places = places[full[bucket[places]]]
        group, radix = dense(key[places], WIDEST)
    else:
        group = key[places]
    enough = np.bincount(group, weights=weights[places], minlength=radix) >= k
    inside = np.flatnonzero(enough[group])
    renamed = np.cumsum(enough) - 1
    return places[inside], renamed[group[inside]], int(enough.sum())


def spread(key: Codes, bits: int) -> Codes:
    """Return a few bits of each number, near enough to chance."""
    return ((key.view(np.uint64) * SPREAD) >> np.uint64(64 - bits)).view(np.int64)


def _middle(heights: Sequence[int]) -> int:
    """Cut where the two halves have most nearly as many combinations of levels."""
    return min(range(len(heights) + 1), key=lambda cut: max(prod(heights[:cut]), prod(heights[cut:])))


def _half(codes: Sequence[Codes], ladders: Sequence[Ladder], rows: int) -> tuple[Half, list[tuple[int, ...]]]:
    nodes = [*itertools.product(*(range(len(ladder.rungs)) for ladder in ladders))]
    groups = [[rung.group[column] for rung in ladder.rungs] for column, ladder in zip(codes, ladders, strict=True)]
    keys = np.empty((len(nodes), rows), np.int32)
    counts = []
    for at, node in enumerate(nodes):
        held = zip(node, groups, ladders, strict=True)
        key, radix = combined([(group[level], ladder.rungs[level].count) for level, group, ladder in held], rows)
        keys[at], count = dense(key, radix)
        counts.append(count)
    return Half(keys, tuple(counts)), nodes
