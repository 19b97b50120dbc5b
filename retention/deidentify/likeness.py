"""How alike the sensitive values inside each class are, and to the whole: one number a class.

All take the same: a `Histogram`, which counts each sensitive value in each class. Only pairs
that occur are held, so that a million classes of a thousand values need no table of a billion.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

from retention.deidentify.classes import Codes, dense

Numbers: TypeAlias = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How often each value occurs in each class; sorted by class, then by value."""

    of: Codes
    """Class of each pair."""
    value: Codes
    counts: npt.NDArray[np.int64]
    starts: npt.NDArray[np.int64]
    """Where each class's pairs begin."""
    sizes: npt.NDArray[np.int64]
    """Rows of each class."""

    def per_class(self, numbers: Numbers) -> Numbers:
        """Sum numbers of pairs into classes."""
        return np.add.reduceat(numbers, self.starts)

    @property
    def shares(self) -> Numbers:
        """Share of each pair in its class."""
        return self.counts / self.sizes[self.of]


def histogram(of: Codes, value: Codes, values: int, weights: npt.NDArray[np.int64] | None = None) -> Histogram:
    """Count values in classes; rows weigh one where no weights are given."""
    key = of.astype(np.int64) * values + value
    radix = (int(of.max()) + 1) * values
    renumbered, count = dense(key, radix)
    counts = np.bincount(renumbered, weights=weights, minlength=count).astype(np.int64)
    distinct = np.empty(count, np.int64)
    distinct[renumbered] = key
    order = np.argsort(distinct)
    distinct, counts = distinct[order], counts[order]
    held, what = np.divmod(distinct, values)
    starts = np.flatnonzero(np.r_[True, held[1:] != held[:-1]])
    sizes = np.add.reduceat(counts, starts)
    return Histogram(held, what, counts, starts, sizes)


def distinct_l(histogram: Histogram) -> npt.NDArray[np.int64]:
    """Count the different values of each class."""
    return np.diff(np.append(histogram.starts, len(histogram.of)))


def entropy_l(histogram: Histogram) -> Numbers:
    """Return the exponential of each class's entropy: as many equally frequent values would have it."""
    shares = histogram.shares
    return np.exp(-histogram.per_class(shares * np.log(shares)))


def alpha(histogram: Histogram) -> Numbers:
    """Return the share of each class's most frequent value (Wong et al., 2006)."""
    return np.maximum.reduceat(histogram.counts, histogram.starts) / histogram.sizes


def recursive_c(histogram: Histogram, l: int) -> Numbers:  # noqa: E741 -- the measure's own letter
    """Return what c must be greater than for each class to be (c, l)-diverse; infinite with fewer than l values.

    The most frequent value's count must be below c times the sum of the counts from the l-th most
    frequent on (Machanavajjhala et al., 2006, definition 4).
    """
    order = np.lexsort((-histogram.counts, histogram.of))
    counts = histogram.counts[order]
    rank = np.arange(len(counts)) - histogram.starts[histogram.of]
    tail = np.add.reduceat(np.where(rank >= l - 1, counts, 0), histogram.starts)
    with np.errstate(divide="ignore"):
        return np.asarray(counts[histogram.starts] / tail, np.float64)


def equal_t(histogram: Histogram, whole: Numbers) -> Numbers:
    """Return each class's distance from the whole, all values being equally far apart: total variation."""
    expected = whole[histogram.value]
    inside = histogram.per_class(np.abs(histogram.shares - expected))
    # What a class does not have, the whole has; rounding must not make it negative.
    outside = np.maximum(1.0 - histogram.per_class(expected), 0.0)
    return (inside + outside) / 2


def ordered_t(histogram: Histogram, whole: Numbers) -> Numbers:
    """Return each class's distance, values being as far apart as their ranks (codes are ranks).

    The sum over ranks of |class's cumulative share - whole's|, over the number of steps. Between two
    values of a class its cumulative share stands still and the whole's only rises, so that each
    stretch is two differences of running sums around the point where they cross.
    """
    steps = len(whole) - 1
    if steps < 1:
        return np.zeros(len(histogram.sizes))
    rising = np.cumsum(whole)
    running = np.append(0.0, np.cumsum(rising))
    reached = np.cumsum(histogram.counts) - np.repeat(
        np.append(0, np.cumsum(histogram.sizes)[:-1]), distinct_l(histogram)
    )
    level = reached / histogram.sizes[histogram.of]
    begin = histogram.value
    last = np.append(histogram.starts[1:], len(begin)) - 1
    end = np.append(begin[1:], len(whole))
    end[last] = len(whole)
    cross = np.clip(np.searchsorted(rising, level), begin, end)
    stretch = level * (2 * cross - begin - end) + running[begin] + running[end] - 2 * running[cross]
    # Before a class's first value its share is 0 and the distance is the whole's own.
    total = histogram.per_class(stretch) + running[begin[histogram.starts]]
    return np.asarray(np.maximum(total, 0.0) / steps, np.float64)


def hierarchical_t(
    of: Codes, value: Codes, levels: Sequence[Codes], weights: npt.NDArray[np.int64] | None, whole: Numbers
) -> Numbers:
    """Return each class's distance, values being as far apart as the level at which they meet.

    On a tree of equal height the earth mover's distance is the mean, over the levels below the root,
    of the total variation of the level's groups.
    """
    total: Numbers = np.zeros(int(of.max()) + 1)
    for groups in levels:
        count = int(groups.max()) + 1
        expected = np.bincount(groups, weights=whole, minlength=count).astype(np.float64)
        total += equal_t(histogram(of, groups[value], count, weights), expected)
    return total / len(levels)


def share(value: Codes, values: int, weights: npt.NDArray[np.int64] | None = None) -> Numbers:
    """Return the share of each value in the whole table."""
    counts = np.bincount(value, weights=weights, minlength=values)
    return np.asarray(counts / counts.sum(), np.float64)
