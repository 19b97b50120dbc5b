"""Events folded into clocks, by example."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from retention.clocks import started_at
from retention.model.event import Event

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = START + timedelta(days=100)


def event(event_id: str, kind: str, day: int, *, corrects: str | None = None, subject: str = "d1") -> Event:
    """Return an event of the day, recorded on arrival."""
    occurred_at = START + timedelta(days=day)
    return Event(event_id, kind, "user_id", subject, occurred_at, occurred_at, corrects)


CLOSED = event("e1", "account.closed", 10)
REOPENED = event("e2", "account.reopened", 20)
CLOSED_AGAIN = event("e3", "account.closed", 30)


def since(*events: Event) -> int | None:
    """Return the day since which the closing clock runs."""
    started = started_at(events, "account.closed", NOW)
    return None if started is None else (started - START).days


def test_the_clock_runs_from_the_first_start_after_the_last_stop() -> None:
    """Closed, reopened, closed again: from the second closing; a repeated closing does not reset it."""
    assert since() is None
    assert since(CLOSED) == 10
    assert since(CLOSED, CLOSED_AGAIN) == 10
    assert since(CLOSED, REOPENED) is None
    assert since(CLOSED, REOPENED, CLOSED_AGAIN) == 30


def test_a_late_event_counts_as_if_it_had_come_in_time() -> None:
    """A reopening that arrives after the second closing still lies between the two."""
    assert since(CLOSED_AGAIN, CLOSED, REOPENED, CLOSED) == 30


def test_a_start_and_a_stop_at_once_keep_the_data() -> None:
    """Erasing too late can be mended."""
    assert since(CLOSED, event("e9", "account.reopened", 10)) is None


def test_other_kinds_move_nothing() -> None:
    """Only the start's own stops stop it."""
    assert since(CLOSED, event("e9", "consent.given", 20)) == 10


def test_what_has_not_happened_yet_does_not_count() -> None:
    """An announced closing starts no clock before its time."""
    assert since(event("e9", "account.closed", 101)) is None
    assert since(CLOSED, event("e9", "account.reopened", 101)) == 10


def test_a_correction_takes_its_targets_place() -> None:
    """The corrected event never counts, whichever arrives first, and even if it never arrives."""
    moved = event("c1", "account.closed", 40, corrects="e1")
    assert since(CLOSED, moved) == since(moved, CLOSED) == since(moved) == 40


def test_a_withdrawal_removes_its_target() -> None:
    """A closing that never happened starts no clock; a reopening that never happened stops none."""
    assert since(CLOSED, event("c1", "withdrawn", 50, corrects="e1")) is None
    assert since(CLOSED, REOPENED, event("c1", "withdrawn", 50, corrects="e2")) == 10


def test_a_correction_can_be_corrected() -> None:
    """Only the end of the chain stands."""
    first = event("c1", "account.closed", 40, corrects="e1")
    second = event("c2", "account.closed", 41, corrects="c1")
    assert since(CLOSED, first, second) == 41
    assert since(CLOSED, first, event("c3", "withdrawn", 60, corrects="c1")) is None


def test_of_two_corrections_the_later_stands() -> None:
    """Two corrections of one event are not two events."""
    assert (
        since(CLOSED, event("c2", "account.closed", 42, corrects="e1"), event("c1", "withdrawn", 43, corrects="e1"))
        is None
    )


def test_events_that_correct_each_other_count_for_nothing() -> None:
    """A circle of corrections neither hangs nor starts a clock."""
    assert (
        since(event("c1", "account.closed", 40, corrects="c2"), event("c2", "account.closed", 41, corrects="c1"))
        is None
    )
    assert since(event("c1", "account.closed", 40, corrects="c1")) is None
