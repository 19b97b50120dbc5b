"""Days that are easy to get wrong, one row each."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.clocks import due_before, first_free_day, free_at
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, Keep, SinceDate

NOTHING = Period()


@pytest.mark.parametrize(
    ("event", "period", "free_on"),
    [
        ("2024-01-30", "P1M", "2024-03-01"),  # counted from the 31st; February has none: all of it
        ("2024-01-31", "P1M", "2024-03-01"),  # counted from 1 February: to the 29th
        ("2023-01-31", "P1M", "2023-03-01"),
        ("2024-02-28", "P1Y", "2025-03-01"),  # counted from the 29th; 2025 has none: all of February
        ("2024-02-29", "P1Y", "2025-03-01"),
        ("2023-02-28", "P1Y", "2024-03-01"),
        ("2020-02-28", "P4Y", "2024-02-29"),  # the corresponding day exists
        ("2023-12-31", "P1M", "2024-02-01"),
        ("2024-05-30", "P1M", "2024-07-01"),  # there is no 31 June
        ("2024-12-30", "P2M", "2025-03-01"),
        ("2099-12-31", "P12M", "2101-01-01"),  # 2100 is no leap year
        ("2100-02-27", "P1D", "2100-03-01"),
        ("2024-02-28", "P1D", "2024-03-01"),  # the 29th is kept
        ("2024-02-28", "P0D", "2024-02-28"),
        ("2024-03-10", "P2W", "2024-03-25"),
        ("2024-01-30", "P1M1D", "2024-03-02"),  # months first, then days
    ],
)
def test_the_first_free_day(event, period, free_on):
    """By arts. 140, 141 and 143 of the Civil Code."""
    assert first_free_day(date.fromisoformat(event), Period.parse(period), NOTHING) == date.fromisoformat(free_on)


@pytest.mark.parametrize(
    ("ends", "day", "free_on"),
    [
        ((3, 31), "2024-03-31", "2031-06-01"),  # the year's last day; two months to file, then seven years
        ((3, 31), "2024-04-01", "2032-06-01"),  # the next year's first
        ((12, 31), "2024-12-31", "2032-03-01"),
        ((2, 29), "2024-02-29", "2031-05-01"),
        ((2, 29), "2023-03-01", "2031-05-01"),  # the year that ends on 29 February 2024
        ((2, 29), "2023-02-28", "2030-05-01"),  # a year that ends on the 28th
        ((6, 30), "2024-07-01", "2032-09-01"),
    ],
)
def test_a_fiscal_year_ends_before_the_books_count(ends, day, free_on):
    """Seven years after the filing deadline of two months."""
    keep = Keep(Period(years=7), AfterFiscalYear("paid"), Period(months=2))
    assert free_at(date.fromisoformat(day), keep, ends) == date.fromisoformat(free_on)


@pytest.mark.parametrize(
    ("zone", "now", "bound"),
    [
        ("Asia/Tokyo", "2026-04-01T14:59:59", "2026-03-02T00:00:00+09:00"),  # still the 1st in Tokyo
        ("Asia/Tokyo", "2026-04-01T15:00:00", "2026-03-03T00:00:00+09:00"),
        ("America/Los_Angeles", "2026-04-01T06:59:59", "2026-03-01T00:00:00-08:00"),
        ("America/Los_Angeles", "2026-04-10T07:00:00", "2026-03-11T00:00:00-07:00"),  # summer time began on the 8th
        ("Europe/Berlin", "2026-10-25T23:00:00", "2026-09-26T00:00:00+02:00"),  # the clocks went back on the 25th
        ("UTC", "2024-03-31T00:00:00", "2024-03-01T00:00:00+00:00"),  # thirty days after a leap day
    ],
)
def test_due_is_a_matter_of_local_days(zone, now, bound):
    """Thirty days: what happened before this local midnight is due."""
    keep = Keep(Period(days=30), AfterEvent("account.closed"))
    instant = datetime.fromisoformat(now).replace(tzinfo=UTC)
    assert due_before(keep, instant, ZoneInfo(zone), (3, 31)).isoformat() == bound


@pytest.mark.parametrize("period", [Period(years=9999), Period(months=99999), Period(days=999999)])
def test_a_period_past_the_calendar_is_never_over(period):
    """Nothing is due, and nothing breaks."""
    keep = Keep(period, SinceDate("paid"))
    now = datetime(2026, 11, 25, tzinfo=UTC)
    assert due_before(keep, now, ZoneInfo("Asia/Tokyo"), (3, 31)).date() <= date(1, 1, 1)
