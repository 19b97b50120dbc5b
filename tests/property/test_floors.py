"""A clock that is said not to end before a statute's never does, on any day of any calendar."""

from __future__ import annotations

from datetime import date

from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from retention.clocks import free_at
from retention.model.period import Period
from retention.model.policy import AfterFiscalYear, Keep, SinceDate
from retention.policy.floors import may_end_before

periods = st.builds(Period, st.integers(0, 3), st.integers(0, 14), st.integers(0, 70))
starts = st.sampled_from([SinceDate("paid"), AfterFiscalYear("paid")])
keeps = st.builds(Keep, periods, starts, periods)
days = st.dates(date(1950, 1, 1), date(2150, 1, 1))
year_ends = st.sampled_from([(3, 31), (12, 31), (2, 29), (6, 30)])


@settings(max_examples=150, derandomize=True)
@given(keeps, keeps, days, year_ends)
@example(
    Keep(Period(months=2), SinceDate("paid")),
    Keep(Period(months=1), SinceDate("paid"), Period(months=1)),
    date(2025, 1, 30),
    (3, 31),
)
def test_what_cannot_end_before_never_does(keep: Keep, floor: Keep, day: date, year_end: tuple[int, int]) -> None:
    """If the answer is no, the data of every row is kept at least as long as the statute asks."""
    assume(not may_end_before(keep, floor))
    assert free_at(day, keep, year_end) >= free_at(day, floor, year_end)


@settings(max_examples=100, derandomize=True)
@given(keeps)
@example(Keep(Period(years=7), AfterFiscalYear("paid"), Period(months=2)))
def test_a_clock_does_not_end_before_itself(keep: Keep) -> None:
    """A hold that says what its statute says is long enough."""
    assert not may_end_before(keep, keep)


@settings(max_examples=100, derandomize=True)
@given(keeps, keeps)
def test_a_longer_period_is_never_what_ends_before(keep: Keep, floor: Keep) -> None:
    """Adding to a period that is long enough keeps it long enough."""
    assume(not may_end_before(keep, floor))
    for more in (Period(days=1), Period(months=1), Period(years=1)):
        assert not may_end_before(Keep(keep.keep_for + more, keep.start, keep.plus), floor)
