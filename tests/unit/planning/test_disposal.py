"""What becomes of rows: sweeps, requests and restores over a small shop."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from retention.errors import TombstoneError
from retention.model.plan import AnonymizeRows, EraseRows, RedactFields
from retention.planning.holding import parts, together
from retention.planning.keysets import KeySets

TODAY = date(2026, 11, 23)
NEW, HELD, OLD = TODAY - timedelta(days=5), TODAY - timedelta(days=400), TODAY - timedelta(days=900)
HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
TWO_HOLDS = """\
holds:
  - {id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}
  - {id: notes, fields: [orders.note], keep: {for: P12M, since: at}, statute: jp.notes}
"""
ANONYMIZE = """\
rules:
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: anonymize, k: 2, source: policy}
"""
WATCHED = """\
datasets:
  app.watched:
    system: app
    table: watched
    primary_key: [id]
    subject: {user_id: user_id}
    dates: {at: at}
    fields:
      town: {category: traces, identifies: indirectly, anonymize: keep}
      title: {category: traces, identifies: "no", anonymize: keep}
"""


def kinds(draft):
    """Step kinds and datasets, in order."""
    return [(type(step), getattr(step, "dataset", None)) for step in draft.plan.steps]


def test_parts_are_disjoint_complete_and_hold_what_has_no_date(box, rows):
    """Two holds make four parts; every row is in exactly one; a row without a date is under every hold."""
    _, order = rows
    ages = [None, NEW, HELD, OLD]
    shop = box(
        {"customers": [rows[0]("c1")], "orders": [order(n, "c1", at) for n, at in enumerate(ages)]}, holds=TWO_HOLDS
    )
    world, dataset = shop.world(), shop.datamap.datasets["app.orders"]
    found = [
        (part.fields, world.count(dataset, together(*part.where), KeySets(b"s"))) for part in parts(world, dataset)
    ]
    assert sum(count for _, count in found) == 4
    assert dict(found) == {
        frozenset({"amount", "note"}): 2,
        frozenset({"amount"}): 1,
        frozenset({"note"}): 0,
        frozenset(): 1,
    }


def test_a_request_erases_and_keeps_what_the_law_keeps_without_its_tie(box, rows):
    """Held fields stay in a row that no longer tells whose it was; the rest of the person is erased."""
    customer, order = rows
    shop = box(
        {
            "customers": [customer("c1"), customer("c2")],
            "orders": [order(1, "c1", OLD), order(2, "c1", NEW), order(3, "c2", NEW)],
        },
        holds=HOLDS,
    )
    draft = shop.request("email", "c1@x.example")
    assert kinds(draft) == [(RedactFields, "app.orders"), (EraseRows, "app.orders"), (EraseRows, "app.customers")]
    assert [(w.dataset, w.fields, w.rows, w.hold_id) for w in draft.plan.withheld] == [
        ("app.orders", ("amount",), 1, "books")
    ]
    assert draft.plan.withheld[0].until.date() > TODAY
    shop.carry_out(draft)
    assert shop.rows("customers") == [customer("c2")]
    assert shop.rows("orders") == [order(2, None, NEW, note=None), order(3, "c2", NEW)]


def test_withholdings_of_the_same_fields_are_one_line(box, rows):
    """Rows of several parts under one hold add up: evidence has one statement for them."""
    customer, order = rows
    shop = box(
        {"customers": [customer("c1")], "orders": [order(n, "c1", at) for n, at in enumerate([NEW, HELD, None])]},
        holds=TWO_HOLDS,
    )
    draft = shop.request("user_id", "c1")
    found = {(w.hold_id, w.fields): (w.rows, w.until) for w in draft.plan.withheld}
    assert len(found) == len(draft.plan.withheld)
    assert found["books", ("amount",)] == (3, None)
    assert found["notes", ("note",)] == (2, None)


def test_a_child_that_stays_keeps_its_parent_as_an_empty_anchor(box, rows):
    """The account is due and the note is not: the account is emptied, its row and the order's tie stay."""
    customer, order = rows
    shop = box({"customers": [customer("c1")], "orders": [order(1, "c1", NEW)]})
    shop.event("account.closed", "c1", shop.world().now - timedelta(days=60))
    draft = shop.sweep()
    assert kinds(draft) == [(RedactFields, "app.customers")]
    shop.carry_out(draft)
    assert shop.rows("customers") == [{"id": "c1", "email": None, "name": None}]
    assert shop.rows("orders") == [order(1, "c1", NEW)]
    assert shop.sweep() is None


def test_a_childs_own_date_counts_and_not_its_parents(box):
    """A row clock of the parent does not dispose of a younger child; it keeps the parent's row."""
    datamap = """\
datasets:
  app.threads: {system: app, table: threads, primary_key: [id], subject: {user_id: user_id}, dates: {at: at},
    fields: {text: {category: traces, identifies: directly}}}
  app.replies: {system: app, table: replies, primary_key: [id], parent: {app.threads: {thread: id}}, dates: {at: at},
    fields: {text: {category: traces, identifies: directly}}}
"""
    shop = box(
        {
            "threads": [
                {"id": 1, "user_id": "u1", "at": OLD, "text": "old"},
                {"id": 2, "user_id": "u2", "at": OLD, "text": "old"},
            ],
            "replies": [
                {"id": 1, "thread": 1, "at": NEW, "text": "new"},
                {"id": 2, "thread": 2, "at": OLD, "text": "old"},
            ],
        },
        datamap=datamap,
    )
    shop.carry_out(shop.sweep())
    assert shop.rows("threads") == [{"id": 1, "user_id": "u1", "at": OLD, "text": None}]
    assert shop.rows("replies") == [{"id": 1, "thread": 1, "at": NEW, "text": "new"}]


def test_two_clocks_on_one_row_count_it_once_and_erase_it_whole(box):
    """What two groups make due together is one step: the row is erased, not emptied twice."""
    datamap = """\
datasets:
  app.both: {system: app, table: both, primary_key: [id], subject: {user_id: user_id}, dates: {at: at},
    fields: {name: {category: account, identifies: directly}, trace: {category: traces, identifies: directly}}}
"""
    table = [{"id": n, "user_id": f"u{n}", "at": at, "name": "n", "trace": "t"} for n, at in enumerate([OLD, NEW, OLD])]
    shop = box({"both": table}, datamap=datamap)
    for who in ("u0", "u1"):
        shop.event("account.closed", who, shop.world().now - timedelta(days=60))
    draft = shop.sweep()
    assert sorted((type(s).__name__, s.rows, s.because.rules) for s in draft.plan.steps) == [
        ("EraseRows", 1, ("account", "traces")),
        ("RedactFields", 1, ("account",)),
        ("RedactFields", 1, ("traces",)),
    ]
    shop.carry_out(draft)
    assert shop.rows("both") == [table[1] | {"name": None}, table[2] | {"trace": None}]


def test_a_parent_that_goes_leaves_no_reference_dangling(box):
    """An order that tells nothing and is not due yet lets go of the customer who goes."""
    datamap = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.orders: {system: app, table: orders, primary_key: [id], parent: {app.customers: {customer_id: id}},
    dates: {at: at}, fields: {amount: {category: traces, identifies: "no"}}}
"""
    tables = {
        "customers": [{"id": "c1", "name": "n"}],
        "orders": [{"id": 1, "customer_id": "c1", "at": NEW, "amount": "1"}],
    }
    shop = box(tables, datamap=datamap)
    shop.event("account.closed", "c1", shop.world().now - timedelta(days=60))
    shop.carry_out(shop.sweep())
    assert shop.rows("customers") == []
    assert shop.rows("orders") == [{"id": 1, "customer_id": None, "at": NEW, "amount": "1"}]


def test_a_row_clock_alone_does_not_take_the_person_out_of_the_row(box, rows):
    """A held order whose other fields are due stays the customer's."""
    customer, order = rows
    shop = box({"customers": [customer("c1")], "orders": [order(1, "c1", HELD)]}, holds=HOLDS)
    shop.carry_out(shop.sweep())
    assert shop.rows("orders") == [order(1, "c1", HELD, note=None)]


def test_a_key_that_names_the_person_and_must_stay_is_refused(box):
    """A held field beside a primary key that is the person's key cannot be made nameless."""
    holds = "holds: [{id: books, fields: [profile.bio], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
    datamap = """\
datasets:
  app.profile: {system: app, table: profile, primary_key: [user_id], subject: {user_id: user_id}, dates: {at: at},
    fields: {bio: {category: traces, identifies: "no"}}}
"""
    shop = box({"profile": [{"user_id": "u1", "at": NEW, "bio": "b"}]}, datamap=datamap, holds=holds)
    with pytest.raises(TombstoneError, match="primary key"):
        shop.request("user_id", "u1")


def test_rare_rows_are_erased_and_the_others_anonymized(box):
    """Towns with fewer than k rows go; the others lose their person; a second sweep finds nothing (UMU-33)."""
    towns = ["Tokyo", "Tokyo", "Nara", "Osaka", "Osaka"]
    table = [{"id": n, "user_id": f"u{n}", "at": OLD, "town": town, "title": "t"} for n, town in enumerate(towns)]
    shop = box(
        {"watched": [*table, {"id": 9, "user_id": "u9", "at": NEW, "town": "Nara", "title": "t"}]},
        ANONYMIZE,
        datamap=WATCHED,
    )
    draft = shop.sweep()
    (step,) = draft.plan.steps
    assert isinstance(step, AnonymizeRows)
    assert (step.rows, step.rows_rare, step.of_rows) == (5, 1, 6)
    assert "Nara" not in repr(draft.plan)
    shop.carry_out(draft)
    assert [(row["user_id"], row["town"]) for row in shop.rows("watched")] == [
        (None, "Tokyo"),
        (None, "Tokyo"),
        (None, "Osaka"),
        (None, "Osaka"),
        ("u9", "Nara"),
    ]
    assert shop.sweep() is None


def test_what_only_the_person_can_find_later_keeps_its_tie(box):
    """A field that tells nothing stays tied if its own clock is an event's; else it would never fall due."""
    rules = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, after: account.closed},
     then: erase, source: policy}
"""
    datamap = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.orders: {system: app, table: orders, primary_key: [id], parent: {app.customers: {customer_id: id}},
    fields: {amount: {category: traces, identifies: "no"}}}
"""
    tables = {"customers": [{"id": "c1", "name": "n"}], "orders": [{"id": 1, "customer_id": "c1", "amount": "1"}]}
    shop = box(tables, rules, datamap=datamap)
    now = shop.world().now
    shop.event("account.closed", "c1", now - timedelta(days=60))
    shop.carry_out(shop.sweep())
    assert shop.rows("customers") == [{"id": "c1", "name": None}]
    assert shop.rows("orders") == tables["orders"]
    shop.carry_out(shop.sweep(now + timedelta(days=400)))
    assert shop.rows("customers") == shop.rows("orders") == []


def test_a_row_clock_alone_does_not_empty_the_rows_own_key(box):
    """A row of its own user whose title is due and whose town is held stays his until he leaves."""
    holds = "holds: [{id: books, fields: [watched.town], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
    row = {"id": 1, "user_id": "u1", "at": HELD, "town": "Nara", "title": "t"}
    rules = ANONYMIZE.replace("then: anonymize, k: 2", "then: erase")
    shop = box({"watched": [row]}, rules, holds, WATCHED)
    shop.carry_out(shop.sweep())
    assert shop.rows("watched") == [row | {"title": None}]
    shop.carry_out(shop.request("user_id", "u1"))
    assert shop.rows("watched") == [row | {"title": None, "user_id": None}]
