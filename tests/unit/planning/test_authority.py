"""Whose data: a person's own rows and those of a tenant part ways in every kind of plan."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from retention.model.plan import TellProcessor

TODAY = date(2026, 11, 23)
NEW, OLD = TODAY - timedelta(days=5), TODAY - timedelta(days=900)
DATAMAP = """\
datasets:
  app.people:
    system: app
    table: people
    primary_key: [id]
    subject: {user_id: id}
    tenant: {company: company}
    fields:
      name: {category: account, identifies: directly}
  app.courses:
    system: app
    table: courses
    primary_key: [id]
    subject: {user_id: author}
    tenant: {company: company}
    dates: {at: at}
    fields:
      text: {category: traces, identifies: directly}
  app.comments:
    system: app
    table: comments
    primary_key: [id]
    parent: {app.courses: {course: id}}
    dates: {at: at}
    fields:
      body: {category: traces, identifies: directly}
"""
RULES = """\
rules:
  - {id: account, category: account, effective: {from: 2020-01-01}, keep: {for: P30D, after: account.closed},
     then: erase, source: policy}
  - {id: traces, category: traces, effective: {from: 2020-01-01}, keep: {for: P12M, since: at},
     then: erase, source: policy}
  - {id: their-people, category: account, authority: tenant, effective: {from: 2020-01-01},
     keep: {for: P60D, after: contract.ended}, then: erase, source: policy}
  - {id: their-courses, category: traces, authority: tenant, effective: {from: 2020-01-01},
     keep: {for: P60D, after: contract.ended}, then: erase, source: policy}
"""
PROCESSOR = "processors: {mailer: {categories: [account, traces], key: user_id, answer_within: P30D}}\n"


def tables(own: int = 3, theirs: int = 4) -> dict:
    """One person with rows of her own and of her company, each course with a comment; and a colleague."""
    courses = [{"id": n, "author": "u1", "company": None, "at": NEW, "text": f"own {n}"} for n in range(own)]
    courses += [
        {"id": own + n, "author": "u1", "company": "acme", "at": NEW, "text": f"acme's {n}"} for n in range(theirs)
    ]
    courses += [{"id": 99, "author": "u2", "company": "acme", "at": NEW, "text": "the colleague's"}]
    return {
        "people": [{"id": "u1", "name": "One", "company": None}, {"id": "u2", "name": "Two", "company": "acme"}],
        "courses": courses,
        "comments": [{"id": n, "course": row["id"], "at": NEW, "body": "b"} for n, row in enumerate(courses)],
    }


@pytest.fixture
def world(box):
    """Return what makes the world."""

    def made(processors="", rules=RULES, **counts):
        return box(tables(**counts), rules, datamap=DATAMAP, processors=processors)

    return made


def courses(shop):
    """Which courses are left, by id."""
    return [row["id"] for row in shop.rows("courses")]


def test_a_person_with_both_gets_a_split_plan(world):
    """Three of her own go with what hangs on them; four of the company's stay, and the plan says so (UMU-05)."""
    shop = world()
    draft = shop.request("user_id", "u1")
    kept = {(w.dataset, w.rows, w.statute) for w in draft.plan.withheld}
    assert kept == {("app.courses", 4, "tenant-controlled"), ("app.comments", 4, "tenant-controlled")}
    shop.carry_out(draft)
    assert courses(shop) == [3, 4, 5, 6, 99]
    assert [row["course"] for row in shop.rows("comments")] == [3, 4, 5, 6, 99]


def test_a_tenants_row_keeps_the_persons_row_it_refers_to_as_an_empty_anchor(box):
    """Nothing dangles: what the tenant keeps still finds its parent, and the parent tells nothing any more."""
    datamap = """\
datasets:
  app.people: {system: app, table: people, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.courses: {system: app, table: courses, primary_key: [id], parent: {app.people: {author: id}},
    tenant: {company: company}, dates: {at: at}, fields: {text: {category: traces, identifies: directly}}}
"""
    rows = {
        "people": [{"id": "u1", "name": "One"}],
        "courses": [{"id": 1, "author": "u1", "company": "acme", "at": NEW, "text": "t"}],
    }
    shop = box(rows, RULES, datamap=datamap)
    shop.carry_out(shop.request("user_id", "u1"))
    assert shop.rows("people") == [{"id": "u1", "name": None}]
    assert shop.rows("courses") == rows["courses"]


def test_a_tenants_instruction_moves_the_tenants_rows_and_no_others(world):
    """Her own three stay, and so does the colleague's; another company's instruction would reach nothing."""
    shop = world()
    draft = shop.request("user_id", "u1", tenant=("company", "acme"))
    shop.carry_out(draft)
    assert courses(shop) == [0, 1, 2, 99]
    assert [row["name"] for row in shop.rows("people")] == ["One", "Two"]
    assert all("eu.gdpr.28-3" in s.because.statutes or s.because.statutes == ("jp.appi.25",) for s in draft.plan.steps)


def test_row_clocks_leave_a_tenants_rows_alone(box):
    """A date runs out for everybody's rows; a tenant's rows wait for the tenant."""
    rows = tables()
    for row in rows["courses"] + rows["comments"]:
        row["at"] = OLD
    shop = box(rows, RULES, datamap=DATAMAP)
    draft = shop.sweep()
    shop.carry_out(draft)
    assert courses(shop) == [3, 4, 5, 6, 99]
    assert {(w.dataset, w.rows, w.statute) for w in draft.plan.withheld} == {
        ("app.courses", 5, "tenant-controlled"),
        ("app.comments", 5, "tenant-controlled"),
    }


def test_an_account_that_closes_takes_nothing_of_the_tenants_with_it(world):
    """The colleague's account row is the company's: her closing it moves nothing."""
    shop = world()
    shop.event("account.closed", "u2", shop.world().now - timedelta(days=90))
    assert shop.sweep() is None


def test_the_end_of_a_contract_takes_everything_of_the_tenant_and_nothing_else(world):
    """After the return window the company's rows all go, and people keep their own (GDPR 28(3)(g), UMU-04)."""
    shop = world()
    shop.event("contract.ended", "acme", shop.world().now - timedelta(days=90), key="company")
    draft = shop.sweep()
    assert draft.plan.subjects == 2
    assert {rule for step in draft.plan.steps for rule in step.because.rules} == {"their-people", "their-courses"}
    shop.carry_out(draft)
    assert courses(shop) == [0, 1, 2]
    assert [row["id"] for row in shop.rows("people")] == ["u1"]
    assert len(shop.rows("comments")) == 3


def test_before_the_return_window_is_over_nothing_of_the_tenant_moves(world):
    """Sixty days are for giving the data back."""
    shop = world()
    shop.event("contract.ended", "acme", shop.world().now - timedelta(days=59), key="company")
    assert shop.sweep() is None


def test_a_processor_is_not_told_of_someone_of_whom_another_authority_keeps_rows(world):
    """It could not tell whose record it would erase: the plan says of how many it was not told."""
    shop = world(PROCESSOR)
    both = shop.request("user_id", "u1")
    assert not [step for step in both.plan.steps if isinstance(step, TellProcessor)]
    assert [(left.system, left.people, left.why) for left in both.plan.untold] == [("mailer", 1, "tenant-controlled")]
    only_own = world(PROCESSOR, theirs=0).request("user_id", "u1")
    assert [step.system for step in only_own.plan.steps if isinstance(step, TellProcessor)] == ["mailer"]
    assert only_own.plan.untold == ()


def test_at_a_contracts_end_the_processor_is_told_of_those_who_are_nobody_elses(world):
    """The colleague is the company's alone; the person with rows of her own is left out and counted."""
    shop = world(PROCESSOR)
    shop.event("contract.ended", "acme", shop.world().now - timedelta(days=90), key="company")
    draft = shop.sweep()
    told = [step for step in draft.plan.steps if isinstance(step, TellProcessor)]
    assert [draft.keys[step.keys.keyset_id] for step in told] == [{"u2"}]
    assert [left.people for left in draft.plan.untold] == [1]


def test_a_restore_replays_each_authority_for_itself(world):
    """What she asked for is replayed on her rows, what the company instructed on the company's."""
    shop = world()
    draft, _ = shop.restore({("user_id", "u1"): frozenset({"request"})})
    shop.carry_out(draft)
    assert courses(shop) == [3, 4, 5, 6, 99]
    shop = world()
    draft, _ = shop.restore({("user_id", "u1"): frozenset({"instruction:i1"})}, tenant=("company", "acme"))
    shop.carry_out(draft)
    assert courses(shop) == [0, 1, 2, 99]


def test_a_restore_replays_a_contracts_end(world):
    """The company's rows go again, by the company's own key."""
    shop = world()
    draft, found = shop.restore({("company", "acme"): frozenset({"their-people", "their-courses"})})
    assert found == 1
    shop.carry_out(draft)
    assert courses(shop) == [0, 1, 2]


def test_no_tenants_name_stands_in_a_plan(world):
    """A plan shows counts and codes; keys of tenants travel in the vault like those of people."""
    shop = world()
    shop.event("contract.ended", "acme", shop.world().now - timedelta(days=90), key="company")
    assert "acme" not in repr(shop.sweep().plan)


def test_rows_found_by_their_dates_are_asked_for_their_parents_tenant(box, rows):
    """An order is a client's if its customer is: its own date does not make it go."""
    customer, order = rows
    datamap = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id}
    tenant: {company_id: company}
    fields: {name: {category: account, identifies: directly}}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    fields: {note: {category: traces, identifies: directly}, amount: {category: traces, identifies: "no"}}
"""
    people = [customer("c1", company=None), customer("c2", company="k1")]
    old = date(2025, 1, 1)
    world = box({"customers": people, "orders": [order(1, "c1", old), order(2, "c2", old)]}, datamap=datamap)
    draft = world.sweep()
    world.carry_out(draft)
    assert [row["id"] for row in world.rows("orders")] == [2]
    assert [(kept.dataset, kept.rows, kept.statute) for kept in draft.plan.withheld] == [
        ("app.orders", 1, "tenant-controlled")
    ]
