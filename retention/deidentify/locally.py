"""Local recoding: each row is generalized only as far as it needs.

Nodes are tried from the cheapest on; at each, the groups that pass keep that node's labels and
are done, and the rest goes on to the next. What reaches the end without company is left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from retention.deidentify.classes import Codes
from retention.deidentify.ladder import Ladder
from retention.deidentify.lattice import Combinations, Lattice, lattice, sufficient
from retention.deidentify.passing import Passing

STILL_WAITING = 0.8
"""Below this share of rows that still wait, the others are cut away."""
BATCH = 1 << 16
"""Rows times nodes that are looked at together."""


@dataclass(frozen=True, slots=True)
class Recoded:
    """What became of each combination."""

    levels: npt.NDArray[np.int8]
    """By combination and column."""
    kept: npt.NDArray[np.bool_]
    """By combination; what is not kept is left out of the output."""
    loss: float
    """Mean over all cells of the normalized certainty penalty, 0 to 1; a row left out counts 1."""


def recode_locally(table: Combinations, ladders: Sequence[Ladder], passing: Passing) -> Recoded:
    """Generalize every combination to the first node, by cost, at which its group passes.

    The ladders are those of the combinations' first columns; the others are sensitive ones.
    """
    codes = table.codes[: len(ladders)]
    nodes = lattice(codes, ladders, len(table.weights))
    node_of = _assign(nodes, _by_cost(nodes, codes, ladders, table.weights), table.weights, passing)
    kept = node_of >= 0
    levels = nodes.levels[np.where(kept, node_of, len(nodes.levels) - 1)]
    return Recoded(levels, kept, loss_of(codes, ladders, levels, kept, table.weights))


def loss_of(
    codes: Sequence[Codes],
    ladders: Sequence[Ladder],
    levels: npt.NDArray[np.int8],
    kept: npt.NDArray[np.bool_],
    weights: Codes,
) -> float:
    """Return the mean loss of all cells."""
    each = np.zeros(len(weights))
    for at, (column, ladder) in enumerate(zip(codes, ladders, strict=True)):
        each += np.stack([rung.loss for rung in ladder.rungs])[levels[:, at], column]
    return float((np.where(kept, each / len(ladders), 1.0) * weights).sum() / weights.sum())


def _by_cost(nodes: Lattice, codes: Sequence[Codes], ladders: Sequence[Ladder], weights: Codes) -> Codes:
    """Order nodes by the sum over columns of the mean squared loss.

    Squared, since a column lost altogether is worse than several a little wider; on census data
    this loses 1 % less than the plain mean does.
    """
    cost = np.zeros(len(nodes.levels))
    for at, (column, ladder) in enumerate(zip(codes, ladders, strict=True)):
        held = np.bincount(column, weights, minlength=len(ladder.rungs[0].group))
        cost += np.array([(rung.loss**2 * held).sum() for rung in ladder.rungs])[nodes.levels[:, at]]
    return np.argsort(cost, kind="stable")


def _assign(nodes: Lattice, order: Codes, weights: Codes, passing: Passing) -> npt.NDArray[np.int32]:
    """Return the node of each combination; -1 where none was found."""
    node_of = np.full(len(weights), -1, np.int32)
    rows = np.arange(len(weights))
    # A row that is done weighs nothing; when enough are done, the lattice is cut to the others.
    weights = weights.copy()
    ahead = order
    while len(ahead) and len(rows):
        batch = max(1, BATCH // len(rows))
        for node in nodes.promising(ahead[:batch], weights, passing.k) if batch > 1 else ahead[:1]:
            place, group, count = sufficient(*nodes.groups(node), weights, passing.k)
            if count:
                done = place[passing.groups(rows[place], group, count, weights[place])[group]]
                node_of[rows[done]] = node
                weights[done] = 0
        ahead = ahead[batch:]
        waiting = np.flatnonzero(weights)
        if len(waiting) < STILL_WAITING * len(weights):
            nodes, rows, weights = nodes.only(waiting), rows[waiting], weights[waiting]
    return node_of
