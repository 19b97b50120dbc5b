"""Carry out a recipe: table in, table and verdict out. Pure: keys and seed are given.

Start reading at `apply`. The order: rows go (record deletion, sample), cells change (column by
column, method by method), levels are searched, classes of too few people go, rows are shuffled,
columns that do not go out are left behind; then the result is tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import assert_never

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.assessing import assess
from retention.deidentify.classes import Codes, classes, code, encoded, looked_up, row_numbers
from retention.deidentify.ff1 import keep_format
from retention.deidentify.fitting import check
from retention.deidentify.measures import people
from retention.deidentify.numbered import Numbered
from retention.deidentify.pieces import side_by_side
from retention.deidentify.recipe import (
    AddNoise,
    DropCells,
    DropItem,
    DropRecords,
    Generalize,
    KeepFormat,
    LocalRecoding,
    Method,
    Microaggregate,
    Recipe,
    Swap,
    Synthesize,
    Token,
    TopBottom,
)
from retention.deidentify.recoding import at_level, decoded, search, searched
from retention.deidentify.shuffling import shuffled
from retention.deidentify.tokens import Keys, tokenize
from retention.deidentify.values import aggregated, bounded, hit, noisy, swapped, synthetic, without_cells
from retention.deidentify.verdict import Refused, Verdict


def apply(table: pa.Table, recipe: Recipe, keys: Keys | None, seed: int) -> tuple[pa.Table, Verdict]:
    """Return what may go out, and what it may be called; of a refused output no row is returned.

    Args:
        table: the original; a column the recipe does not name is an error.
        recipe: what is done, and what must then hold.
        keys: for tokens; None where the recipe has none.
        seed: for everything random. From `secrets`, of at least 128 bits, and destroyed afterwards:
            whoever has it can undo noise and swapping (Rules 35).

    Raises:
        InputError: the recipe and the table do not fit each other.

    """
    check(table, recipe, keys)
    rng = np.random.default_rng(seed)
    original = Numbered(table)
    work = _Work(table, row_numbers(table.num_rows))
    work = _without_records(work, recipe, rng)
    work = _with_methods(work, recipe, keys, rng)
    work = _with_levels(work, original if work.table is table else Numbered(work.table), recipe)
    work = _with_company(work, recipe)
    places = shuffled(work.table.num_rows, rng)
    names = _outgoing(recipe)
    columns = side_by_side(lambda name: _settled(work.table.column(name), places), names, len(places))
    produced = pa.table(dict(zip(names, columns, strict=True)))
    verdict = assess(original, produced, recipe, looked_up(work.origin, places), seed)
    return (produced.slice(0, 0) if isinstance(verdict, Refused) else produced), verdict


@dataclass(frozen=True, slots=True)
class _Work:
    """The table on its way, and the original row of each of its rows."""

    table: pa.Table
    origin: Codes

    def rows(self, places: Codes) -> _Work:
        return _Work(self.table.take(pa.array(places)), self.origin[places])

    def only(self, keep: Codes) -> _Work:
        return self if keep.all() else self.rows(np.flatnonzero(keep))

    def having(self, name: str, column: pa.Array | pa.ChunkedArray) -> _Work:
        return _Work(self.table.set_column(self.table.column_names.index(name), name, column), self.origin)


def _outgoing(recipe: Recipe) -> list[str]:
    return [name for name, column in recipe.columns.items() if DropItem() not in column.methods]


def _without_records(work: _Work, recipe: Recipe, rng: np.random.Generator) -> _Work:
    """Delete records, then draw the sample."""
    keep = np.ones(work.table.num_rows, bool)
    for name, column in recipe.columns.items():
        for method in column.methods:
            if isinstance(method, DropRecords):
                keep &= ~hit(work.table.column(name), method)
    work = work.only(keep)
    if recipe.sample is None:
        return work
    size = round(recipe.sample.fraction * work.table.num_rows)
    return work.rows(np.sort(rng.choice(work.table.num_rows, size, replace=False)))


def _with_methods(work: _Work, recipe: Recipe, keys: Keys | None, rng: np.random.Generator) -> _Work:
    """Apply each column's methods in their order; columns that go together do so at the first of them."""
    done: set[Method] = set()
    for turn in range(max((len(column.methods) for column in recipe.columns.values()), default=0)):
        for name, column in recipe.columns.items():
            if turn >= len(column.methods) or DropItem() in column.methods:
                continue
            method = column.methods[turn]
            if isinstance(method, Swap | Microaggregate | Synthesize) and method.together:
                if method not in done:
                    work = _as_one(work, recipe, method, rng)
                done.add(method)
            else:
                work = _one(work, name, method, keys, rng)
    return work


def _one(work: _Work, name: str, method: Method, keys: Keys | None, rng: np.random.Generator) -> _Work:
    """Apply one method to one column."""
    column = decoded(work.table.column(name)) if not isinstance(method, Token | Generalize) else work.table.column(name)
    match method:
        case DropItem() | DropRecords():
            return work
        case DropCells():
            return work.having(name, without_cells(column, method))
        case Generalize(level=level):
            return work if level is None else work.having(name, at_level(name, code(column), method))
        case TopBottom():
            return work.having(name, bounded(column, method))
        case Microaggregate() | Swap() | Synthesize():
            return _group(work, [name], method, rng)
        case AddNoise():
            return work.having(name, noisy(column, method, rng))
        case Token():
            return work if keys is None else work.having(name, tokenize(column, keys.of(name)))
        case KeepFormat():
            return work if keys is None else work.having(name, keep_format(column, keys.of(name), name))
        case _:
            assert_never(method)


def _as_one(work: _Work, recipe: Recipe, method: Swap | Microaggregate | Synthesize, rng: np.random.Generator) -> _Work:
    """Apply a method to all columns that share it."""
    names = [name for name, column in recipe.columns.items() if method in column.methods]
    return _group(work, names, method, rng)


def _group(
    work: _Work, names: list[str], method: Swap | Microaggregate | Synthesize, rng: np.random.Generator
) -> _Work:
    columns = [decoded(work.table.column(name)) for name in names]
    match method:
        case Swap(within=within):
            changed = swapped(columns, [work.table.column(name) for name in within], rng)
        case Microaggregate(k=k):
            changed = aggregated(columns, k)
        case Synthesize():
            changed = synthetic(columns, rng)
        case _:
            assert_never(method)
    for name, column in zip(names, changed, strict=True):
        work = work.having(name, column)
    return work


def _with_levels(work: _Work, numbered: Numbered, recipe: Recipe) -> _Work:
    """Search levels where the recipe leaves them open."""
    if not searched(recipe) or not work.table.num_rows:
        return work
    found = search(numbered, recipe)
    # Rows left out change the whole that t compares with: searched again until none is.
    again = recipe.demands.closeness is not None and isinstance(recipe.recoding, LocalRecoding)
    while again and 0 < found.rows.sum() < len(found.rows):
        work = work.only(found.rows)
        found = search(Numbered(work.table), recipe)
    stays = pa.array(found.rows)
    columns = {
        name: found.columns[name] if name in found.columns else column.filter(stays)
        for name, column in zip(work.table.column_names, work.table.columns, strict=True)
    }
    return _Work(pa.table(columns), work.origin[found.rows])


def _with_company(work: _Work, recipe: Recipe) -> _Work:
    """Leave out classes of fewer than k people: many rows of one person hide nobody."""
    if recipe.person is None or recipe.demands.k is None or not work.table.num_rows:
        return work
    grouped = classes([code(work.table.column(name)) for name in recipe.quasi], work.table.num_rows)
    held = people(grouped, code(work.table.column(recipe.person)))
    return work.only((held >= recipe.demands.k)[grouped.of])


def _settled(column: pa.ChunkedArray, places: Codes) -> pa.Array | pa.ChunkedArray:
    """Take rows; a dictionary comes in the order of its values, used ones only: another would tell of rows gone."""
    if not pa.types.is_dictionary(column.type):
        return column.take(pa.array(places))
    coded = code(column)
    return encoded(coded, pc.sort_indices(coded.values).to_numpy()).take(pa.array(places))
