"""Calendar arithmetic of the Japanese Civil Code: when a period that must be kept is over.

Arts. 140, 141 and 143 (Act 89 of 1896), in the words used here:

* the first day is not counted (140): counting starts on the day after the event;
* years and months run by the calendar (143 I): a period ends on the eve of the day that
  corresponds to the first day of counting (143 II);
* where the last month has no such day, it ends with that month (143 II, proviso);
* a period ends when its last day has ended (141): disposal may start on the day after.

So one month after 30 January 2026 is counted from 31 January, ends on 28 February, and the
first day on which the data need not be kept is 1 March.
"""

from __future__ import annotations

from bisect import bisect_right
from calendar import monthrange
from datetime import date, datetime, time, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, Keep, SinceDate

_ONE_DAY = timedelta(days=1)


def advance(first_day: date, period: Period) -> date:
    """Return the first day after a period that is counted from `first_day` (included).

    Years and months first, then days. A missing corresponding day (31 June) becomes the first
    of the next month.

    Raises:
        OverflowError: the result lies beyond year 9999.

    """
    months = first_day.year * 12 + first_day.month - 1 + period.years * 12 + period.months
    year, month = divmod(months, 12)
    if year > date.max.year:
        raise OverflowError(f"{period} after {first_day} lies beyond year {date.max.year}")
    missing = first_day.day > monthrange(year, month + 1)[1]
    corresponding = _first_of_next(year, month + 1) if missing else date(year, month + 1, first_day.day)
    return corresponding + timedelta(days=period.days)


def first_free_day(
    start: date, keep_for: Period, plus: Period, *, fiscal_year_end: tuple[int, int] | None = None
) -> date:
    """Return the first day on which something need not be kept any more.

    Args:
        start: The day of the event; with `fiscal_year_end`, a day of the fiscal year whose end is the event.
        keep_for: How long.
        plus: A filing deadline that runs before `keep_for` does.
        fiscal_year_end: Month and day of the fiscal year's last day, for clocks that start there.

    If both periods are zero, the day of the event itself is free.

    """
    event = start if fiscal_year_end is None else fiscal_year_end_of(start, fiscal_year_end)
    if keep_for.is_zero and plus.is_zero:
        return event
    return advance(advance(event + _ONE_DAY, plus), keep_for)


def free_at(start: date, keep: Keep, fiscal_year_end: tuple[int, int]) -> date:
    """Return the first day on which `keep` lets go of what started on the day: "kept until" that day."""
    match keep.start:
        case AfterFiscalYear():
            return first_free_day(start, keep.keep_for, keep.plus, fiscal_year_end=fiscal_year_end)
        case SinceDate() | AfterEvent() | AfterPurposes():
            return first_free_day(start, keep.keep_for, keep.plus)
        case _:
            assert_never(keep.start)


def fiscal_year_end_of(day: date, month_and_day: tuple[int, int]) -> date:
    """Return the last day of the fiscal year that the day lies in.

    A day that the month does not have means the month's last day: (2, 29) is 28 February in
    most years.
    """
    this_year = _clipped(day.year, *month_and_day)
    return this_year if day <= this_year else _clipped(day.year + 1, *month_and_day)


def due_before(keep: Keep, now: datetime, zone: ZoneInfo, fiscal_year_end: tuple[int, int]) -> datetime:
    """Return the bound below which starts are due: local midnight after the latest due day.

    What started on local day d is due if and only if d < the bound's date, which is if and only
    if `free_at(d)` has come. For an event clock it bounds the event's instant.

    Raises:
        ValueError: `now` has no time zone.

    """
    if now.tzinfo is None:
        raise ValueError("expected an instant with a time zone as `now`, found one without")
    today = now.astimezone(zone).date()
    # free_at never decreases with the day and is never before it, so bisecting inverts it exactly.
    days = range(1, today.toordinal() + 1)
    due = bisect_right(days, today, key=lambda n: _free_or_never(date.fromordinal(n), keep, fiscal_year_end))
    return datetime.combine(date.fromordinal(1 + due), time.min, tzinfo=zone)


def _free_or_never(start: date, keep: Keep, fiscal_year_end: tuple[int, int]) -> date:
    try:
        return free_at(start, keep, fiscal_year_end)
    except (OverflowError, ValueError):
        return date.max


def _clipped(year: int, month: int, day: int) -> date:
    return date(year, month, min(day, monthrange(year, month)[1]))


def _first_of_next(year: int, month: int) -> date:
    return date(year + month // 12, month % 12 + 1, 1)
