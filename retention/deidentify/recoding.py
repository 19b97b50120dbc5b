"""Generalization: fixed levels where the recipe says one, and searched ones where it leaves the choice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import assert_never

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.assessing import passing
from retention.deidentify.classes import Coded, Codes, looked_up, narrowest
from retention.deidentify.globally import recode_globally
from retention.deidentify.hierarchy import EVERYTHING, Hierarchy
from retention.deidentify.ladder import Ladder, Rung, build
from retention.deidentify.locally import Recoded, recode_locally
from retention.deidentify.numbered import Numbered
from retention.deidentify.recipe import Generalize, GlobalRecoding, LocalRecoding, Recipe
from retention.errors import InputError, Problem


@dataclass(frozen=True, slots=True)
class Generalized:
    """New columns, the rows that stay, and what it cost."""

    columns: Mapping[str, pa.Array]
    """Of the rows that stay."""
    rows: npt.NDArray[np.bool_]
    loss: float
    """Mean normalized certainty penalty of the searched columns, 0 to 1; a row left out counts 1."""


def at_level(column: str, values: Coded, method: Generalize) -> pa.Array:
    """Generalize a column to one level.

    Raises:
        InputError: the hierarchy does not fit the values, or has no such level.

    """
    rungs = build(column, method.hierarchy, values.values).rungs
    level = method.level or 0
    if not 0 <= level < len(rungs):
        problem = Problem(where=column, expected=f"a level from 0 to {len(rungs) - 1}", found=str(level))
        raise InputError("the recipe does not fit the table", problems=(problem,))
    return _labelled(rungs[level], values.codes)


def searched(recipe: Recipe) -> dict[str, Hierarchy]:
    """Return the columns whose level is left to the search, with their hierarchies."""
    return {
        name: method.hierarchy
        for name in recipe.quasi
        for method in recipe.columns[name].methods
        if isinstance(method, Generalize) and method.level is None
    }


def search(numbered: Numbered, recipe: Recipe) -> Generalized:
    """Recode so that every class shows k, l and t; quasi-identifiers without a choice count as they are.

    A global recoding that no node satisfies leaves out every row.
    """
    open_columns = searched(recipe)
    names = [*open_columns, *(name for name in recipe.quasi if name not in open_columns)]
    everything = [*names, *recipe.sensitive]
    coded = dict(zip(everything, numbered.columns(everything), strict=True))
    ladders = [
        build(name, open_columns[name], coded[name].values) if name in open_columns else _as_it_is(coded[name])
        for name in names
    ]
    wanted = recipe.demands.diversity is not None or recipe.demands.closeness is not None
    combined = numbered.combined(everything if wanted else names)
    sensitive = [(name, coded[name]) for name in recipe.sensitive if wanted]
    test = passing(recipe.demands, sensitive, combined.some_row)
    match recipe.recoding:
        case LocalRecoding():
            found = recode_locally(combined, ladders, test)
        case GlobalRecoding(suppress):
            nothing = np.zeros((len(combined.weights), len(ladders)), np.int8)
            none = Recoded(nothing, np.zeros(len(combined.weights), bool), 1.0)
            found = recode_globally(combined, ladders, test, suppress) or none
        case _:
            assert_never(recipe.recoding)
    stays = looked_up(found.kept, combined.rows.of)
    of = combined.rows.of if stays.all() else combined.rows.of[stays]
    columns = {
        name: _by_combination(ladder, codes, found.levels[:, at], of)
        for at, (name, ladder, codes) in enumerate(zip(names, ladders, combined.codes, strict=False))
        if name in open_columns
    }
    return Generalized(columns, stays, found.loss)


def _as_it_is(column: Coded) -> Ladder:
    """Return a ladder of one level: nothing is chosen."""
    groups = np.arange(column.count, dtype=np.int32)
    return Ladder((Rung(groups, tuple(map(str, groups)), np.zeros(column.count)),))


def _labelled(rung: Rung, codes: Codes) -> pa.Array:
    return pa.array(rung.labels, pa.string()).take(pa.array(rung.group[codes]))


def _by_combination(ladder: Ladder, codes: Codes, levels: Codes, of: Codes) -> pa.Array:
    """Look up the label of each combination at its level, then of each row; the array is dictionary-encoded."""
    labels = [label for rung in ladder.rungs for label in rung.labels]
    starts = np.cumsum([0, *(rung.count for rung in ladder.rungs[:-1])])
    groups = np.stack([rung.group + start for rung, start in zip(ladder.rungs, starts, strict=True)])
    distinct: dict[str | None, int] = {}
    number = np.array([distinct.setdefault(label, len(distinct)) for label in labels])
    place = looked_up(number[groups[levels, codes]].astype(narrowest(len(distinct))), of)
    missing = None if None not in distinct else place == distinct[None]
    words = pa.array([EVERYTHING if label is None else label for label in distinct], pa.string())
    return pa.DictionaryArray.from_arrays(pa.array(place, mask=missing), words)


def decoded(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Return a column without a dictionary."""
    return column if not pa.types.is_dictionary(column.type) else pc.cast(column, column.type.value_type)
