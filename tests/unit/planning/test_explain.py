"""Why is it kept? Each fate, with its rule, dates and what stands beneath."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from retention.model.subject import SubjectKey
from retention.planning.explain import explain
from retention.planning.fates import (
    Due,
    HeldByLaw,
    KeptUntil,
    NoClock,
    NoRule,
    OpenPurpose,
    Restricted,
    TenantControlled,
    UnderPlacedHold,
)
from retention.planning.pausing import Pauses

CLOSED = datetime(2026, 9, 1, 1, 0, tzinfo=UTC)
LATELY = datetime(2026, 11, 20, 1, 0, tzinfo=UTC)
HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
TENANTS = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    tenant: {company_id: company}
    fields:
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    fields:
      note: {category: traces, identifies: directly}
"""
OTHERS = [{"id": 99, "customer_id": "c9", "at": date(2026, 1, 1), "amount": "1", "note": "n"}]
TENANT_RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: client, category: account, effective: {from: 2020-01-01}, authority: tenant,
     keep: {for: P30D, after: contract.ended}, then: erase, source: policy}
"""


def told_of(world):
    """Return what the ledger knows."""
    return Pauses(tuple(world.holds), world, world.digest)


@pytest.fixture
def told():
    """Return what is told of a person: (dataset, fields, rows) → fate."""

    def explained(world, who="c1", key="user_id"):
        found = explain(world.world(), SubjectKey(key, who), told_of(world))
        return {(line.dataset, line.fields, line.rows): line.fate for line in found.lines}

    return explained


def test_a_clock_that_has_run_out_is_due_since_a_day(box, told, rows):
    """The account closed on 1 September in Tokyo is free from 2 October, by the account's rule."""
    world = box({"customers": [rows[0]("c1")], "orders": OTHERS})
    world.event("account.closed", "c1", CLOSED)
    fate = told(world)["app.customers", ("email", "name"), 1]
    assert isinstance(fate, Due)
    assert (fate.rule.rule_id, fate.started_at, fate.free_on) == ("account", CLOSED, date(2026, 10, 2))


def test_a_clock_that_runs_is_kept_until_a_day(box, told, rows):
    """By any key of the person, the same answer."""
    world = box({"customers": [rows[0]("c1")], "orders": OTHERS})
    world.event("account.closed", "c1@x.example", LATELY, key="email")
    for key, value in (("user_id", "c1"), ("email", "c1@x.example")):
        fate = told(world, value, key)["app.customers", ("email", "name"), 1]
        assert isinstance(fate, KeptUntil)
        assert fate.free_on == date(2026, 12, 21)


def test_rows_of_one_dataset_differ_by_their_dates(box, rows):
    """One order is due, two are kept until days of their own, one has no date; a law keeps the amounts."""
    customer, order = rows
    days = [date(2025, 1, 5), date(2026, 3, 1), date(2026, 5, 1), None]
    orders = [order(number, "c1", day) for number, day in enumerate(days)]
    world = box({"customers": [customer("c1")], "orders": [*orders, order(9, "c2", days[0])]}, holds=HOLDS)
    found = explain(world.world(), SubjectKey("user_id", "c1"), told_of(world)).lines
    notes = {type(line.fate): line for line in found if line.fields == ("note",)}
    assert {kind: line.rows for kind, line in notes.items()} == {Due: 1, KeptUntil: 2, NoClock: 1}
    assert notes[Due].fate.free_on == date(2026, 1, 6)
    kept = notes[KeptUntil].fate
    assert (kept.free_on, kept.last_free_on) == (date(2027, 3, 2), date(2027, 5, 2))
    amounts = [line for line in found if line.fields == ("amount",)]
    assert {type(line.fate) for line in amounts} == {HeldByLaw}
    assert {(line.rows, line.fate.until) for line in amounts} == {
        (1, date(2027, 1, 6)),
        (2, date(2028, 5, 2)),
        (1, None),
    }


def test_what_is_the_same_is_told_once(box, rows):
    """The notes of two orders are one line, although a law keeps the amount of one of them only."""
    customer, order = rows
    orders = [order(1, "c1", date(2024, 1, 5)), order(2, "c1", date(2025, 1, 5))]
    world = box({"customers": [customer("c1")], "orders": orders}, holds=HOLDS)
    found = explain(world.world(), SubjectKey("user_id", "c1"), told_of(world)).lines
    assert [(line.fields, line.rows, type(line.fate)) for line in found if line.dataset == "app.orders"] == [
        (("amount",), 1, HeldByLaw),
        (("note",), 2, Due),
        (("amount",), 1, Due),
    ]


def test_a_held_field_says_what_happens_after_the_law(box, told, rows):
    """Beneath the law stands the rule: due, so that it goes when the law lets go."""
    world = box({"customers": [rows[0]("c1")], "orders": [rows[1](1, "c1", date(2025, 1, 5))]}, holds=HOLDS)
    fate = told(world)["app.orders", ("amount",), 1]
    assert isinstance(fate.beneath, Due)
    assert fate.beneath.free_on == date(2026, 1, 6)


def test_a_placed_hold_stands_over_everything(box, told, rows):
    """Whatever the clocks and laws say, and by whichever key it was placed."""
    world = box({"customers": [rows[0]("c1")], "orders": [rows[1](1, "c1", date(2025, 1, 5))]}, holds=HOLDS)
    world.hold("email", "c1@x.example")
    fates = told(world)
    assert fates
    assert {type(fate) for fate in fates.values()} == {UnderPlacedHold}


def test_a_restriction_stands_until_the_person_has_been_told(box, told, rows):
    """A lifting without notice does not count, and that is said."""
    world = box({"customers": [rows[0]("c1")], "orders": OTHERS})
    world.event("account.closed", "c1", CLOSED)
    world.event("restriction.placed", "c1", LATELY)
    fate = told(world)["app.customers", ("email", "name"), 1]
    assert fate == Restricted(LATELY, untold=False, beneath=fate.beneath)
    assert isinstance(fate.beneath, Due)
    world.event("restriction.lifted", "c1", datetime(2026, 11, 21, tzinfo=UTC))
    assert told(world)["app.customers", ("email", "name"), 1].untold


def test_data_that_a_purpose_still_needs_is_kept_for_it(box, told, rows):
    """The account's clock is over; the purpose that has an end of its own is open."""
    purposes = "purposes: {P: {title: {en: P}, ends: {after: survey.closed, for: P1M}}}\n"
    world = box({"customers": [rows[0]("c1")], "orders": OTHERS}, processors=purposes)
    world.event("account.closed", "c1", CLOSED)
    assert told(world)["app.customers", ("email", "name"), 1] == OpenPurpose(world.policy.rules[0], ("P",), None)


def test_what_no_event_started_has_no_clock_and_what_no_rule_names_has_no_rule(box, told, rows):
    """Two reasons to be kept that somebody should look at."""
    only_account = box(
        {"customers": [rows[0]("c1")], "orders": [rows[1](1, "c1", date(2025, 1, 5))]},
        rules=TENANT_RULES,
    )
    fates = told(only_account)
    assert isinstance(fates["app.customers", ("email", "name"), 1], NoClock)
    assert fates["app.orders", ("amount", "note"), 1] == NoRule()


def test_a_tenants_rows_wait_for_the_tenant(box, rows):
    """One account is the person's, another the employer's: each has its own fate, children included."""
    customers = [rows[0]("c1", company=None), rows[0]("c2", email="c1@x.example", company="k1")]
    customers[1]["email"] = customers[0]["email"] = "c1@x.example"
    datamap = TENANTS.replace("primary_key: [id]\n    subject: {user_id: id, email: email}", "subject: {email: email}")
    orders = [rows[1](1, "c1", date(2026, 5, 1)), rows[1](2, "c2", date(2026, 5, 1))]
    world = box({"customers": customers, "orders": orders}, rules=TENANT_RULES, datamap=datamap)
    world.event("account.closed", "c1@x.example", CLOSED, key="email")
    found = explain(world.world(), SubjectKey("email", "c1@x.example"), told_of(world)).lines
    assert [(line.dataset, type(line.fate)) for line in found] == [
        ("app.customers", Due),
        ("app.customers", TenantControlled),
        ("app.orders", NoRule),
        ("app.orders", TenantControlled),
    ]
    world.event("contract.ended", "k1", CLOSED, key="company_id")
    found = explain(world.world(), SubjectKey("email", "c1@x.example"), told_of(world)).lines
    assert [type(line.fate) for line in found if line.dataset == "app.customers"] == [Due, Due]
    assert "c1@x" not in repr(found)
    assert "k1" not in repr(found)


def test_data_that_cannot_be_reached_is_not_passed_over(box, rows):
    """Silence would be taken for "nothing there"."""
    datamap = TENANTS.replace("    parent: {app.customers: {customer_id: id}}\n", "    subject: {device: device}\n")
    world = box({"customers": [rows[0]("c1", company=None)]}, datamap=datamap, rules=TENANT_RULES)
    found = explain(world.world(), SubjectKey("user_id", "c1"), told_of(world))
    assert [(one.dataset, one.known_by, one.why) for one in found.unlinked] == [("app.orders", ("device",), "no-link")]


def test_explaining_needs_nothing_that_can_erase(box, rows):
    """The world it is given has finders only, and the data is as it was."""
    world = box({"customers": [rows[0]("c1")], "orders": OTHERS})
    world.event("account.closed", "c1", CLOSED)
    before = world.rows("customers")
    explain(world.world(), SubjectKey("user_id", "c1"), told_of(world))
    assert world.rows("customers") == before
    assert not hasattr(world.world().finder(world.datamap.datasets["app.customers"]), "erase_rows")
