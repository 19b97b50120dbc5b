"""Which classes have too few rows: asked of a store's tallies, before anything is changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from retention.model.transform import Transform, Value, apply, class_of


def rare_classes(
    tallies: Iterable[tuple[tuple[Value, ...], int]],
    columns: Sequence[str],
    transforms: Mapping[str, Transform],
    quasi: Sequence[str],
    k: int,
) -> tuple[frozenset[str], int]:
    """Return the classes that would have fewer than k rows, and how many rows those are.

    Args:
        tallies: raw combinations of `columns` with their counts, as `Finder.tally` yields them;
            a combination may come more than once.
        columns: what the combinations hold, in order; at least the quasi-identifiers.
        transforms: what is done to a column's values first; a column without one stays.
        quasi: the columns a class is told by.
        k: the smallest class that stays; at least 1.

    Raises:
        ValueError: a quasi-identifier is not among the columns, or k is less than 1.
        TypeError: a transform has no meaning for a value.

    """
    absent = sorted(set(quasi) - set(columns))
    if absent:
        raise ValueError(f"expected quasi-identifiers {', '.join(absent)} among {', '.join(columns)}")
    if k < 1:
        raise ValueError(f"expected k of at least 1, found {k}")
    places = [(name, columns.index(name), transforms.get(name)) for name in quasi]
    counts: Counter[str] = Counter()
    for combination, count in tallies:
        row = {
            name: combination[place] if transform is None else apply(transform, combination[place])
            for name, place, transform in places
        }
        counts[class_of(row, quasi)] += count
    rare = {name: count for name, count in counts.items() if count < k}
    return frozenset(rare), sum(rare.values())
