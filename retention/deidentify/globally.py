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
from retention.deidentify.lattice import Combinations, Lattice, lattice, sufficient, total_losses
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
    nodes = lattice(codes, ladders, len(weights))
    allowed = int(suppress * weights.sum() + ROUNDING)
    shrinks = passing.only_grows or allowed == 0
    height = nodes.levels.sum(axis=1, dtype=np.int64)
    tie = TIE * height  # of nodes that lose the same, the most specific
    bound = _losses(nodes.levels, total_losses(codes, ladders, weights), 0, weights) + tie
    ahead = np.argsort(bound, kind="stable")
    best, found = np.inf, None
    while len(ahead):
        # The most general first: where even it fails, all below it fail.
        node = ahead[np.argmax(height[ahead])]
        kept = _kept(nodes, node, weights, passing)
        left_out = int(weights[~kept].sum())
        ahead = ahead[ahead != node]
        below = (nodes.levels[ahead] <= nodes.levels[node]).all(axis=1) & shrinks
        if left_out > allowed:
            ahead = ahead[~below]
            continue
        loss = _losses(nodes.levels, total_losses(codes, ladders, np.where(kept, weights, 0)), left_out, weights)
        loss += tie
        if loss[node] < best:
            best = loss[node]
            found = Recoded(
                np.broadcast_to(nodes.levels[node], (len(weights), len(ladders))), kept, float(best - tie[node])
            )
        bound[ahead[below]] = np.maximum(bound[ahead[below]], loss[ahead[below]])
        ahead = ahead[bound[ahead] < best - ROUNDING]
    return found


def _losses(
    levels: npt.NDArray[np.int8], totals: Sequence[npt.NDArray[np.float64]], left_out: int, weights: Codes
) -> npt.NDArray[np.float64]:
    """Return what each node loses where these are the rows left out."""
    each = np.zeros(len(levels))
    for at, total in enumerate(totals):
        each += total[levels[:, at]]
    return (each / len(totals) + left_out) / float(weights.sum())


def _kept(nodes: Lattice, node: int, weights: Codes, passing: Passing) -> npt.NDArray[np.bool_]:
    """Generalize all rows to one node, and say which pass."""
    place, group, count = sufficient(*nodes.groups(node), weights, passing.k)
    kept = np.zeros(len(weights), bool)
    kept[place[passing.groups(place, group, count, weights[place])[group]]] = True
    return kept
