from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import StateError, UnknownNameError
from retention.model.answer import Answer, AtWork, Completed
from retention.model.copies import CopyHold, CopyKind, Horizon, PlacedOrder, Receipt, Suppression, UseTests, Why
from retention.model.hold import Deferred, PlacedHold
from retention.model.ids import CaseId, DatasetId, HoldId, OrderId, StepId, SystemId
from retention.ports.ledger import Ledger
from retention.store import copies as copies_module

AT = datetime(2026, 11, 23, tzinfo=UTC)
DAY = timedelta(days=1)
HOLD = PlacedHold(HoldId("H-1"), "litigation", "user_id", "aa", AT)
HORIZON = Horizon(CaseId("C-1"), SystemId("nightly"), "nightly/2026-11-22", AT + 35 * DAY)
ORDER = PlacedOrder(OrderId("o1"), CaseId("C-1"), StepId("04"), SystemId("analytics"), AT + 30 * DAY, None)
GONE = Suppression("user_id", "aa", "request", CaseId("C-1"), AT, AT + 40 * DAY)


def receipt(answer: Answer, days: int) -> Receipt:
    return Receipt(OrderId("o1"), answer, AT + days * DAY, AT + 9 * DAY, f"{days}" * 64, "k" * 64)


def test_a_hold_is_placed_and_released_once(ledger: Ledger) -> None:
    """A hold stands until its release; a second release and an unknown hold are refused."""
    ledger.holds.place(HOLD)
    ledger.holds.place(replace(HOLD, reason="dispute"))
    assert ledger.holds.all() == (HOLD,)
    assert ledger.holds.release(HOLD.hold_id, AT + DAY) == replace(HOLD, released_at=AT + DAY)
    with pytest.raises(StateError):
        ledger.holds.release(HOLD.hold_id, AT + 2 * DAY)
    with pytest.raises(UnknownNameError):
        ledger.holds.release(HoldId("H-9"), AT)
    assert ledger.holds.all() == (replace(HOLD, released_at=AT + DAY),)


def test_holds_come_oldest_first(ledger: Ledger) -> None:
    """`all` lists the oldest hold first."""
    ledger.holds.place(HOLD)
    ledger.holds.place(replace(HOLD, hold_id=HoldId("H-0"), placed_at=AT + DAY))
    ledger.holds.place(replace(HOLD, hold_id=HoldId("H-2"), placed_at=AT - DAY))
    assert [hold.hold_id for hold in ledger.holds.all()] == ["H-2", "H-1", "H-0"]


def test_a_deferred_row_is_kept_once(ledger: Ledger) -> None:
    """The first promise stays; the same row under another hold is another promise."""
    row = Deferred(DatasetId("app.orders"), HoldId("tax-books"), "dd", CaseId("C-1"), AT)
    ledger.holds.defer([row, replace(row, hold_id=HoldId("other"))])
    ledger.holds.defer([replace(row, case_id=CaseId("C-2"), recorded_at=AT + DAY)])
    ledger.holds.defer([])
    assert sorted(ledger.holds.deferred(), key=lambda found: found.hold_id) == [
        replace(row, hold_id=HoldId("other")),
        row,
    ]


def test_the_later_horizon_wins(ledger: Ledger) -> None:
    """Whatever the order of arrival, the latest `until` stays."""
    for days in (0, 5, 2):
        ledger.copies.add_horizon(replace(HORIZON, until=HORIZON.until + days * DAY))
    assert ledger.copies.horizons() == (replace(HORIZON, until=HORIZON.until + 5 * DAY),)


def test_gone_stays_gone_until_a_later_horizon_arrives(ledger: Ledger) -> None:
    """The first sighting of absence stays; a repeat of the horizon keeps it, a later one reopens it."""
    ledger.copies.add_horizon(HORIZON)
    ledger.copies.mark_gone(HORIZON, AT + 36 * DAY)
    ledger.copies.mark_gone(HORIZON, AT + 37 * DAY)
    ledger.copies.add_horizon(HORIZON)
    assert ledger.copies.horizons() == (replace(HORIZON, gone_at=AT + 36 * DAY),)
    later = replace(HORIZON, until=HORIZON.until + DAY)
    ledger.copies.add_horizon(later)
    assert ledger.copies.horizons() == (later,)
    with pytest.raises(UnknownNameError):
        ledger.copies.mark_gone(replace(HORIZON, what="other"), AT)


def test_horizons_come_earliest_first_and_by_case(ledger: Ledger) -> None:
    """`horizons` sorts by date and filters by case."""
    other = replace(HORIZON, case_id=CaseId("C-2"), until=AT)
    ledger.copies.add_horizon(HORIZON)
    ledger.copies.add_horizon(other)
    assert ledger.copies.horizons() == (other, HORIZON)
    assert ledger.copies.horizons(CaseId("C-1")) == (HORIZON,)


def test_an_order_shows_the_receipt_received_last(ledger: Ledger) -> None:
    """Late and repeated receipts are all kept once, and the order shows the newest."""
    ledger.copies.put_order(ORDER)
    assert ledger.copies.order(ORDER.order_id) == ORDER
    for days, answer in ((2, Completed()), (1, AtWork()), (2, Completed())):
        ledger.copies.put_order(replace(ORDER, receipt=receipt(answer, days)))
    ledger.copies.put_order(ORDER)
    assert ledger.copies.order(ORDER.order_id).receipt == receipt(Completed(), 2)
    assert [r.answer for r in ledger.copies.receipts(ORDER.order_id)] == [AtWork(), Completed()]
    with pytest.raises(UnknownNameError):
        ledger.copies.order(OrderId("o9"))


def test_orders_come_earliest_due_first_and_by_case(ledger: Ledger) -> None:
    """`orders` sorts by due date and filters by case; receipts stay with their own order."""
    other = replace(ORDER, order_id=OrderId("o2"), case_id=CaseId("C-2"), due_at=AT)
    signed = replace(ORDER, receipt=receipt(AtWork(), 1))
    ledger.copies.put_order(signed)
    ledger.copies.put_order(other)
    assert ledger.copies.orders() == (other, signed)
    assert ledger.copies.orders(CaseId("C-2")) == (other,)


@pytest.mark.parametrize(("days", "stands"), [((1, 3, 2), 3), ((1, None, 5), None), ((None, 1), None)])
def test_the_latest_or_unknown_expiry_wins(ledger: Ledger, days: tuple[int | None, ...], stands: int | None) -> None:
    """The later expiry wins and unknown wins over any, whatever the order of arrival."""
    for number in days:
        ledger.copies.suppress([replace(GONE, expires_at=None if number is None else AT + number * DAY)])
    expected = None if stands is None else AT + stands * DAY
    assert list(ledger.copies.suppressions(AT)) == [replace(GONE, expires_at=expected)]


def test_expired_suppressions_are_not_yielded_and_removed(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """From its expiry on, a suppression is neither yielded nor kept; the others stay, page by page."""
    monkeypatch.setattr(copies_module, "BATCH", 3)
    entries = [replace(GONE, digest=f"{n:02}", expires_at=AT + n * DAY if n % 2 else None) for n in range(20)]
    ledger.copies.suppress(iter(entries))
    assert list(ledger.copies.suppressions(AT)) == entries
    left = [entry for entry in entries if entry.expires_at is None or entry.expires_at > AT + 9 * DAY]
    assert list(ledger.copies.suppressions(AT + 9 * DAY)) == left
    assert ledger.copies.expire_suppressions(AT + 9 * DAY) == 5
    assert list(ledger.copies.suppressions(AT)) == left


def test_two_cases_suppress_the_same_person_side_by_side(ledger: Ledger) -> None:
    """Each case keeps its own entry, so that the later disposal is not hidden by the first."""
    second = replace(GONE, case_id=CaseId("C-2"), recorded_at=AT + DAY)
    ledger.copies.suppress([GONE, second])
    assert list(ledger.copies.suppressions(AT)) == [GONE, second]


def test_no_date_is_later_than_any_date(ledger: Ledger) -> None:
    """A horizon without a date wins over one with, is listed last, and keeps why, kind and region."""
    endless = replace(HORIZON, until=None, why=Why.NO_EXPIRY, kind=CopyKind.MANUAL_SNAPSHOT, region="r", noted_at=AT)
    ledger.copies.add_horizon(endless)
    ledger.copies.add_horizon(HORIZON)
    other = replace(HORIZON, what="nightly/other")
    ledger.copies.add_horizon(other)
    assert ledger.copies.horizons() == (other, endless)
    ledger.copies.add_horizon(replace(other, until=None))
    assert [horizon.until for horizon in ledger.copies.horizons()] == [None, None]


def test_what_was_seen_replaces_what_was_told(ledger: Ledger) -> None:
    """A revision may bring a date nearer; only a horizon that exists can be revised."""
    ledger.copies.add_horizon(HORIZON)
    nearer = replace(HORIZON, until=HORIZON.until - DAY, why=Why.LIFECYCLE)
    ledger.copies.revise_horizon(nearer)
    assert ledger.copies.horizons() == (nearer,)
    with pytest.raises(UnknownNameError):
        ledger.copies.revise_horizon(replace(HORIZON, what="other"))


def test_holds_on_copies_end_with_their_hold(ledger: Ledger) -> None:
    """Once each; a released hold keeps nothing."""
    placed = PlacedHold(HoldId("H-1"), "litigation", "user_id", "d" * 64, AT)
    ledger.holds.place(placed)
    hold = CopyHold(SystemId("nightly"), "nightly/2026-11-22", placed.hold_id, AT)
    ledger.copies.hold_copy(hold)
    ledger.copies.hold_copy(replace(hold, placed_at=AT + DAY))
    assert ledger.copies.copy_holds() == (hold,)
    ledger.holds.release(placed.hold_id, AT + DAY)
    assert ledger.copies.copy_holds() == ()


def test_the_newest_answers_of_each_system_count(ledger: Ledger) -> None:
    """Earlier answers stay in the ledger and are no longer asked for."""
    first = UseTests(SystemId("nightly"), True, True, True, False, "h:a", AT)  # noqa: FBT003
    second = replace(first, will_delete=True, attested_at=AT + DAY)
    for tests in (first, second):
        ledger.copies.attest(tests)
    assert dict(ledger.copies.use_tests()) == {SystemId("nightly"): second}


def test_suppressions_are_prolonged_and_settled_by_case(ledger: Ledger) -> None:
    """Later wins and no date wins over any; a date is given only to those without; other cases stay as they are."""
    mine = Suppression("user_id", "a" * 64, "request", CaseId("C-1"), AT, AT + DAY)
    other = replace(mine, case_id=CaseId("C-2"))
    ledger.copies.suppress([mine, other])

    def ends() -> list[object]:
        kept = sorted(ledger.copies.suppressions(AT), key=lambda each: each.case_id)
        return [each.expires_at for each in kept]

    ledger.copies.prolong_suppressions(mine.case_id, AT + 3 * DAY)
    ledger.copies.prolong_suppressions(mine.case_id, AT + 2 * DAY)
    ledger.copies.settle_suppressions(mine.case_id, AT + 9 * DAY)
    assert ends() == [AT + 3 * DAY, AT + DAY]
    ledger.copies.prolong_suppressions(mine.case_id, None)
    ledger.copies.prolong_suppressions(mine.case_id, AT + 5 * DAY)
    assert ends() == [None, AT + DAY]
    ledger.copies.settle_suppressions(mine.case_id, AT + 9 * DAY)
    assert ends() == [AT + 9 * DAY, AT + DAY]
