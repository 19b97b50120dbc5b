"""How alike the rows of a table are: k, l and t, and what else tells people apart.

Null is a value like any other: see `classes`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from retention.deidentify.classes import Classes, Coded, Codes, classes, code_all, dense
from retention.deidentify.likeness import alpha, distinct_l, entropy_l, equal_t, histogram, ordered_t, share


@dataclass(frozen=True, slots=True)
class SensitiveMeasures:
    """What one sensitive column shows in the worst class."""

    column: str
    distinct_l: int
    """Different values in the poorest class (Machanavajjhala et al., 2006)."""
    entropy_l: float
    """Exponential of the least entropy of a class (same paper)."""
    alpha: float
    """Largest share that one value has in a class (Wong et al., 2006)."""
    t: float
    """Largest distance of a class from the whole table, 0 to 1, all values equally far apart (Li et al., 2007)."""
    ordered_t: float | None
    """The same with values as far apart as their ranks; None where the column has no order. Null is least."""


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; None where there are no rows."""

    rows: int
    classes: int
    """Groups of rows that are equal on the quasi-identifiers."""
    k: int | None
    """Rows, or people where a person column was given, in the smallest class (Samarati and Sweeney, 1998)."""
    uniques: int = 0
    """Rows that are alone in their class."""
    sensitive: tuple[SensitiveMeasures, ...] = ()


def measure(
    table: pa.Table, quasi: Sequence[str], sensitive: Sequence[str] = (), person: str | None = None
) -> Measures:
    """Measure the table on its quasi-identifiers; without any, all rows are one class.

    Args:
        table: what is measured.
        quasi: the columns by which rows are told apart.
        sensitive: the columns whose values must not be learned from a class.
        person: the column that tells whose row it is; k then counts people, who may have many rows.

    Raises:
        ValueError: a column named is not in the table.

    """
    named = [*quasi, *sensitive, *([] if person is None else [person])]
    absent = sorted(set(named) - set(table.column_names))
    if absent:
        raise ValueError(f"expected columns {', '.join(absent)}, found {', '.join(table.column_names)}")
    if table.num_rows == 0:
        return Measures(rows=0, classes=0, k=None)
    coded = dict(zip(named, code_all([table.column(name) for name in named]), strict=True))
    grouped = classes([coded[name] for name in quasi], table.num_rows)
    found = measured(grouped, {name: coded[name] for name in sensitive})
    return found if person is None else replace(found, k=int(people(grouped, coded[person]).min()))


def measured(grouped: Classes, sensitive: Mapping[str, Coded]) -> Measures:
    """Return the measures of rows whose classes are known; k counts rows."""
    return Measures(
        rows=len(grouped.of),
        classes=grouped.count,
        k=int(grouped.sizes.min()) if grouped.count else None,
        uniques=int((grouped.sizes == 1).sum()),
        sensitive=tuple(_sensitive(name, grouped, column) for name, column in sensitive.items() if grouped.count),
    )


def people(grouped: Classes, person: Coded) -> Codes:
    """Count the people of each class; rows without a person are one person."""
    key = grouped.of.astype(np.int64) * person.count + person.codes
    pairs, count = dense(key, grouped.count * person.count)
    held = np.empty(count, np.int64)
    held[pairs] = grouped.of
    return np.bincount(held, minlength=grouped.count)


def presence(known: pa.Table, released: pa.Table, quasi: Sequence[str]) -> tuple[float, float]:
    """Return the least and largest chance that somebody of a class of `known` is in `released`.

    δ-presence (Nergiz et al., 2007): `known` is everybody an outsider may know of, generalized as
    `released` is; a table is δ-present when both lie within the bounds asked.

    Raises:
        ValueError: a table is empty, or `released` has somebody whom `known` does not have.

    """
    if not known.num_rows or not released.num_rows:
        raise ValueError("expected rows in both tables, found none")
    both = pa.concat_tables([known.select(list(quasi)), released.select(list(quasi))])
    grouped = classes(code_all(both.columns), both.num_rows)
    outside = np.bincount(grouped.of[: known.num_rows], minlength=grouped.count)
    inside = np.bincount(grouped.of[known.num_rows :], minlength=grouped.count)
    if (inside > outside).any():
        raise ValueError(f"expected everybody released to be known, found {int((inside > outside).sum())} classes not")
    chance = inside / outside
    return float(chance.min()), float(chance.max())


def ranked(coded: Coded) -> Coded | None:
    """Renumber a column in the order of its values, null first; None where they have no order."""
    kind = coded.values.type
    ordered = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal, pa.types.is_temporal)
    if not any(belongs(kind) for belongs in ordered):
        return None
    places = pc.sort_indices(coded.values).to_numpy()
    if coded.values.null_count:
        places = np.roll(places, 1)  # sorted last, and meant first
    rank = np.empty(len(places), np.int64)
    rank[places] = np.arange(len(places))
    return Coded(rank[coded.codes], coded.values.take(pa.array(places)))


def _sensitive(name: str, grouped: Classes, column: Coded) -> SensitiveMeasures:
    """Measure one column; an order is taken where numbers, dates or instants have one."""
    in_order = ranked(column)
    values = in_order or column
    counted = histogram(grouped.of, values.codes, values.count)
    whole = share(values.codes, values.count)
    return SensitiveMeasures(
        column=name,
        distinct_l=int(distinct_l(counted).min()),
        entropy_l=float(entropy_l(counted).min()),
        alpha=float(alpha(counted).max()),
        t=float(equal_t(counted, whole).max()),
        ordered_t=None if in_order is None else float(ordered_t(counted, whole).max()),
    )
