"""What a law keeps goes by itself when the law lets go of it."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

TODAY = date(2026, 11, 23)
NEW = TODAY - timedelta(days=5)
EVENT_RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
"""
HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"


@pytest.fixture
def shop(box, rows):
    """Two customers with an order each, under the tax hold; every clock is an event's."""
    customer, order = rows
    tables = {"customers": [customer("c1"), customer("c2")], "orders": [order(1, "c1", NEW), order(2, "c2", NEW)]}
    return box(tables, EVENT_RULES, HOLDS)


def later(shop, days):
    """An instant that many days from now."""
    return shop.world().now + timedelta(days=days)


def test_held_fields_go_by_themselves_when_the_hold_ends(shop):
    """She asked once; the amount stays two years without her, and then a sweep takes it without a new request."""
    asked = shop.request("user_id", "c1")
    shop.promise(asked)
    shop.carry_out(asked)
    assert shop.rows("orders")[0] == {"id": 1, "customer_id": None, "at": NEW, "amount": "100", "note": None}
    assert shop.sweep(later(shop, 700)) is None
    draft = shop.sweep(later(shop, 760))
    (step,) = draft.plan.steps
    assert step.because.statutes == ("jp.tax",)
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("orders")] == [2]
    assert shop.sweep(later(shop, 760)) is None


def test_a_row_that_was_never_promised_stays(box, rows):
    """A guest's order belongs to nobody: the hold's end alone disposes of nothing."""
    customer, order = rows
    shop = box(
        {"customers": [customer("c1")], "orders": [order(1, "c1", NEW), order(2, None, NEW)]}, EVENT_RULES, HOLDS
    )
    asked = shop.request("user_id", "c1")
    shop.promise(asked)
    shop.carry_out(asked)
    shop.carry_out(shop.sweep(later(shop, 760)))
    assert [row["id"] for row in shop.rows("orders")] == [2]


def test_a_promised_row_that_is_somebodys_again_stays(shop):
    """A number that was given to another person's row is not the row that was promised."""
    asked = shop.request("user_id", "c1")
    shop.promise(asked)
    assert shop.sweep(later(shop, 760)) is None


def test_a_category_with_a_clock_of_the_row_is_left_to_that(box, rows):
    """Where a date of the row makes the held fields due, nothing is promised besides."""
    customer, order = rows
    shop = box({"customers": [customer("c1")], "orders": [order(1, "c1", NEW)]}, holds=HOLDS)
    assert shop.request("user_id", "c1").plan.deferrals == ()
