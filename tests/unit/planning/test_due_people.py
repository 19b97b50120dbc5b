from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from retention.model.policy import Purpose

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


PURPOSES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: purposes.ended},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
"""


def purposes(box, rows, *happened):
    """Plan a sweep for a customer whose account serves the purposes P and Q."""
    customer, order = rows
    shop = box({"customers": [customer("c1")], "orders": [order(1, None, NOW.date())]}, rules=PURPOSES)
    category = shop.policy.categories["account"]
    served = {**shop.policy.categories, "account": replace(category, purposes=("P", "Q"))}
    named = {**shop.policy.purposes, "Q": Purpose("Q", {})}
    shop.policy = replace(shop.policy, categories=served, purposes=named)
    for kind, days, key, about in happened:
        shop.event(kind, "c1" if key == "user_id" else "c1@x.example", NOW - timedelta(days=days), key, about)
    return erased(shop.sweep())


def test_needs_met_under_different_keys_are_met(box, rows):
    """One purpose ended by the id and the other by the address: nothing is needed any more."""
    first, second = ("purpose.accomplished", 50, "user_id", "P"), ("purpose.accomplished", 40, "email", "Q")
    assert purposes(box, rows, first, second) == 1
    assert purposes(box, rows, first) == 0
    assert purposes(box, rows, second) == 0


def test_a_restriction_under_another_key_pauses(box, rows):
    """Whoever had the processing restricted by address is not erased by id."""
    ended = [("purpose.accomplished", 50, "user_id", about) for about in "PQ"]
    placed = ("restriction.placed", 20, "email", None)
    told, lifted = ("notice.delivered", 9, "email", "restriction-lift"), ("restriction.lifted", 8, "user_id", None)
    assert purposes(box, rows, *ended, placed) == 0
    assert purposes(box, rows, *ended, placed, lifted) == 0
    assert purposes(box, rows, *ended, placed, told, lifted) == 1
