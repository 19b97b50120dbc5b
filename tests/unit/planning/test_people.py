"""Who and when: holds, restores, identity, reach, order."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from retention.errors import AmbiguousSubjectError, HeldError, UnknownSubjectError
from retention.model.plan import ExpireCopies, TellProcessor, Unlinked
from retention.planning import codec

TODAY = date(2026, 11, 23)
NEW, OLD = TODAY - timedelta(days=5), TODAY - timedelta(days=900)
TRACES = """\
rules:
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
"""
PROCESSOR = """\
processors:
  mailer: {categories: [account], key: email, answer_within: P30D}
"""


def test_a_placed_hold_takes_rows_out_of_a_sweep_and_says_so(box, rows):
    """Nothing of the person moves, by whichever key the hold names him; others' rows do."""
    customer, order = rows
    shop = box({"customers": [customer("c1"), customer("c2")], "orders": [order(1, "c1", OLD), order(2, "c2", OLD)]})
    shop.hold("email", "C1@x.example")
    draft = shop.sweep()
    assert [(w.hold_id, w.rows, w.fields) for w in draft.plan.withheld] == [("H-1", 1, ("amount", "note"))]
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("orders")] == [1]


def test_a_placed_hold_counts_on_a_restored_store_too(box, rows):
    """The gate does not dispose of what a hold keeps, whatever clock has run out."""
    customer, order = rows
    shop = box({"customers": [customer("c1"), customer("c2")], "orders": [order(1, "c1", OLD), order(2, "c2", OLD)]})
    shop.hold("user_id", "c1")
    draft, _ = shop.restore({})
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("orders")] == [1]


def test_a_restore_replays_what_was_asked_and_what_a_rule_did(box, rows):
    """A request is replayed whole, a rule only for its category; nobody else is touched."""
    customer, order = rows
    people = ["c1", "c2", "c3"]
    shop = box(
        {"customers": [customer(who) for who in people], "orders": [order(n, who, NEW) for n, who in enumerate(people)]}
    )
    scopes = {("user_id", "c1"): frozenset({"request"}), ("email", "c2@x.example"): frozenset({"account"})}
    draft, found = shop.restore(scopes)
    assert found == 2
    assert not [step for step in draft.plan.steps if isinstance(step, ExpireCopies | TellProcessor)]
    shop.carry_out(draft)
    assert shop.rows("customers") == [{"id": "c2", "email": None, "name": None}, customer("c3")]
    assert shop.rows("orders") == [order(1, "c2", NEW), order(2, "c3", NEW)]


def test_a_placed_hold_refuses_a_request_by_any_key(box):
    """A hold by e-mail stops a request by user id."""
    shop = box()
    shop.hold("email", "c1@x.example")
    with pytest.raises(HeldError, match="H-1"):
        shop.request("user_id", "c1")


def test_rows_without_a_date_are_counted_and_stay(box, rows):
    """Their clock cannot start: a sweep says how many they are, emptied rows aside."""
    customer, order = rows
    orders = [order(1, "c1", None), order(2, "c1", OLD), order(3, "c1", None, amount=None, note=None)]
    shop = box({"customers": [customer("c1")], "orders": orders})
    draft = shop.sweep()
    assert draft.plan.undated == {"app.orders": 1}
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("orders")] == [1, 3]


@pytest.mark.parametrize(
    ("effective", "gone"),
    [("{from: 2026-11-24}", False), ("{from: 2020-01-01, until: 2026-11-23}", False), ("{from: 2026-11-23}", True)],
)
def test_only_rules_in_force_today_dispose(box, rows, effective, gone):
    """A rule counts from its first day, and no more on the day its end names."""
    customer, order = rows
    rules = TRACES.replace("{from: 2020-01-01}", effective)
    shop = box({"customers": [customer("c1")], "orders": [order(1, "c1", OLD)]}, rules)
    assert (shop.sweep() is not None) is gone


def test_keys_lead_to_keys_and_numbers_are_text(box, rows):
    """A numeric key from the command line is the stored number: one person, not two."""
    customer, order = rows
    shop = box({"customers": [customer(7), customer(8)], "orders": [order(1, 7, NEW)]})
    shop.carry_out(shop.request("user_id", "7"))
    assert [row["id"] for row in shop.rows("customers")] == [8]
    assert shop.rows("orders") == []


def test_a_key_of_two_people_is_refused(box, rows):
    """A shared address leads to two accounts: a person must decide."""
    shop = box({"customers": [rows[0]("c1", email="us@x.example"), rows[0]("c2", email="us@x.example")]})
    with pytest.raises(AmbiguousSubjectError) as caught:
        shop.request("email", "us@x.example")
    assert "us@x" not in str(caught.value)
    with pytest.raises(AmbiguousSubjectError):
        shop.request("user_id", "c1")


def test_a_stranger_is_unknown(box):
    """Nobody's key is refused, and the error does not repeat it."""
    with pytest.raises(UnknownSubjectError) as caught:
        box().request("user_id", "nobody")
    assert "nobody" not in str(caught.value)


def test_data_to_which_the_map_knows_no_way_is_named_also_below_a_parent(box):
    """Views hang on sessions, sessions are known by device only: the plan says that nobody there can be found."""
    datamap = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.sessions: {system: app, table: sessions, primary_key: [id], subject: {device_id: device}}
  app.views: {system: app, table: views, primary_key: [id], parent: {app.sessions: {session: id}}, dates: {at: at},
    fields: {page: {category: traces, identifies: directly}}}
"""
    tables = {
        "customers": [{"id": "c1", "name": "n"}],
        "sessions": [{"id": 1, "device": "d"}],
        "views": [{"id": 1, "session": 1, "at": NEW, "page": "p"}],
    }
    shop = box(tables, datamap=datamap)
    draft = shop.request("user_id", "c1")
    assert draft.plan.unlinked == (Unlinked("app.views", ("device_id",), "no-link"),)
    shop.carry_out(draft)
    assert (shop.rows("customers"), len(shop.rows("views"))) == ([], 1)


def test_grandchildren_go_with_the_person_children_first_copies_first_backups_last(box):
    """Derived copies before originals, children before parents, and the backup's expiry at the end."""
    datamap = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.orders: {system: app, table: orders, primary_key: [id], parent: {app.customers: {customer_id: id}},
    fields: {note: {category: account, identifies: directly}}}
  app.lines: {system: app, table: lines, primary_key: [id], parent: {app.orders: {order_id: id}},
    fields: {text: {category: account, identifies: directly}}}
  app.report: {system: app, table: report, primary_key: [id], subject: {user_id: user_id}, derived_from: [app.lines],
    fields: {text: {category: account, identifies: directly}}}
"""
    tables = {
        "customers": [{"id": "c1", "name": "n"}, {"id": "c2", "name": "n"}],
        "orders": [{"id": 1, "customer_id": "c1", "note": "n"}, {"id": 2, "customer_id": "c2", "note": "n"}],
        "lines": [{"id": n, "order_id": n % 2 + 1, "text": "t"} for n in range(4)],
        "report": [{"id": 1, "user_id": "c1", "text": "t"}],
    }
    shop = box(tables, datamap=datamap)
    shop.keepers["nightly"] = NoCopies()
    draft = shop.request("user_id", "c1")
    places = [getattr(step, "dataset", type(step).__name__) for step in draft.plan.steps]
    assert places == ["app.report", "app.lines", "app.orders", "app.customers", "ExpireCopies"]
    assert len({step.step_id for step in draft.plan.steps}) == 5
    shop.carry_out(draft)
    assert [row["order_id"] for row in shop.rows("lines")] == [2, 2]
    assert "'c1'" not in repr(draft.plan)


class NoCopies:
    """A backup system without copies."""

    def copies(self):
        """Return none."""
        return ()


def test_a_processor_is_told_first_once_a_person_and_by_the_least_key(box, rows):
    """The order stands before everything that forgets the address; one person is one order."""
    shop = box({"customers": [rows[0]("c1"), rows[0]("c2")], "orders": [rows[1](1, "c2", NEW)]}, processors=PROCESSOR)
    draft = shop.request("user_id", "c1")
    first = draft.plan.steps[0]
    assert isinstance(first, TellProcessor)
    assert (first.system, first.key_name, draft.keys[first.keys.keyset_id]) == ("mailer", "email", {"c1@x.example"})
    assert sum(isinstance(step, TellProcessor) for step in draft.plan.steps) == 1


def test_rows_that_must_wait_for_a_processor_are_named_in_its_order(box, rows):
    """What is revoked there before it goes here stands in the plan, so that it is approved; the plan reads back."""
    waiting = PROCESSOR.replace("P30D}", "P30D, before: [app.customers]}")
    tables = {"customers": [rows[0]("c1")], "orders": [rows[1](1, "c1", NEW)]}
    draft = box(tables, processors=waiting).request("user_id", "c1")
    assert draft.plan.steps[0].before == ("app.customers",)
    assert codec.decode(codec.encode(draft.plan)).steps[0].before == ("app.customers",)


def test_nobody_is_told_again_while_nothing_is_left_to_do(box, rows):
    """A person of whom only an anchor stays makes no new order in later sweeps, nor counts as touched."""
    customer, order = rows
    people = [customer("c1"), customer("c2")]
    shop = box({"customers": people, "orders": [order(1, "c1", NEW)]}, processors=PROCESSOR)
    shop.event("account.closed", "c1", shop.world().now - timedelta(days=60))
    first = shop.sweep()
    assert first.plan.subjects == 1
    shop.carry_out(first)
    columns = shop.store.finder().describe(shop.datamap.datasets["app.orders"])
    shop.database.put("orders", columns, [order(1, "c1", NEW), order(2, "c2", OLD)])
    second = shop.sweep()
    assert second.plan.subjects == 0
    assert not [step for step in second.plan.steps if isinstance(step, TellProcessor)]
