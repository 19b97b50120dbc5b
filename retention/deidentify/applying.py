"""Carry out a recipe: table in, table and verdict out. Pure: keys and seed are given.

Start reading at `apply`.
"""

from __future__ import annotations

import pyarrow as pa

from retention.deidentify.recipe import DropItem, Recipe, Token
from retention.deidentify.tokens import Keys, tokenize
from retention.deidentify.verdict import Criterion, Masked, Reason, Verdict


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
    del seed  # first slice: deletion and tokens only
    out = {}
    for name, column in recipe.columns.items():
        if DropItem() in column.methods:
            continue
        values = table.column(name)
        if Token() in column.methods and keys is not None:
            values = tokenize(values, keys.of(name))
        out[name] = values
    return pa.table(out), Masked((Reason(Criterion.NOT_ASKED, "no test was made yet"),))
