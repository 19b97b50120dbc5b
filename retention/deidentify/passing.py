"""Which groups of rows may go out as they are: enough rows, and sensitive values mixed enough."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt

from retention.deidentify.classes import Codes
from retention.deidentify.likeness import (
    Histogram,
    Numbers,
    distinct_l,
    entropy_l,
    equal_t,
    hierarchical_t,
    histogram,
    ordered_t,
    recursive_c,
)
from retention.deidentify.recipe import Closeness, Distance, Distinct, Diversity, Entropy, Recursive

ROUNDING = 1e-9
"""Measures are sums of fractions: three equally frequent values have an entropy l of 2.9999999999999996."""


@dataclass(frozen=True, slots=True)
class Mixed:
    """What one sensitive column must show in every group."""

    codes: Codes
    """By combination; in the order of the values where the distance is an ordered one."""
    whole: Numbers
    """Share of each value in the whole table."""
    diversity: Diversity | None
    closeness: Closeness | None
    levels: Sequence[Codes] = ()
    """By level of the hierarchy, the group of each value; for the hierarchical distance."""

    def groups(self, places: Codes, group: Codes, weights: Codes) -> npt.NDArray[np.bool_]:
        """Say of each group whether it is mixed enough."""
        counted = histogram(group, self.codes[places], len(self.whole), weights)
        good = np.ones(len(counted.sizes), bool)
        if self.diversity is not None:
            good &= diverse(counted, self.diversity)
        if self.closeness is not None:
            good &= self._distance(counted, group, self.codes[places], weights) <= self.closeness.t + ROUNDING
        return good

    def _distance(self, counted: Histogram, group: Codes, value: Codes, weights: Codes) -> Numbers:
        distance = Distance.EQUAL if self.closeness is None else self.closeness.distance
        match distance:
            case Distance.EQUAL:
                return equal_t(counted, self.whole)
            case Distance.ORDERED:
                return ordered_t(counted, self.whole)
            case Distance.HIERARCHICAL:
                return hierarchical_t(group, value, self.levels, weights, self.whole)
            case _:
                assert_never(distance)


@dataclass(frozen=True, slots=True)
class Passing:
    """What every group must show."""

    k: int
    mixed: tuple[Mixed, ...] = ()

    @property
    def only_grows(self) -> bool:
        """Whether a group that passes still passes when any rows join it: then search can leave much out."""
        return all(m.closeness is None and isinstance(m.diversity, Distinct | None) for m in self.mixed)

    def groups(self, places: Codes, group: Codes, count: int, weights: Codes) -> npt.NDArray[np.bool_]:
        """Say of each group, all of them of at least k rows, whether it passes.

        Args:
            places: combinations that are in a group.
            group: the group of each of them, numbered from 0 without a gap.
            count: how many groups.
            weights: rows of each of the combinations.

        """
        good = np.ones(count, bool)
        for column in self.mixed if count else ():
            good &= column.groups(places, group, weights)
        return good


def diverse(counted: Histogram, demand: Diversity) -> npt.NDArray[np.bool_]:
    """Say of each class whether its values are diverse enough."""
    match demand:
        case Distinct(l):
            return distinct_l(counted) >= l
        case Entropy(l):
            return entropy_l(counted) >= l * (1 - ROUNDING)
        case Recursive(c, l):
            return recursive_c(counted, l) < c
        case _:
            assert_never(demand)
