from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def erased(draft):
    """Return the rows that the sweep erases of the customers."""
    steps = draft.plan.steps if draft else ()
    return sum(step.rows for step in steps if step.dataset == "app.customers")


def test_closed_by_one_key_and_reopened_by_another_is_open(box, rows):
    """Events about one person meet, whichever key they name; an account that was reopened is not erased."""
    customer, order = rows
    shop = box({"customers": [customer("c1"), customer("c2")], "orders": [order(1, None, NOW.date())]})
    shop.event("account.closed", "c1", NOW - timedelta(days=90))
    shop.event("account.closed", "c2", NOW - timedelta(days=90))
    shop.event("account.reopened", "c1@x.example", NOW - timedelta(days=80), key="email")
    draft = shop.sweep()
    assert erased(draft) == 1
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("customers")] == ["c1"]


def test_one_person_told_of_under_two_keys_is_one(box, rows):
    """The same closing told by id and by address is one person."""
    customer, order = rows
    shop = box({"customers": [customer("c1"), customer("c2")], "orders": [order(1, None, NOW.date())]})
    shop.event("account.closed", "c1", NOW - timedelta(days=90))
    shop.event("account.closed", "c1@x.example", NOW - timedelta(days=90), key="email")
    draft = shop.sweep()
    assert (draft.plan.subjects, erased(draft)) == (1, 1)


def test_a_step_names_the_rules_that_made_it_due(box, rows):
    """Evidence names, for each dataset, the rules whose categories were due there, and no others."""
    customer, order = rows
    old = (NOW - timedelta(days=900)).date()
    shop = box({"customers": [customer("c1")], "orders": [order(1, "c1", old)]})
    shop.event("account.closed", "c1", NOW - timedelta(days=90))
    reasons = {step.dataset: step.because.rules for step in shop.sweep().plan.steps}
    assert reasons == {"app.customers": ("account",), "app.orders": ("traces",)}
