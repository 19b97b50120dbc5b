"""All ways to generalize a table, cheapest first, and what each makes of its rows.

Rows that are equal are looked at once, with their number: the work grows with distinct
combinations, not with rows. A node is one level for each column. Columns are held as two halves,
each half's combinations numbered beforehand, so that a node costs two look-ups a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
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


class Columns:
    """Some columns, whose combinations are numbered at each combination of levels that is asked for."""

    def __init__(self, codes: Sequence[Codes], ladders: Sequence[Ladder], rows: int) -> None:
        """Number nothing yet."""
        self.rows = rows
        self.heights = [len(ladder.rungs) for ladder in ladders]
        self._levels = [
            [(rung.group[column], rung.count) for rung in ladder.rungs]
            for column, ladder in zip(codes, ladders, strict=True)
        ]
        self.groups = lru_cache(maxsize=None)(self._groups)

    def _groups(self, node: tuple[int, ...]) -> tuple[Codes, int]:
        key, radix = combined([levels[level] for levels, level in zip(self._levels, node, strict=True)], self.rows)
        return dense(key, radix)


class Halves:
    """The columns as two halves, each numbered where it is asked for."""

    def __init__(self, codes: Sequence[Codes], ladders: Sequence[Ladder], rows: int) -> None:
        """Number nothing yet."""
        self._middle = _middle([len(ladder.rungs) for ladder in ladders])
        self.left = Columns(codes[: self._middle], ladders[: self._middle], rows)
        self.right = Columns(codes[self._middle :], ladders[self._middle :], rows)

    def groups(self, levels: npt.NDArray[np.int8]) -> tuple[npt.NDArray[np.int64], int]:
        """Return each row's group at these levels, and how many groups there may be; most are empty."""
        node = tuple(levels.tolist())
        a, left = self.left.groups(node[: self._middle])
        b, right = self.right.groups(node[self._middle :])
        key = np.multiply(a, right, dtype=np.int64)
        key += b
        return key, left * right


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
    halves = Halves(codes, ladders, rows)
    left_nodes, left = _half(halves.left)
    right_nodes, right = _half(halves.right)
    pairs = [*itertools.product(range(len(left_nodes)), range(len(right_nodes)))]
    levels = [left_nodes[a] + right_nodes[b] for a, b in pairs]
    return Lattice(np.array(levels, np.int8).reshape(len(pairs), len(ladders)), left, right, np.array(pairs, np.int32))


def all_levels(ladders: Sequence[Ladder]) -> npt.NDArray[np.int8]:
    """Return every node's levels, by node and column."""
    heights = [len(ladder.rungs) for ladder in ladders]
    return np.indices(heights, np.int8).reshape(len(heights), prod(heights)).T


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


def alone_at_least(key: Codes, radix: int, weights: Codes, k: int) -> int:
    """Return how many rows are surely in groups that weigh less than k: of a few bits of the groups' numbers."""
    if radix > SMALL_TABLE_PER_ROW * len(key):
        bits = len(key).bit_length()
        key, radix = spread(key, bits), 1 << bits
    held = np.bincount(key, weights, radix)
    return int(held[held < k].sum())


def spread(key: Codes, bits: int) -> Codes:
    """Return a few bits of each number, near enough to chance."""
    return ((key.view(np.uint64) * SPREAD) >> np.uint64(64 - bits)).view(np.int64)


def _middle(heights: Sequence[int]) -> int:
    """Cut where the two halves have most nearly as many combinations of levels."""
    return min(range(len(heights) + 1), key=lambda cut: max(prod(heights[:cut]), prod(heights[cut:])))


def _half(columns: Columns) -> tuple[list[tuple[int, ...]], Half]:
    nodes = [*itertools.product(*(range(height) for height in columns.heights))]
    found = [columns.groups(node) for node in nodes]
    keys = np.empty((len(nodes), columns.rows), np.int32)
    for at, (key, _) in enumerate(found):
        keys[at] = key
    return nodes, Half(keys, tuple(count for _, count in found))
