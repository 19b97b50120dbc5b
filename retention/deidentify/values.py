"""What the methods do to the values of one column, or of a few together. Null stays null.

Everything random comes from the generator given; whoever has its seed could undo it, so the seed
is destroyed once the output is made (Rules 35 of the APPI, and PPC's Q&A 15-14).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.classes import Codes, classes, code
from retention.deidentify.microaggregation import (
    BLOCK,
    Groups,
    Numbers,
    improved,
    in_blocks,
    information_loss,
    mdav,
    means,
    standardized,
)
from retention.deidentify.recipe import AddNoise, DropCells, DropRecords, TopBottom

Mask = npt.NDArray[np.bool_]


def hit(column: pa.ChunkedArray, method: DropCells | DropRecords) -> Mask:
    """Say which rows hold one of the method's values, or a value that fewer rows hold than it asks."""
    coded = code(column)
    rare = np.bincount(coded.codes, minlength=coded.count) < method.fewer_than
    texts = {str(value) for value in method.values}
    listed = np.array([text is not None and text in texts for text in pc.cast(coded.values, pa.string()).to_pylist()])
    null = pc.is_null(coded.values).to_numpy(zero_copy_only=False)
    return np.asarray(((rare | listed.astype(bool)) & ~null)[coded.codes])


def without_cells(column: pa.ChunkedArray, method: DropCells) -> pa.Array:
    """Empty the cells that are hit."""
    whole = column.combine_chunks()
    return pc.if_else(pa.array(hit(column, method)), pa.scalar(None, whole.type), whole)


def bounded(column: pa.ChunkedArray, method: TopBottom) -> pa.Array:
    """Bring numbers beyond a bound to the bound."""
    values = column.combine_chunks()
    if method.bottom is not None:
        values = pc.max_element_wise(values, pa.scalar(method.bottom).cast(values.type), skip_nulls=False)
    if method.top is not None:
        values = pc.min_element_wise(values, pa.scalar(method.top).cast(values.type), skip_nulls=False)
    return values


def noisy(column: pa.ChunkedArray, method: AddNoise, rng: np.random.Generator) -> pa.Array:
    """Add a normal error of the column's own deviation times the scale."""
    numbers, missing = numeric(column)
    known = numbers[~missing]
    deviation = float(known.std()) if len(known) else 0.0
    changed = numbers + rng.normal(0.0, method.scale * deviation, len(numbers))
    if method.decimals is not None:
        return pa.array(np.round(changed, method.decimals), mask=missing)
    return like(column.type, changed, missing)


def swapped(
    columns: Sequence[pa.ChunkedArray], within: Sequence[pa.ChunkedArray], rng: np.random.Generator
) -> list[pa.Array]:
    """Give each row the values of another row that is alike in `within`; the columns move as one."""
    rows = len(columns[0])
    group = classes([code(column) for column in within], rows).of
    stay = np.argsort(group, kind="stable")
    mixed = np.lexsort((rng.random(rows), group))
    source = np.empty(rows, np.int64)
    source[stay] = mixed
    return [column.take(pa.array(source)).combine_chunks() for column in columns]


def aggregated(columns: Sequence[pa.ChunkedArray], k: int) -> list[pa.Array]:
    """Give each row the means of its group of k or more like rows; rows with a null anywhere get none."""
    read = [numeric(column) for column in columns]
    missing = np.any([empty for _, empty in read], axis=0)
    table = np.stack([numbers for numbers, _ in read], axis=1)
    known = table[~missing]
    out = np.zeros_like(table)
    missing |= len(known) < k
    if len(known) >= k:
        out[~missing] = means(known, grouped(standardized(known), k))
    return [pa.array(out[:, at], mask=missing) for at in range(len(columns))]


def grouped(numbers: Numbers, k: int) -> Groups:
    """Group rows: MDAV, improved where the table is small enough for it, and only if it is better."""
    if len(numbers) > BLOCK * 4:
        return in_blocks(numbers, k)
    first = mdav(numbers, k)
    second = improved(numbers, first, k)
    return min(first, second, key=lambda group: information_loss(numbers, group))


def synthetic(columns: Sequence[pa.ChunkedArray], rng: np.random.Generator) -> list[pa.Array]:
    """Draw new rows with each column's own distribution and the columns' rank correlation (a Gaussian copula).

    Values are drawn from those that occur, nulls among them: rare ones must be dealt with before.
    """
    rows = len(columns[0])
    coded = [code(column) for column in columns]
    orders = [_sorting(each.values) for each in coded]
    scores = np.stack([_scores(order[each.codes], rng) for each, order in zip(coded, orders, strict=True)], axis=1)
    together = np.nan_to_num(np.atleast_2d(np.corrcoef(scores, rowvar=False)), nan=0.0)
    np.fill_diagonal(together, 1.0)
    drawn = rng.multivariate_normal(np.zeros(len(columns)), together, size=rows, check_valid="ignore")
    out = []
    for at, (each, order) in enumerate(zip(coded, orders, strict=True)):
        place = np.empty(rows, np.int64)
        place[np.argsort(drawn[:, at])] = np.arange(rows)
        # The r-th smallest draw gets the value at a random place near r: the distribution stays, exact counts do not.
        ranks = np.sort(rng.integers(0, rows, rows))[place] if rows else place
        by_rank = np.sort(order[each.codes])
        back = np.argsort(order)
        out.append(each.values.take(pa.array(back[by_rank[ranks]])))
    return out


def _sorting(values: pa.Array) -> Codes:
    """Return the rank of each distinct value."""
    order = pc.sort_indices(values).to_numpy()
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _scores(ranks: Codes, rng: np.random.Generator) -> Numbers:
    """Turn ranks into normal scores, ties broken at random."""
    order = np.lexsort((rng.random(len(ranks)), ranks))
    scores = np.empty(len(ranks))
    scores[order] = np.sort(rng.normal(size=len(ranks)))
    return scores


def numeric(column: pa.ChunkedArray) -> tuple[Numbers, Mask]:
    """Return the numbers, 0 where there is none, and where there is none."""
    whole = column.combine_chunks()
    missing = pc.is_null(whole).to_numpy(zero_copy_only=False)
    return pc.fill_null(pc.cast(whole, pa.float64(), safe=False), 0.0).to_numpy(zero_copy_only=False), missing


def like(kind: pa.DataType, numbers: Numbers, missing: Mask) -> pa.Array:
    """Bring numbers back to a column's type; whole numbers are rounded."""
    if pa.types.is_integer(kind):
        limits = np.iinfo(kind.to_pandas_dtype())
        return pa.array(np.clip(np.rint(numbers), limits.min, limits.max), mask=missing).cast(kind, safe=False)
    if pa.types.is_decimal(kind):
        return pa.array(np.round(numbers, kind.scale), mask=missing).cast(kind, safe=False)
    return pa.array(numbers, mask=missing).cast(kind, safe=False)
