"""How much may be touched without a second pair of eyes. On by default."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction

from retention.model.disclosure import DiscloseRows
from retention.model.ids import DatasetId
from retention.model.plan import Crossing, RowStep


@dataclass(frozen=True, slots=True)
class Limits:
    """The largest blast radius of one plan that one approver may allow."""

    subjects: int = 1000
    fraction: Fraction = Fraction(1, 20)
    """Of a dataset's rows."""
    rows: int = 100
    """A dataset's fraction is looked at only where more rows than this are touched."""


def crossings(limits: Limits, subjects: int, steps: Iterable[RowStep | DiscloseRows]) -> tuple[Crossing, ...]:
    """Return the limits that the steps cross."""
    found: list[Crossing] = []
    if subjects > limits.subjects:
        found.append(Crossing("subjects", str(limits.subjects), str(subjects)))
    touched: dict[DatasetId, int] = defaultdict(int)
    totals: dict[DatasetId, int] = {}
    for step in steps:
        touched[step.dataset] += step.rows
        totals[step.dataset] = step.of_rows
    for dataset, rows in sorted(touched.items()):
        if rows > limits.rows and rows > limits.fraction * totals[dataset]:
            allowed = f"{_percent(limits.fraction)} or {limits.rows} rows"
            share = _percent(Fraction(rows, totals[dataset]))
            found.append(Crossing(f"fraction:{dataset}", allowed, f"{share}, {rows} of {totals[dataset]} rows"))
    return tuple(found)


def _percent(share: Fraction) -> str:
    tenths = round(share * 1000)
    return f"{tenths // 10}.{tenths % 10} %"
