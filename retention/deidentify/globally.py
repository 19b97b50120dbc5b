"""Global recoding: one level a column for all rows, and provably none better.

Branch and bound. What a node loses is at least what its labels lose with no row left out; and
where leaving out can only shrink upwards (k and distinct l), the rows one node leaves out are
left out by every node below it, which bounds those from below and often rules them out.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from retention.deidentify.classes import Codes
from retention.deidentify.ladder import Ladder
from retention.deidentify.lattice import Combinations, Halves, all_levels, alone_at_least, sufficient, total_losses
from retention.deidentify.locally import Recoded
from retention.deidentify.passing import Passing

ROUNDING, TIE = 1e-12, 1e-10
"""Two sums of the same losses may differ by the first; a level weighs the second where losses are equal."""


def recode_globally(
    table: Combinations, ladders: Sequence[Ladder], passing: Passing, suppress: float
) -> Recoded | None:
    """Return the node of least loss that leaves out at most a share of the rows; None where there is none.

    The ladders are those of the combinations' first columns; the others are sensitive ones.
    """
    codes, weights = table.codes[: len(ladders)], table.weights
    search = _Search(codes, ladders, weights)
    allowed = int(suppress * weights.sum() + ROUNDING)
    shrinks = passing.only_grows or allowed == 0
    halves, best, found = Halves(codes, ladders, len(weights)), np.inf, None
    while (node := search.next()) is not None:
        levels = search.levels[node]
        key, radix = halves.groups(levels)
        if alone_at_least(key, radix, weights, passing.k) > allowed:
            search.fails(node, and_all_below=shrinks)
            continue
        kept = _kept(key, radix, weights, passing)
        left_out = int(weights[~kept].sum())
        if left_out > allowed:
            search.fails(node, and_all_below=shrinks)
            continue
        loss = search.passes(node, np.where(kept, weights, 0), left_out, bounds_all_below=shrinks)
        if loss < best:
            best = loss
            search.rule_out(best)
            exact = best - TIE * float(levels.sum(dtype=np.int64))
            found = Recoded(np.broadcast_to(levels, (len(weights), len(ladders))), kept, exact)
    return found


class _Search:
    """The nodes that may still be the best, the most general first: where even it fails, all below it fail."""

    def __init__(self, codes: Sequence[Codes], ladders: Sequence[Ladder], weights: Codes) -> None:
        self._codes, self._ladders = codes, ladders
        self._rows = float(weights.sum())
        levels = all_levels(ladders)
        height = levels.sum(axis=1, dtype=np.int64)
        self._tie = TIE * height  # of nodes that lose the same, the most specific
        bound = self._losses(levels, weights, 0)
        order = np.lexsort((bound, -height))
        self.levels, self._tie, self._bound = levels[order], self._tie[order], bound[order]
        # column by column: comparing a node with all others is then a few passes over bytes
        self._columns = np.ascontiguousarray(self.levels.T)
        self._ahead = np.ones(len(levels), bool)
        self._at = 0

    def next(self) -> int | None:
        """Return the next node."""
        step = int(self._ahead[self._at :].argmax()) if self._at < len(self._ahead) else 0
        self._at += step
        if self._at >= len(self._ahead) or not self._ahead[self._at]:
            return None
        self._at += 1
        return self._at - 1

    def fails(self, node: int, *, and_all_below: bool) -> None:
        """Rule out the node."""
        if and_all_below:
            self._ahead &= ~self._below(node)

    def passes(self, node: int, kept: Codes, left_out: int, *, bounds_all_below: bool) -> float:
        """Return what the node loses; those below it lose at least what their labels lose of the rows it keeps."""
        loss = self._losses(self.levels, kept, left_out)
        if bounds_all_below:
            below = self._below(node)
            self._bound[below] = np.maximum(self._bound[below], loss[below])
        return float(loss[node])

    def rule_out(self, best: float) -> None:
        """Leave only nodes that may lose less."""
        self._ahead &= self._bound < best - ROUNDING

    def _below(self, node: int) -> npt.NDArray[np.bool_]:
        below = np.ones(len(self._ahead), bool)
        for column, level in zip(self._columns, self.levels[node], strict=True):
            below &= column <= level
        return below

    def _losses(self, levels: npt.NDArray[np.int8], weights: Codes, left_out: int) -> npt.NDArray[np.float64]:
        """Return what each node loses where these are the rows that stay."""
        totals = total_losses(self._codes, self._ladders, weights)
        each = np.zeros(len(levels))
        for at, total in enumerate(totals):
            each += total[levels[:, at]]
        return np.asarray((each / len(totals) + left_out) / self._rows + self._tie)


def _kept(key: Codes, radix: int, weights: Codes, passing: Passing) -> npt.NDArray[np.bool_]:
    """Say which rows pass where all are generalized to one node."""
    place, group, count = sufficient(key, radix, weights, passing.k)
    kept = np.zeros(len(weights), bool)
    kept[place[passing.groups(place, group, count, weights[place])[group]]] = True
    return kept
