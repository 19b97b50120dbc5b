"""Counts for partners: small cells are suppressed, and so are cells from which they could be computed.

A table of counts with its totals is a system of linear equations: every total is the sum of its
cells. Each cell that is left out is protected by a hypercube (the method of Repsilber's GHMITER,
1994): cells at its corners, all of them left out, can all be shifted, some up and some down, so
that every published number stays what it is and none falls below zero. How far they can be
shifted is what an outsider cannot know: at least `at_least`.

Along one dimension `a + b + … - total = 0` is kept by shifting a up and b down, or a and the total
up; a hypercube is the product of such pairs, one for each dimension, so it keeps all the sums.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import TypeAlias

import pyarrow as pa

from retention.errors import InputError

TOTAL = "*"
"""The value of a dimension that stands for all of its values."""
Cell: TypeAlias = tuple[str, ...]
Cube: TypeAlias = Mapping[Cell, int]
"""Corner → 1 or -1: which way it is shifted."""
_MOST_CELLS = 20_000


@dataclass(frozen=True, slots=True)
class Statistics:
    """A table that may be published."""

    dimensions: tuple[str, ...]
    counts: Mapping[Cell, int | None]
    """Inner cells and totals; None: left out."""
    primary: frozenset[Cell]
    """Left out because few people are in them."""
    cubes: tuple[Cube, ...]
    """What protects them; every cell left out is a corner of one."""
    narrowest: float | None
    """The least distance between what a cell left out may least and most be; None if none is left out."""

    @property
    def hidden(self) -> frozenset[Cell]:
        """All cells left out."""
        return frozenset(cell for cell, count in self.counts.items() if count is None)

    def csv(self) -> str:
        """Return it as CSV; a cell left out is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([*self.dimensions, "people"])
        for cell, count in self.counts.items():
            writer.writerow([*cell, "" if count is None else count])
        return text.getvalue()

    def table(self) -> pa.Table:
        """Return it for Parquet; a cell left out is null."""
        columns = {name: [cell[n] for cell in self.counts] for n, name in enumerate(self.dimensions)}
        return pa.table({**columns, "people": pa.array(list(self.counts.values()), pa.int64())})


def publishable(tallies: Mapping[Cell, int], dimensions: Sequence[str], at_least: int) -> Statistics:
    """Return the table with every cell left out that must be.

    Args:
        tallies: people by the values of the dimensions; combinations without people may be missing.
        dimensions: their names, in the cells' order.
        at_least: the fewest people a published cell counts; an empty cell is published as 0.

    Raises:
        InputError: a small cell cannot be protected, there are too many cells, fewer than two people are
            asked for, or a value is the word for totals.

    """
    values = _values(tallies, dimensions, at_least)
    counts = _with_totals(tallies, values)
    everyone = counts[(TOTAL,) * len(dimensions)]
    if everyone < at_least:
        raise InputError(f"statistics: expected at least {at_least} people in all, found fewer")
    primary = frozenset(cell for cell, count in counts.items() if 0 < count < at_least)
    hidden: set[Cell] = set()
    cubes: list[Cube] = []
    widths: list[float] = []
    for cell in sorted(primary, key=lambda small: (counts[small], small)):
        cube = _protecting(cell, counts, values, hidden | primary, at_least)
        if cube is None:
            raise InputError(
                "statistics: a small cell could be computed from the others, whatever is left out with it",
                hint="use fewer or broader dimensions",
            )
        hidden |= cube.keys()
        cubes.append(cube)
        widths.append(_width(cube, counts))
    shown = {cell: None if cell in hidden else count for cell, count in counts.items()}
    return Statistics(tuple(dimensions), shown, primary, tuple(cubes), min(widths, default=None))


def _values(tallies: Mapping[Cell, int], dimensions: Sequence[str], at_least: int) -> list[list[str]]:
    """Return each dimension's values, the total last."""
    if at_least < 2:  # noqa: PLR2004 -- one person is no group
        raise InputError(f"statistics: expected at least 2 people a cell, found {at_least}")
    found = [sorted({cell[n] for cell in tallies}) for n in range(len(dimensions))]
    if any(TOTAL in each for each in found):
        raise InputError(f"statistics: a value is `{TOTAL}`, which means the total here", hint="rename it first")
    size = math.prod(len(each) + 1 for each in found)
    if size > _MOST_CELLS:
        raise InputError(f"statistics: expected at most {_MOST_CELLS} cells, found {size}", hint="broaden a dimension")
    return [[*each, TOTAL] for each in found]


def _with_totals(tallies: Mapping[Cell, int], values: Sequence[Sequence[str]]) -> dict[Cell, int]:
    counts = dict.fromkeys(product(*values), 0)
    for cell, count in tallies.items():
        for totals in product(*((value, TOTAL) for value in cell)):
            counts[totals] += count
    return counts


def _protecting(
    cell: Cell, counts: Mapping[Cell, int], values: Sequence[Sequence[str]], hidden: set[Cell], at_least: int
) -> Cube | None:
    """Return the hypercube at this corner that is wide enough and leaves out the fewest people more."""
    best, least = None, math.inf
    others = ([value for value in each if value != own] for each, own in zip(values, cell, strict=True))
    for partners in product(*others):
        cube = _cube(cell, partners)
        more = sum(counts[corner] + 1 for corner in cube if corner not in hidden)
        if more < least and _width(cube, counts) >= at_least:
            best, least = cube, more
    return best


def _cube(cell: Cell, partners: Cell) -> Cube:
    """Return the corners, and which way each goes when the cell goes up."""
    pairs = [((own, 1), (other, 1 if TOTAL in (own, other) else -1)) for own, other in zip(cell, partners, strict=True)]
    return {tuple(v for v, _ in corner): math.prod(sign for _, sign in corner) for corner in product(*pairs)}


def _width(cube: Cube, counts: Mapping[Cell, int]) -> float:
    """Return how far the corners can be shifted, down and up together, before one is below zero."""
    down = min(counts[cell] for cell, sign in cube.items() if sign > 0)
    up = min((counts[cell] for cell, sign in cube.items() if sign < 0), default=math.inf)
    return down + up


# -- looking again


def alternatives(counts: Mapping[Cell, int], statistics: Statistics) -> Iterator[dict[Cell, int]]:
    """Yield, for each hypercube, the two tables furthest apart that fit everything published.

    Where nothing bounds the way up, as far up as down.
    """
    for cube in statistics.cubes:
        down = min(counts[cell] for cell, sign in cube.items() if sign > 0)
        up = min((counts[cell] for cell, sign in cube.items() if sign < 0), default=down + 1)
        for shift in (-down, up):
            yield {cell: count + shift * cube.get(cell, 0) for cell, count in counts.items()}


def equations(counts: Mapping[Cell, int | None]) -> Iterator[tuple[Cell, tuple[Cell, ...]]]:
    """Yield each total with the cells it is the sum of, dimension by dimension."""
    parts: dict[tuple[int, Cell], list[Cell]] = {}
    for cell in counts:
        for n, value in enumerate(cell):
            if value != TOTAL:
                parts.setdefault((n, (*cell[:n], TOTAL, *cell[n + 1 :])), []).append(cell)
    for (_, total), cells in parts.items():
        yield total, tuple(cells)
