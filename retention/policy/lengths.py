"""Which of two periods is longer, by the calendar: a month and 30 days are each longer at times."""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from enum import Enum
from functools import cache

from retention.model.period import Period
from retention.model.policy import Keep

_YEARS = range(2023, 2028)
"""A leap cycle and its neighbours."""
_DAYS = (1, 15, 28, 29, 30, 31)


class Length(Enum):
    """How one period compares with another."""

    SAME = "same"
    LONGER = "longer"
    SHORTER = "shorter"
    EITHER = "either"
    """Longer from some days on, shorter from others."""


def compare(new: Keep, old: Keep) -> Length:
    """Say whether `new` keeps longer than `old`, from whatever day both run."""
    differences = {(found > 0) - (found < 0) for found in _differences(new, old)}
    if differences <= {0}:
        return Length.SAME
    if differences <= {0, 1}:
        return Length.LONGER
    return Length.SHORTER if differences <= {0, -1} else Length.EITHER


def _differences(new: Keep, old: Keep) -> set[int]:
    return {_days(year, month, day, new) - _days(year, month, day, old) for year, month, day in _starts()}


@cache
def _starts() -> tuple[tuple[int, int, int], ...]:
    return tuple(
        (year, month, day)
        for year in _YEARS
        for month in range(1, 13)
        for day in _DAYS
        if day <= monthrange(year, month)[1]
    )


def _days(year: int, month: int, day: int, keep: Keep) -> int:
    return _after(_after(date(year, month, day), keep.plus), keep.keep_for).toordinal()


def _after(start: date, period: Period) -> date:
    year, month = divmod(start.year * 12 + start.month - 1 + period.years * 12 + period.months, 12)
    last = monthrange(year, month + 1)[1]
    overhang = max(0, start.day - last)
    reached = date(year, month + 1, min(start.day, last))
    return date.fromordinal(reached.toordinal() + (1 if overhang else 0) + period.days)
