"""Clocks for all dates, periods and orders of events."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from dateutil.relativedelta import relativedelta
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retention.clocks import advance, due_before, first_free_day, fiscal_year_end_of, free_at, started_at
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterFiscalYear, ClockStart, Keep, SinceDate

TOKYO = ZoneInfo("Asia/Tokyo")
HAVANA = ZoneInfo("America/Havana")  # its clocks go back at one in the morning, forward at midnight
days = st.dates(date(1900, 1, 1), date(2200, 12, 31))
periods = st.builds(Period, st.integers(0, 12), st.integers(0, 40), st.integers(0, 800))
starts: st.SearchStrategy[ClockStart] = st.sampled_from(
    [SinceDate("d"), AfterFiscalYear("d"), AfterEvent("account.closed")]
)
keeps = st.builds(Keep, periods, starts, st.sampled_from([Period(), Period(months=2), Period(days=3)]))
year_ends = st.sampled_from([(3, 31), (12, 31), (2, 29), (6, 30), (1, 1)])
zones = st.sampled_from([TOKYO, HAVANA, ZoneInfo("UTC"), ZoneInfo("Pacific/Apia")])
instants = st.datetimes(datetime(1900, 1, 2), datetime(2200, 12, 31), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis wants naive bounds


@settings(deadline=None)
@given(days, st.integers(0, 12), st.integers(0, 40))
def test_advance_agrees_with_dateutil_where_the_corresponding_day_exists(day: date, years: int, months: int) -> None:
    """Another implementation finds the same day; where there is none, ours is the next month's first."""
    theirs = day + relativedelta(years=years, months=months)
    ours = advance(day, Period(years, months))
    if theirs.day == day.day:
        assert ours == theirs
    else:
        assert theirs.day == monthrange(theirs.year, theirs.month)[1]
        assert ours == theirs + timedelta(days=1)


@settings(deadline=None)
@given(days, days, keeps, year_ends)
def test_what_starts_later_is_free_later(one: date, other: date, keep: Keep, year_end: tuple[int, int]) -> None:
    """The first free day never decreases with the start, and never lies before it."""
    first, second = sorted((one, other))
    assert first <= free_at(first, keep, year_end) <= free_at(second, keep, year_end)


@settings(deadline=None)
@given(days, periods, periods)
def test_a_longer_period_is_never_free_earlier(day: date, period: Period, more: Period) -> None:
    """Adding years, months and days to a period never shortens it."""
    longer = Period(period.years + more.years, period.months + more.months, period.days + more.days)
    assert first_free_day(day, period, Period()) <= first_free_day(day, longer, Period())


@settings(deadline=None)
@given(keeps, instants, zones, year_ends, st.integers(-3, 3))
def test_due_before_inverts_free_at(
    keep: Keep, now: datetime, zone: ZoneInfo, year_end: tuple[int, int], near: int
) -> None:
    """A day lies before the bound if and only if its first free day has come, also right at the bound."""
    bound = due_before(keep, now, zone, year_end)
    day = bound.date() + timedelta(days=near)
    assert (day < bound.date()) == (free_at(day, keep, year_end) <= now.astimezone(zone).date())


@settings(deadline=None)
@given(keeps, instants, zones, year_ends, st.integers(0, 2000))
def test_the_bound_only_moves_forward(
    keep: Keep, now: datetime, zone: ZoneInfo, year_end: tuple[int, int], hours: int
) -> None:
    """What is due stays due."""
    later = now + timedelta(hours=hours)
    assert due_before(keep, now, zone, year_end) <= due_before(keep, later, zone, year_end)


@settings(deadline=None)
@given(keeps, instants, zones)
def test_the_bound_separates_local_days(keep: Keep, now: datetime, zone: ZoneInfo) -> None:
    """An instant lies before the bound if and only if its local day does, whatever the clocks do at midnight."""
    bound = due_before(keep, now, zone, (3, 31))
    for hours in (-25, -3, -1, 0, 1, 3, 25):
        instant = bound.astimezone(UTC) + timedelta(hours=hours)
        assert (instant < bound.astimezone(UTC)) == (instant.astimezone(zone).date() < bound.date())


@settings(deadline=None)
@given(days, year_ends)
def test_a_fiscal_year_holds_its_days(day: date, year_end: tuple[int, int]) -> None:
    """The end is on or after the day, within a year, and is its own fiscal year's end."""
    end = fiscal_year_end_of(day, year_end)
    assert day <= end <= day + timedelta(days=366)
    assert fiscal_year_end_of(end, year_end) == end
    assert fiscal_year_end_of(end + timedelta(days=1), year_end) > end


_KINDS = st.sampled_from(["account.closed", "account.reopened", "withdrawn", "consent.given"])
_NOW = datetime.combine(date(2026, 1, 10), time(), tzinfo=UTC)


@st.composite
def histories(draw: st.DrawFn) -> list[Event]:
    """Return a person's events, with corrections of any, also unknown or later ones."""
    events = []
    for number in range(draw(st.integers(0, 6))):
        occurred_at = datetime(2026, 1, draw(st.integers(1, 12)), tzinfo=UTC)
        corrects = draw(st.none() | st.integers(0, 7).map("e{}".format))
        events.append(Event(f"e{number}", draw(_KINDS), "user_id", "d", occurred_at, occurred_at, corrects))
    return events


@settings(deadline=None)
@given(histories(), st.data())
def test_order_and_repetition_change_nothing(events: list[Event], data: st.DataObject) -> None:
    """Every permutation, with any event delivered twice, starts the clock at the same instant."""
    again = data.draw(st.lists(st.sampled_from(events), max_size=3)) if events else []
    shuffled = data.draw(st.permutations([*events, *again]))
    assert started_at(shuffled, "account.closed", _NOW) == started_at(events, "account.closed", _NOW)


@settings(deadline=None)
@given(histories())
def test_a_clock_starts_with_a_start_that_happened(events: list[Event]) -> None:
    """The answer is the instant of some closing that was not in the future."""
    started = started_at(events, "account.closed", _NOW)
    assume(started is not None)
    assert started in {event.occurred_at for event in events if event.kind == "account.closed"}
    assert started is not None
    assert started <= _NOW
