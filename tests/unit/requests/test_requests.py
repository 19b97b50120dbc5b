"""Requests: channels, documents, deadlines."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from retention.errors import RefusedError
from retention.model.period import Period
from retention.model.policy import RequestRules
from retention.requests import channel_closed, due_at

TOKYO = ZoneInfo("Asia/Tokyo")


def rules(answer_within: str = "P14D") -> RequestRules:
    """Return rules with the period."""
    return RequestRules(Period.parse(answer_within), ("post", "email"), ("passport",))


def test_two_weeks_end_before_the_day_a_court_may_be_asked() -> None:
    """Received on 1 April, answered by the end of 15 April: a suit is possible from 16 April (APPI art. 39)."""
    assert due_at(datetime(2026, 4, 1, 9, tzinfo=TOKYO), rules(), TOKYO) == datetime(
        2026, 4, 15, 23, 59, 59, tzinfo=TOKYO
    )


def test_the_day_of_receipt_is_the_policys_day() -> None:
    """Sixteen o'clock UTC is the next day in Tokyo."""
    assert due_at(datetime(2026, 4, 1, 16, tzinfo=UTC), rules(), TOKYO).day == 16


@pytest.mark.parametrize(
    ("received", "answered"),
    [((2026, 1, 31), (2026, 2, 28)), ((2026, 2, 28), (2026, 3, 28)), ((2026, 12, 5), (2027, 1, 5))],
)
def test_a_month_ends_on_the_same_date_or_the_months_last(
    received: tuple[int, int, int], answered: tuple[int, int, int]
) -> None:
    """GDPR art. 12(3): the earlier reading, so that nobody is answered late."""
    due = due_at(datetime(*received, 12, tzinfo=TOKYO), rules("P1M"), TOKYO)
    assert (due.year, due.month, due.day) == answered


def test_an_instant_without_a_zone_is_refused() -> None:
    """Nobody knows on which day a naive instant was."""
    with pytest.raises(ValueError, match="time zone"):
        due_at(datetime(2026, 4, 1), rules(), TOKYO)  # noqa: DTZ001 -- the point


def test_a_closed_channel_is_refused_with_the_open_ones() -> None:
    """The refusal names the ways that are open."""
    error = channel_closed("telephone", rules().channels)
    assert isinstance(error, RefusedError)
    assert re.search(r"`telephone`.*`post`, `email`", str(error))
