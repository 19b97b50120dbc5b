"""Which days a desk works: Japan's and California's public holidays, computed from the rules of their laws.

A holiday that is missing here makes a date earlier, never later; so only those are counted that are certain.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import TypeAlias

_ONE_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6

Calendar: TypeAlias = Callable[[date], bool]
"""Whether a day is worked."""


def weekdays(day: date) -> bool:
    """Monday to Friday."""
    return day.weekday() < _SATURDAY


def japan(day: date) -> bool:
    """Weekdays but the holidays of Act 178 of 1948 (as from 2022) and the year-end closure, 29 December to 3 January.

    The closure is that of public offices (Act 91 of 1988, art. 1), which companies follow.
    """
    closed = (day.month, day.day) >= (12, 29) or (day.month, day.day) <= (1, 3)
    return weekdays(day) and not closed and day not in japanese_holidays(day.year)


def california(day: date) -> bool:
    """Weekdays but nine holidays of Cal. Gov. Code 6700 that no employer works through."""
    return weekdays(day) and day not in _californian_holidays(day.year)


def calendar_of(zone: str) -> Calendar:
    """Return the calendar of a desk in that time zone (IANA name): Japan's, California's, or weekdays."""
    return {"Asia/Tokyo": japan, "America/Los_Angeles": california}.get(zone, weekdays)


def after_workdays(day: date, count: int, works: Calendar) -> date:
    """Return the day on which so many worked days are over; the first day is not counted."""
    while count:
        day += _ONE_DAY
        count -= works(day)
    return day


def last_workday(day: date, works: Calendar) -> date:
    """Return the day itself if it is worked, else the last before it that is."""
    while not works(day):
        day -= _ONE_DAY
    return day


def next_workday(day: date, works: Calendar) -> date:
    """Return the day itself if it is worked, else the first after it that is."""
    while not works(day):
        day += _ONE_DAY
    return day


@cache
def japanese_holidays(year: int) -> frozenset[date]:
    """Return the public holidays of a year from 2022 to 2099: art. 2, substitutes (3 II) and days between (3 III)."""
    named = {
        date(year, 1, 1),
        _nth(year, 1, _MONDAY, 2),
        date(year, 2, 11),
        date(year, 2, 23),
        date(year, 3, _equinox(year, 20.8431)),
        date(year, 4, 29),
        date(year, 5, 3),
        date(year, 5, 4),
        date(year, 5, 5),
        _nth(year, 7, _MONDAY, 3),
        date(year, 8, 11),
        _nth(year, 9, _MONDAY, 3),
        date(year, 9, _equinox(year, 23.2488)),
        _nth(year, 10, _MONDAY, 2),
        date(year, 11, 3),
        date(year, 11, 23),
    }
    substitutes = {_first_free(day, named) for day in named if day.weekday() == _SUNDAY}
    between = {day + _ONE_DAY for day in named if day + 2 * _ONE_DAY in named} - named - substitutes
    return frozenset(named | substitutes | {day for day in between if day.weekday() != _SUNDAY})


@cache
def _californian_holidays(year: int) -> frozenset[date]:
    fixed = (date(year, 1, 1), date(year, 7, 4), date(year, 11, 11), date(year, 12, 25))
    last_of_may = next(date(year, 5, day) for day in range(31, 24, -1) if date(year, 5, day).weekday() == _MONDAY)
    moving = (
        _nth(year, 1, _MONDAY, 3),
        _nth(year, 2, _MONDAY, 3),
        last_of_may,
        _nth(year, 9, _MONDAY, 1),
        _nth(year, 11, _THURSDAY, 4),
    )
    return frozenset((*fixed, *moving))


def _equinox(year: int, base: float) -> int:
    """Return the day of the month: the usual approximation for 1980 to 2099 (Japan Standard Time)."""
    return int(base + 0.242194 * (year - 1980)) - (year - 1980) // 4


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (nth - 1))


def _first_free(day: date, named: set[date]) -> date:
    while day in named:
        day += _ONE_DAY
    return day
