"""An attack: somebody who has the original tries to find the original row of each row that goes out.

The attacker knows the quasi-identifiers of everybody and how the table was made. A row that goes
out is compared with all original rows: labels of a hierarchy fit or do not, numbers are as far
apart as they are, and the attacker guesses among the nearest. With classes of k a guess is right
once in k times at most; where it is right more often, something tells rows apart that k did not
count.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.classes import Coded, Codes
from retention.deidentify.ladder import build
from retention.deidentify.lattice import Combinations
from retention.deidentify.measures import ranked
from retention.deidentify.numbered import Numbered
from retention.deidentify.pieces import side_by_side
from retention.deidentify.recipe import Generalize, Recipe

Distances = Callable[[Any], npt.NDArray[np.float64]]
"""The value that goes out to its distance from every distinct original value."""

GUESSES, WORK = 1_000, 10_000_000
"""Rows attacked at most, and comparisons in all."""


def success(
    original: Numbered, produced: pa.Table, recipe: Recipe, origin: Codes, rng: np.random.Generator
) -> tuple[float, int]:
    """Return the mean chance that a guess is right, and how many rows were attacked.

    Args:
        original: what the attacker knows.
        produced: what goes out.
        recipe: how it was made.
        origin: the original row of each row that goes out, which only we know.
        rng: draws the rows that are attacked.

    """
    quasi = recipe.quasi
    if not produced.num_rows or not quasi:
        return 0.0, 0
    columns, known = original.columns(quasi), original.combined(quasi)
    size = min(GUESSES, produced.num_rows, max(1, WORK // len(known.weights)))
    drawn = rng.choice(produced.num_rows, size, replace=False)
    distances = [_distances(name, recipe, column) for name, column in zip(quasi, columns, strict=True)]
    rows = produced.select(list(quasi)).take(pa.array(drawn)).to_pylist()

    def attack(guess: tuple[Mapping[str, Any], int]) -> float:
        row, place = guess
        return _chance([row[name] for name in quasi], distances, known, known.rows.of[origin[place]])

    chances = side_by_side(attack, zip(rows, drawn, strict=True), produced.num_rows)
    return float(np.mean(chances)), size


def tolerated(k: int, guesses: int) -> float:
    """Return the largest mean chance that a table with classes of k explains: 1/k and three standard errors."""
    return 1 / k + 3 * math.sqrt((1 / k) * (1 - 1 / k) / max(guesses, 1))


def _chance(row: list[Any], distances: list[Distances], known: Combinations, truth: int) -> float:
    """Return how likely the right one is guessed: one of the nearest, if it is among them."""
    apart = np.zeros(len(known.weights))
    for value, distance, codes in zip(row, distances, known.codes, strict=True):
        apart += distance(value)[codes]
    nearest = apart <= apart.min() + 1e-12
    return 1 / float(known.weights[nearest].sum()) if nearest[truth] else 0.0


def _distances(name: str, recipe: Recipe, column: Coded) -> Distances:
    generalized = [method for method in recipe.columns[name].methods if isinstance(method, Generalize)]
    if generalized:
        return _by_label(name, generalized[-1], column)
    return _by_number(column) if ranked(column) is not None else _by_value(column)


def _by_label(name: str, method: Generalize, column: Coded) -> Distances:
    """0 where a label covers the value, else 1."""
    ladder = build(name, method.hierarchy, column.values)
    covers: dict[str | None, npt.NDArray[np.float64]] = {}
    for rung in ladder.rungs:
        for group, label in enumerate(rung.labels):
            apart = (rung.group != group).astype(float)
            covers[label] = np.minimum(covers[label], apart) if label in covers else apart
    nothing = np.zeros(column.count)
    return lambda label: covers.get(label, nothing)


def _by_number(column: Coded) -> Distances:
    """As far as the numbers, in deviations of the column; what is missing is near to all."""
    kind = column.values.type
    whole = column.values if not pa.types.is_temporal(kind) else _whole(column.values)
    numbers = pc.cast(whole, pa.float64()).to_numpy(zero_copy_only=False)
    deviation = float(np.nanstd(numbers)) or 1.0

    def apart(value: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 -- a cell
        if value is None:
            return np.zeros(len(numbers))
        cell = pa.array([value], kind if pa.types.is_temporal(kind) else None)
        at = (_whole(cell) if pa.types.is_temporal(kind) else cell.cast(pa.float64()))[0].as_py()
        return np.asarray(np.nan_to_num(np.abs(numbers - at) / deviation, nan=1.0))

    return apart


def _whole(values: pa.Array) -> pa.Array:
    """Turn dates, times and instants into the whole numbers they are kept as."""
    return values.view(pa.int32() if values.type.bit_width == 32 else pa.int64())  # noqa: PLR2004 -- bits


def _by_value(column: Coded) -> Distances:
    """0 where it is the value, else 1."""
    places = {value: place for place, value in enumerate(column.values.to_pylist())}

    def apart(value: Any) -> npt.NDArray[np.float64]:  # noqa: ANN401 -- a cell
        out = np.ones(column.count)
        if value in places:
            out[places[value]] = 0.0
        return out

    return apart
