"""How alike the rows of a table are.

Null is a value like any other: rows without a postal code are a class of their own. A
measure that leaves nulls out reports more likeness than there is: of `x, null, x, x, null`
it says 3, and the rows without a value are only two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa
import pyarrow.compute as pc


@dataclass(frozen=True, slots=True)
class Measures:
    """What was measured; None where there are no rows, or no sensitive column was named."""

    rows: int
    classes: int
    """Groups of rows that are equal on the quasi-identifiers."""
    k: int | None
    """Rows in the smallest class (k-anonymity: Samarati and Sweeney, 1998)."""
    distinct_l: int | None = None
    """Distinct sensitive values in the poorest class (distinct l-diversity: Machanavajjhala et al., 2006)."""
    t: float | None = None
    """Largest distance of a class's sensitive values from the whole table's, 0 to 1, all values being
    equally far from each other (t-closeness: Li et al., 2007)."""


def measure(table: pa.Table, quasi: Sequence[str], sensitive: str | None = None) -> Measures:
    """Measure the table on its quasi-identifiers; without any, all rows are one class.

    Raises:
        ValueError: a column named is not in the table.

    """
    named = [*quasi, *([] if sensitive is None else [sensitive])]
    absent = sorted(set(named) - set(table.column_names))
    if absent:
        raise ValueError(f"expected columns {', '.join(absent)}, found {', '.join(table.column_names)}")
    if table.num_rows == 0:
        return Measures(rows=0, classes=0, k=None)
    classes = _codes(table, quasi)
    sizes = _tally(classes)
    k = min(sizes.values())
    if sensitive is None:
        return Measures(table.num_rows, len(sizes), k)
    values = _codes(table, [sensitive])
    width = pc.max(values).as_py() + 1
    pairs = _tally(pc.add(pc.multiply(classes, width), values))
    held: dict[int, dict[int, int]] = defaultdict(dict)
    for pair, count in pairs.items():
        held[pair // width][pair % width] = count
    whole = _tally(values)
    return Measures(
        rows=table.num_rows,
        classes=len(sizes),
        k=k,
        distinct_l=min(map(len, held.values())),
        t=max(_distance(counts, whole) for counts in held.values()),
    )


def _codes(table: pa.Table, columns: Sequence[str]) -> pa.Array:
    """Number the rows' combinations of values from 0, equal ones alike."""
    codes = pa.repeat(pa.scalar(0, pa.int64()), table.num_rows)
    for name in columns:
        column = table.column(name).combine_chunks()
        if pa.types.is_dictionary(column.type):
            column = column.dictionary_decode()
        numbered = _number(column)
        width = pc.max(numbered).as_py() + 1
        # Numbered anew after each column, so that the product stays below rows squared.
        codes = _number(pc.add(pc.multiply(codes, width), numbered))
    return codes


def _number(column: pa.Array) -> pa.Array:
    return column.dictionary_encode(null_encoding="encode").indices.cast(pa.int64())


def _tally(codes: pa.Array) -> Counter[int]:
    return Counter({each["values"]: each["counts"] for each in codes.value_counts().to_pylist()})


def _distance(counts: Mapping[int, int], whole: Mapping[int, int]) -> float:
    """Return the total variation between the class's values and the table's."""
    size, total = sum(counts.values()), sum(whole.values())
    apart = sum(abs(counts.get(value, 0) / size - count / total) for value, count in whole.items())
    return apart / 2
