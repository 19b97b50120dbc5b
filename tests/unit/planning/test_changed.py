"""Of whom a sweep changes something: read from the rows that it touches, and from those that they refer to."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from retention.model.plan import SuspendRows, TellProcessor
from retention.planning.assemble import Header, plan_sweep
from retention.planning.due import DuePeople
from retention.planning.limits import Limits
from retention.planning.promised import Found
from tests.unit.planning.conftest import NOW

HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())
OLD, NEW = (NOW - timedelta(days=500)).date(), (NOW - timedelta(days=5)).date()
CLOSED = NOW - timedelta(days=60)
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields: {name: {category: account, identifies: directly}}
  app.threads:
    system: app
    table: threads
    primary_key: [id]
    parent: {app.customers: {customer_id: id}, app.threads: {reply_to: id}}
    dates: {at: at}
    fields:
      text: {category: traces, identifies: directly}
      mood: {category: account, identifies: "no"}
"""
MAILER = "processors: {mailer: {categories: [account], key: email, answer_within: P30D}}\n"


def replayed(draft, name="user_id"):
    """Return who is committed to and suppressed."""
    return {v for r in draft.plan.replays if r.key_name == name for v in draft.keys[r.keys.keyset_id]}


def told(draft):
    """Return of whom the processor is told."""
    return {v for s in draft.plan.steps if isinstance(s, TellProcessor) for v in draft.keys[s.keys.keyset_id]}


def close(shop, *people):
    """Let them have closed their accounts long ago."""
    for who in people:
        shop.event("account.closed", who, CLOSED)


def customer(who, name):
    """A customer's row."""
    return {"id": who, "email": f"{who}@x", "name": name}


def thread(number, mood, who=None, reply_to=None):
    """A row of a thread, not due by its own date."""
    return {"id": number, "customer_id": who, "reply_to": reply_to, "at": NEW, "text": "t", "mood": mood}


def test_a_person_is_found_from_a_row_far_down_that_names_nobody(box):
    """Only an answer to an answer changes; it leads to its writer, under all keys, and to nobody else."""
    customers = [customer("c1", None), customer("c2", None), customer("c3", "Name")]
    threads = [thread(1, None, "c1"), thread(2, None, None, 1), thread(3, "sad", None, 2), thread(4, None, "c2")]
    shop = box({"customers": customers, "threads": threads}, datamap=DATAMAP, processors=MAILER)
    close(shop, "c1", "c2")
    draft = shop.sweep()
    assert [(step.dataset, step.rows) for step in draft.plan.steps if hasattr(step, "rows")] == [("app.threads", 1)]
    assert draft.plan.subjects == 1
    assert (replayed(draft), replayed(draft, "email"), told(draft)) == ({"c1"}, {"c1@x"}, {"c1@x"})


def test_a_second_step_counts_again_and_nothing_else_does(box, rows):
    """Emptied by one sweep, erased by a later one: in both; in between and afterwards in none."""
    customer, order = rows
    shop = box({"customers": [customer(who) for who in ("c1", "c2", "c3")], "orders": [order(1, "c1", NEW)]})
    close(shop, "c1")
    shop.carry_out(shop.sweep())
    assert [row["name"] for row in shop.rows("customers")] == [None, "Name c2", "Name c3"]
    close(shop, "c2")
    between = shop.sweep()
    assert (between.plan.subjects, replayed(between)) == (1, {"c2"})
    shop.carry_out(between)
    later = NOW + timedelta(days=400)
    second = shop.sweep(later)  # the order is due by its date, and no longer keeps the customer's row
    assert (second.plan.subjects, replayed(second)) == (1, {"c1"})
    shop.carry_out(second)
    assert [row["id"] for row in shop.rows("customers")] == ["c3"]
    assert shop.sweep(later) is None


def test_whoever_is_due_and_wholly_kept_by_law_is_not_counted(box):
    """What stays is told by rows, in every sweep; no commitment says that something of hers was dealt with."""
    hold = "holds: [{id: books, fields: [threads.mood], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
    tables = {"customers": [customer("c1", None), customer("c2", "Name")], "threads": [thread(1, "glad", "c1")]}
    shop = box(tables, holds=hold, datamap=DATAMAP, processors=MAILER)
    close(shop, "c1", "c2")
    draft = shop.sweep()
    assert (draft.plan.subjects, replayed(draft), told(draft)) == (1, {"c2"}, {"c2@x"})
    assert [(kept.dataset, kept.rows) for kept in draft.plan.withheld] == [("app.threads", 1)]


STOPPED = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    suspend: {flag: {column: state, value: stopped}}
    fields: {name: {category: account, identifies: directly}}
"""
STOPS = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: suspend, source: policy}
"""


def test_whoever_is_suspended_already_is_not_suspended_again(box):
    """A rule stays due; the next sweep's suspension, which somebody may lift, is of those whom it stops."""
    shop = box(
        {"customers": [{"id": f"c{n}", "name": "N", "state": "stopped" if n == 1 else None} for n in (1, 2, 3)]},
        rules=STOPS,
        datamap=STOPPED,
    )
    close(shop, "c1", "c2")
    world = replace(shop.world(), suspends={"app": shop.store.capabilities.suspends})
    draft = plan_sweep(world, HEADER, shop.pauses())
    assert [(type(step), step.rows) for step in draft.plan.steps] == [(SuspendRows, 1)]
    assert (draft.plan.subjects, replayed(draft)) == (1, {"c2"})
    assert {replay.scope for replay in draft.plan.replays} == {"suspension:account"}


TENANTS = """\
datasets:
  app.people:
    system: app
    table: people
    primary_key: [id]
    subject: {user_id: id}
    tenant: {company: company}
    fields: {name: {category: account, identifies: directly}}
"""
ENDED = """\
rules:
  - {id: account, category: account, authority: tenant, effective: {from: 2020-01-01},
     keep: {for: P30D, after: contract.ended}, then: erase, source: policy}
"""


def test_a_tenant_whose_rows_are_done_is_not_counted_with_another(box):
    """Contracts stay ended: the people and the key of the company whose rows go now, and no others."""
    people = [{"id": n, "company": "acme" if n < 3 else "globex", "name": f"N{n}"} for n in range(1, 5)]
    others = [
        {"id": n, "person": n, "at": NEW, "text": "t"} for n in (1, 2)
    ]  # not due: the rows they refer to stay, without a name
    notes = """\
  app.notes:
    system: app
    table: notes
    primary_key: [id]
    parent: {app.people: {person: id}}
    dates: {at: at}
    fields: {text: {category: traces, identifies: directly}}
"""
    shop = box({"people": people, "notes": others}, rules=ENDED, datamap=TENANTS + notes)
    shop.event("contract.ended", "acme", CLOSED, key="company")
    first = shop.sweep()
    assert (first.plan.subjects, replayed(first, "company")) == (2, {"acme"})
    shop.carry_out(first)
    assert len(shop.rows("people")) == 4
    shop.event("contract.ended", "globex", CLOSED, key="company")
    second = shop.sweep()
    assert (second.plan.subjects, replayed(second, "company")) == (2, {"globex"})


def test_a_promise_and_a_clock_about_the_same_person_count_her_once(box, rows):
    """What was promised for today and what ran out by itself are one person; either scope is replayed once."""
    shop = box({"customers": [rows[0]("c1"), rows[0]("c2")], "orders": [rows[1](1, None, NEW)]})
    close(shop, "c1")
    promised = DuePeople((shop.policy.rules[0],), {"user_id": frozenset({"c1"}), "email": frozenset({"c1@x.example"})})
    draft = plan_sweep(shop.world(), HEADER, shop.pauses(), word=Found((promised,)))
    assert draft.plan.subjects == 1
    assert sorted((replay.key_name, replay.scope) for replay in draft.plan.replays) == [
        ("email", "account"),
        ("user_id", "account"),
    ]


def test_keys_written_otherwise_and_several_addresses_are_one_person(box):
    """Whoever has two addresses is one person; so is one whose number a store keeps as a number."""
    customers = [{"id": 1, "email": "a@x", "name": "N"}, {"id": 2, "email": "b@x", "name": "N"}]
    more = "  app.mails: {system: app, table: mails, primary_key: [id], subject: {user_id: who, email: email},\n"
    more += "    fields: {email: {category: account, identifies: directly}}}\n"
    mails = [{"id": 1, "who": 1, "email": "a@x"}, {"id": 2, "who": 1, "email": "A2@x"}]
    shop = box({"customers": customers, "mails": mails, "threads": [thread(1, None)]}, datamap=DATAMAP + more)
    close(shop, "1")
    draft = shop.sweep()
    assert draft.plan.subjects == 1
    assert (replayed(draft), replayed(draft, "email")) == ({"1"}, {"a@x", "A2@x"})


GIVEN = """\
  app.parcels:
    system: app
    table: parcels
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    given_to: {carriers: carrier}
    not_personal: {carrier: a company}
    fields: {street: {category: traces, identifies: directly}, door: {category: account, identifies: directly}}
"""
CARRIERS = "recipients: {carriers: {title: {en: Carriers}, kind: third-party, purpose: {en: Delivery}, country: JP}}\n"


@pytest.mark.parametrize("by_date", [False, True])
def test_letters_name_companies_of_rows_that_change_and_of_no_earlier_ones(box, by_date):
    """A company to which only somebody of an earlier sweep was given is not written to again."""
    customers = [customer("c1", None), customer("c2", "Name")]
    parcels = [
        {
            "id": 1,
            "customer_id": "c1",
            "at": OLD,
            "carrier": "Carrier 1",
            "street": None,
            "door": "9" if by_date else None,
        },
        {"id": 2, "customer_id": "c2", "at": OLD, "carrier": "Carrier 2", "street": "s", "door": "7"},
    ]
    threads = [thread(n, None, f"c{n}") for n in (1, 2)]
    datamap = DATAMAP + GIVEN
    if not by_date:
        datamap = datamap.replace("dates: {at: at}\n    given_to", "given_to")
    shop = box({"customers": customers, "parcels": parcels, "threads": threads}, datamap=datamap, processors=CARRIERS)
    close(shop, *([] if by_date else ["c1", "c2"]))
    draft = shop.sweep()
    assert [letter.named for letter in draft.plan.letters] == [("Carrier 2",)]


def test_a_person_who_is_back_is_one_whatever_her_keys_were_disposed_of_for(box, rows):
    """Her address by a rule, her number by a rule and a request: two scopes, one person."""
    shop = box({"customers": [rows[0]("c1"), rows[0]("c2")], "orders": [rows[1](1, None, NEW)]})
    scopes = {("user_id", "c1"): frozenset({"account", "request"}), ("email", "c1@x.example"): frozenset({"account"})}
    draft, found = shop.restore(scopes)
    assert (draft.plan.subjects, found) == (1, 1)
