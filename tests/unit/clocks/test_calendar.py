"""Calendar arithmetic by worked examples of the Civil Code."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.clocks import advance, due_before, first_free_day, fiscal_year_end_of, free_at
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, Keep, SinceDate

TOKYO = ZoneInfo("Asia/Tokyo")
MARCH = (3, 31)
NOTHING = Period()


@pytest.mark.parametrize(
    ("first", "period", "after"),
    [
        ("2026-04-02", "P1M", "2026-05-02"),
        ("2026-01-31", "P1M", "2026-03-01"),
        ("2024-01-31", "P1M", "2024-03-01"),
        ("2024-02-29", "P1Y", "2025-03-01"),
        ("2024-02-29", "P4Y", "2028-02-29"),
        ("2026-05-31", "P1M", "2026-07-01"),
        ("2026-12-31", "P2M", "2027-03-01"),
        ("2026-11-30", "P1M", "2026-12-30"),
        ("2026-01-31", "P1M3D", "2026-03-04"),
        ("2026-12-31", "P1D", "2027-01-01"),
        ("2025-10-31", "P13M", "2026-12-01"),
    ],
)
def test_a_period_ends_on_the_eve_of_the_corresponding_day(first: str, period: str, after: str) -> None:
    """Art. 143 II: the day after the period corresponds to its first day, else it is the first of the next month."""
    assert advance(date.fromisoformat(first), Period.parse(period)) == date.fromisoformat(after)


def test_a_period_that_leaves_the_calendar_is_an_error() -> None:
    """Nothing is silently kept for ever."""
    with pytest.raises(OverflowError):
        advance(date(9999, 6, 1), Period(years=1))


def test_the_first_day_is_not_counted() -> None:
    """Art. 140: an account closed on 1 April is kept for 30 days until 1 May, free on 2 May."""
    assert first_free_day(date(2026, 4, 1), Period(days=30), NOTHING) == date(2026, 5, 2)


def test_a_month_from_the_end_of_january() -> None:
    """Counted from 31 January, a month ends on 28 February."""
    assert first_free_day(date(2026, 1, 30), Period(months=1), NOTHING) == date(2026, 3, 1)


def test_nothing_to_keep_means_free_at_once() -> None:
    """With no period at all the day itself is free."""
    assert first_free_day(date(2026, 4, 1), NOTHING, NOTHING) == date(2026, 4, 1)


def test_tax_books_are_kept_seven_years_from_the_filing_deadline() -> None:
    """A payment of fiscal 2025 (to 31 March 2026): filed by 31 May 2026, kept until 31 May 2033."""
    keep = Keep(Period(years=7), AfterFiscalYear("accounted"), Period(months=2))
    assert free_at(date(2025, 7, 15), keep, MARCH) == date(2033, 6, 1)
    assert free_at(date(2026, 3, 31), keep, MARCH) == date(2033, 6, 1)
    assert free_at(date(2026, 4, 1), keep, MARCH) == date(2034, 6, 1)


def test_the_deadline_runs_before_the_period() -> None:
    """Two months and then one differ from three when a month is short."""
    assert first_free_day(date(2025, 12, 30), Period(months=1), Period(months=2)) == date(2026, 4, 1)
    assert first_free_day(date(2025, 12, 30), Period(months=3), NOTHING) == date(2026, 3, 31)


@pytest.mark.parametrize(
    ("day", "end", "expected"),
    [
        ("2026-03-31", (3, 31), "2026-03-31"),
        ("2026-04-01", (3, 31), "2027-03-31"),
        ("2026-02-28", (2, 29), "2026-02-28"),
        ("2026-03-01", (2, 29), "2027-02-28"),
        ("2023-03-01", (2, 29), "2024-02-29"),
        ("2026-12-31", (12, 31), "2026-12-31"),
    ],
)
def test_a_day_lies_in_the_fiscal_year_that_ends_next(day: str, end: tuple[int, int], expected: str) -> None:
    """The last day belongs to the year it ends; a day that a month lacks means the month's last."""
    assert fiscal_year_end_of(date.fromisoformat(day), end) == date.fromisoformat(expected)


def test_rows_of_the_day_are_due_if_nothing_is_kept() -> None:
    """`P0D` since a date: everything up to today, so the bound is tomorrow's midnight, where the policy lives."""
    now = datetime(2026, 11, 23, 16, 0, tzinfo=ZoneInfo("UTC"))
    keep = Keep(NOTHING, SinceDate("requested"))
    assert due_before(keep, now, TOKYO, MARCH) == datetime(2026, 11, 25, tzinfo=TOKYO)


def test_logs_of_twelve_months() -> None:
    """On 23 November 2026 rows up to 22 November 2025 are due: theirs ended yesterday."""
    keep = Keep(Period(months=12), SinceDate("requested"))
    bound = due_before(keep, datetime(2026, 11, 23, 9, tzinfo=TOKYO), TOKYO, MARCH)
    assert bound == datetime(2025, 11, 23, tzinfo=TOKYO)


def test_the_bound_of_a_fiscal_year_is_its_first_day() -> None:
    """On 1 June 2033 the payments of fiscal 2025 and before are due, no others."""
    keep = Keep(Period(years=7), AfterFiscalYear("accounted"), Period(months=2))
    assert due_before(keep, datetime(2033, 6, 1, tzinfo=TOKYO), TOKYO, MARCH).date() == date(2026, 4, 1)
    assert due_before(keep, datetime(2033, 5, 31, 23, 59, tzinfo=TOKYO), TOKYO, MARCH).date() == date(2025, 4, 1)


def test_an_instant_without_a_zone_is_refused() -> None:
    """Nobody knows which day a naive instant is."""
    with pytest.raises(ValueError, match="time zone"):
        due_before(Keep(NOTHING, AfterEvent("objection")), datetime(2026, 1, 1), TOKYO, MARCH)  # noqa: DTZ001 -- the point
