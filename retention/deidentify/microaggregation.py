"""Microaggregation: rows in groups of at least k like ones, each replaced by its group's mean.

MDAV, maximum distance to average vector (Domingo-Ferrer and Torra, 2005), as the literature's
figures are made with; and `improved`, which moves and merges what MDAV grouped until nothing
gets better. Large tables are first cut into blocks at medians, and MDAV groups each block.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Numbers = npt.NDArray[np.float64]
Groups = npt.NDArray[np.int64]

BLOCK = 1500
"""Rows of a block: MDAV's time grows with their square."""
ROUNDS = 8
"""Passes of the improvement; the first few do nearly all of it."""

ROUNDING = 1e-12


def standardized(numbers: Numbers) -> Numbers:
    """Bring columns to mean 0 and deviation 1; a column of one value to 0."""
    deviation = numbers.std(axis=0)
    return np.asarray((numbers - numbers.mean(axis=0)) / np.where(deviation > 0, deviation, 1.0))


def mdav(numbers: Numbers, k: int) -> Groups:
    """Group rows: about the row furthest from the mean, then about the row furthest from that one, and so on.

    Args:
        numbers: rows by columns, standardized.
        k: rows of a group at least; there must be as many rows.

    """
    group = np.empty(len(numbers), np.int64)
    rows = np.arange(len(numbers))
    rest = numbers
    count = 0

    def close(at: int) -> Numbers:
        """Make a group of the k rows nearest to one; return that row's numbers."""
        nonlocal rows, rest, count
        centre = rest[at]
        nearest = np.argpartition(_squares(rest, centre), k - 1)[:k]
        group[rows[nearest]] = count
        count += 1
        stay = np.ones(len(rows), bool)
        stay[nearest] = False
        rows, rest = rows[stay], rest[stay]
        return np.asarray(centre)

    while len(rows) >= 3 * k:
        centre = close(int(_squares(rest, rest.mean(axis=0)).argmax()))
        close(int(_squares(rest, centre).argmax()))
    if len(rows) >= 2 * k:
        close(int(_squares(rest, rest.mean(axis=0)).argmax()))
    group[rows] = count
    return group


def in_blocks(numbers: Numbers, k: int) -> Groups:
    """Group rows of a large table: halve at the median of the widest column, then MDAV in each block."""
    group = np.empty(len(numbers), np.int64)
    count = 0
    waiting = [np.arange(len(numbers))]
    while waiting:
        rows = waiting.pop()
        if len(rows) > max(BLOCK, 2 * k):
            widest = int(numbers[rows].var(axis=0).argmax())
            half = len(rows) // 2
            order = np.argpartition(numbers[rows, widest], half)
            waiting += [rows[order[:half]], rows[order[half:]]]
            continue
        inside = mdav(numbers[rows], k)
        group[rows] = inside + count
        count += int(inside.max()) + 1
    return group


def improved(numbers: Numbers, group: Groups, k: int) -> Groups:
    """Dissolve groups, and move single rows, while the sum of squares falls; every group keeps k rows.

    After Chang, Li and Huang (TFRP, 2007), whose second phase dissolves groups; a row that joins a
    group of n adds n/(n+1) of its squared distance to the mean, one that leaves takes n/(n-1) of it
    (Ward's criterion).
    """
    groups = _Groups(numbers, group)
    for _ in range(ROUNDS):
        before = groups.changes
        for own in groups.loosest_first():
            groups.dissolve_if_better(own)
        for row in np.flatnonzero(groups.sizes[groups.of] > k):
            groups.move_if_better(int(row), k)
        if groups.changes == before:
            break
    return np.unique(groups.of, return_inverse=True)[1]


class _Groups:
    """Groups with their sums kept, so that a change costs what it changes."""

    def __init__(self, numbers: Numbers, group: Groups) -> None:
        self.numbers = numbers
        self.of = group.copy()
        self.sizes = np.bincount(group)
        self.sums = np.stack([np.bincount(group, column) for column in numbers.T], axis=1)
        self.changes = 0

    def loosest_first(self) -> Groups:
        """Return the groups by their own sum of squares, largest first."""
        held = np.bincount(self.of, ((self.numbers - self._means()[self.of]) ** 2).sum(axis=1))
        return np.argsort(-held, kind="stable")

    def dissolve_if_better(self, own: int) -> None:
        """Spread a group's rows over the groups nearest to them if that loses less."""
        rows = np.flatnonzero(self.of == own)
        if not len(rows):
            return
        others = self.sizes * (np.arange(len(self.sizes)) != own)
        to, cost = np.empty(len(rows), np.int64), 0.0
        centres = self._means()
        for place, row in enumerate(rows):
            costs = np.where(others > 0, _squares(centres, self.numbers[row]) * others / (others + 1), np.inf)
            to[place] = costs.argmin()
            cost += costs.min()
        held = _squares(self.numbers[rows], centres[own]).sum()
        # Rows that go to one group together cost less than reckoned here one by one or a little more.
        if cost < held:
            for row, target in zip(rows, to, strict=True):
                self._move(int(row), int(target))

    def move_if_better(self, row: int, k: int) -> None:
        """Move one row to the group it fits best, unless its own would become too small."""
        own = self.of[row]
        if self.sizes[own] <= k:
            return
        squares = _squares(self._means(), self.numbers[row])
        cost = np.where(self.sizes > 0, squares * self.sizes / (self.sizes + 1), np.inf)
        cost[own] = np.inf
        if cost.min() < squares[own] * self.sizes[own] / (self.sizes[own] - 1) - ROUNDING:
            self._move(row, int(cost.argmin()))

    def _means(self) -> Numbers:
        return np.asarray(self.sums / np.maximum(self.sizes, 1)[:, None])

    def _move(self, row: int, target: int) -> None:
        for where, sign in ((self.of[row], -1), (target, 1)):
            self.sizes[where] += sign
            self.sums[where] += sign * self.numbers[row]
        self.of[row] = target
        self.changes += 1


def means(numbers: Numbers, group: Groups) -> Numbers:
    """Return the mean of each row's group, in the numbers' own scale."""
    sizes = np.bincount(group)
    return np.stack([(np.bincount(group, column) / sizes)[group] for column in numbers.T], axis=1)


def information_loss(numbers: Numbers, group: Groups) -> float:
    """Return the share, in percent, of the sum of squares that the groups' means lose: 100 SSE / SST."""
    lost = ((numbers - means(numbers, group)) ** 2).sum()
    whole = ((numbers - numbers.mean(axis=0)) ** 2).sum()
    return float(100 * lost / whole)


def _squares(rows: Numbers, centre: Numbers) -> Numbers:
    difference = rows - centre
    return np.asarray(np.einsum("ij,ij->i", difference, difference), np.float64)
