"""By when a request is answered under each law; which days are worked."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.model.period import Period
from retention.requests.clocks import start_clocks
from retention.requests.workdays import after_workdays, california, japan, japanese_holidays, last_workday

TOKYO = ZoneInfo("Asia/Tokyo")


def due(received: date, law: str) -> tuple[date, date | None, date | None]:
    """Return the last day, the day of the confirmation and the longest day under one law."""
    at = datetime(received.year, received.month, received.day, 3, tzinfo=UTC)
    clocks = {clock.regime: clock for clock in start_clocks(at, TOKYO, [law], Period(days=60), may_charge=False)}
    return clocks[law].due_on, clocks[law].acknowledge_by, clocks[law].longest_on


@pytest.mark.parametrize(
    ("received", "law", "expected"),
    [
        (date(2026, 4, 1), "jp.appi", (date(2026, 4, 15), None, None)),
        (date(2026, 1, 30), "eu.gdpr", (date(2026, 3, 2), None, date(2026, 4, 30))),
        (date(2026, 6, 15), "eu.gdpr", (date(2026, 7, 15), None, date(2026, 9, 15))),
        (date(2026, 11, 23), "us.ccpa", (date(2027, 1, 7), date(2026, 12, 8), date(2027, 2, 21))),
    ],
)
def test_each_law_counts_in_its_own_way(
    received: date, law: str, expected: tuple[date, date | None, date | None]
) -> None:
    """28 February is a Saturday, so that the month ends on the Monday; Thanksgiving is no business day."""
    assert due(received, law) == expected


def test_the_policys_promise_counts_beside_the_laws() -> None:
    """The earliest date comes first; a law that sets none has no clock."""
    at = datetime(2026, 4, 1, 3, tzinfo=UTC)
    clocks = start_clocks(at, TOKYO, ["eu.gdpr", "jp"], Period(days=7), may_charge=False)
    assert [(clock.regime, clock.due_on) for clock in clocks] == [
        ("policy", date(2026, 4, 8)),
        ("eu.gdpr", date(2026, 5, 1)),
    ]


def test_japanese_holidays_are_those_of_the_cabinet_office() -> None:
    """2026 has a day between two holidays in September and a substitute in May (the Cabinet Office's list)."""
    days = "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23"
    assert japanese_holidays(2026) == {date(2026, *map(int, day.split("/"))) for day in days.split()}


def test_the_last_working_day_is_before_a_holiday() -> None:
    """Golden week and the year's end are not worked in Japan; neither is the Fourth of July in California."""
    assert last_workday(date(2026, 5, 6), japan) == date(2026, 5, 1)
    assert last_workday(date(2027, 1, 3), japan) == date(2026, 12, 28)
    assert after_workdays(date(2028, 7, 3), 1, california) == date(2028, 7, 5)
