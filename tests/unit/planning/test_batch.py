"""Many people's requests as one plan: what each is told of is what a plan of his own would do."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from retention.identity import Answer
from retention.model.ids import CaseId
from retention.model.plan import RowStep, TellProcessor
from retention.model.subject import SubjectKey
from retention.planning.assemble import Asked, Header, plan_request
from retention.planning.batch import Asking, Batched, LeftOut, plan_batch
from retention.planning.keysets import KeySets, commitment
from retention.planning.limits import Limits
from retention.planning.ordering import verb
from retention.planning.resolving import Decision, resolve
from retention.planning.shares import share_entries
from retention.planning.sharing import Shared

HOLDS = "holds: [{id: books, fields: [orders.amount], keep: {for: P24M, since: at}, statute: jp.tax}]\n"
PROCESSOR = "processors: {mailer: {categories: [account], key: email, answer_within: P30D}}\n"
DATAMAP = """\
datasets:
  app.customers:
    system: app
    table: customers
    primary_key: [id]
    subject: {user_id: id, email: email}
    fields:
      email: {category: account, identifies: directly}
      name: {category: account, identifies: directly}
  app.orders:
    system: app
    table: orders
    primary_key: [id]
    parent: {app.customers: {customer_id: id}}
    dates: {at: at}
    fields:
      amount: {category: traces, identifies: "no"}
      note: {category: traces, identifies: directly}
  app.posts:
    system: app
    table: posts
    primary_key: [id]
    parent: {app.posts: {reply_to: id}}
    mentions: {app.customers: {seen_by: id}}
    subject: {user_id: author}
    fields: {text: {category: account, identifies: directly}}
  app.devices:
    system: app
    table: devices
    primary_key: [id]
    subject: {device_id: device}
    fields: {model: {category: account, identifies: "no"}}
  app.logins:
    system: app
    table: logins
    primary_key: [id]
    subject: {user_id: who}
    associates: {device_id: device}
    fields: {address: {category: account, identifies: directly}}
"""
HEADER = Header("P-1", "C-9", b"s" * 32, "h", Limits(subjects=2))


def _tables(customer: Any, order: Any) -> dict[str, list[dict[str, Any]]]:
    recent, old = date(2026, 10, 1), date(2020, 1, 1)
    posts = [
        (1, "c1", None, None),
        (2, "c2", 1, None),
        (3, "c9", 2, None),
        (4, "c9", None, "c1"),
        (5, "c9", None, None),
    ]
    logins = [(1, "c1", None), (2, "c3", "d3"), (3, "c4", "d4")]
    return {
        "customers": [customer(f"c{n}") for n in (1, 2, 3, 4, 9)],
        "orders": [order(1, "c1", recent), order(2, "c1", old), order(3, "c2", old), order(4, "c9", old)],
        "posts": [{"id": n, "author": who, "reply_to": to, "seen_by": by, "text": "t"} for n, who, to, by in posts],
        "logins": [{"id": n, "who": who, "device": device, "address": "a"} for n, who, device in logins],
        "devices": [{"id": 1, "device": "d3", "model": "m"}, {"id": 2, "device": "d9", "model": "m"}],
    }


@pytest.fixture
def crowd(box: Any, rows: Any) -> Any:
    """Return a world of several people: a tree of posts, a mention, a hold, a processor, devices beside people."""
    return box(_tables(*rows), holds=HOLDS, datamap=DATAMAP, processors=PROCESSOR)


def planned(
    box: Any, *asked: tuple[str, str], at_most: int = 9, decisions: dict[str, Decision] | None = None
) -> Batched:
    """Plan for these people; their cases are C-0, C-1 and so on."""
    asking = [
        Asking(CaseId(f"C-{n}"), Asked(SubjectKey(*who), decision=(decisions or {}).get(who[1])), b"o" * 32)
        for n, who in enumerate(asked)
    ]
    return plan_batch(box.world(), HEADER, asking, box.pauses(), Shared(), regimes=("jp.appi",), at_most=at_most)


def alone(box: Any, name: str, value: str) -> Any:
    """Plan a request of the person's own."""
    return plan_request(box.world(), replace(HEADER, salt=b"a" * 32), Asked(SubjectKey(name, value)), box.pauses()).plan


@pytest.mark.parametrize(
    "who", [("user_id", "c1"), ("email", "c2@x.example"), ("user_id", "c4")], ids=lambda who: who[1]
)
def test_everyones_share_is_what_a_plan_of_his_own_would_do(crowd: Any, who: tuple[str, str]) -> None:
    """The same counts by dataset and kind of step, the same orders, the same lines of what stays, with the same end."""
    everyone = ("user_id", "c1"), ("email", "c2@x.example"), ("user_id", "c4")
    batch, own = planned(crowd, *everyone), alone(crowd, *who)
    share = batch.shares[CaseId(f"C-{everyone.index(who)}")]
    steps = {(step.dataset, verb(step)): step.rows for step in own.steps if isinstance(step, RowStep)}
    mine = {(part.dataset, part.action): part.rows for part in share.done}
    # the answer to a post of the first goes with it, and is the second's own post as well
    assert mine == steps
    assert len(share.told) == sum(isinstance(step, TellProcessor) for step in own.steps)
    assert set(share.kept) == set(own.withheld)


def test_one_plan_holds_the_rows_of_all(crowd: Any) -> None:
    """Each row once, though two people share it; people are counted for the limit; the plan names the shares."""
    batch = planned(crowd, ("user_id", "c1"), ("user_id", "c2"), ("user_id", "c4"))
    assert batch.draft
    plan = batch.draft.plan
    counted = {step.dataset: step.rows for step in plan.steps if isinstance(step, RowStep) and verb(step) == "erase"}
    assert counted == {"app.posts": 3, "app.logins": 2, "app.orders": 2, "app.customers": 3}
    assert (plan.subjects, plan.crossings[0].limit) == (3, "subjects")
    assert plan.shares
    assert plan.shares.commitment == commitment(HEADER.salt, share_entries(batch.shares))
    assert batch.people[CaseId("C-0")][0] == SubjectKey("user_id", "c1")


def test_who_must_not_go_is_left_out_and_stops_nobody(crowd: Any) -> None:
    """In doubt, held or unknown: each with its reason; those after them move up, and the limit counts who goes."""
    crowd.hold("email", "c2@x.example")
    batch = planned(
        crowd,
        ("user_id", "c3"),
        ("user_id", "c2"),
        ("user_id", "nobody"),
        ("user_id", "c1"),
        ("user_id", "c4"),
        at_most=2,
    )
    why = {"C-0": "ambiguous", "C-1": "held", "C-2": "unknown"}
    assert set(batch.left_out) == {LeftOut(CaseId(case), code) for case, code in why.items()}
    assert set(batch.shares) == {"C-3", "C-4"}
    assert planned(crowd, ("user_id", "nobody")).draft is None


def test_a_decision_counts_under_the_salt_of_its_own_case(crowd: Any) -> None:
    """Who is meant was answered in the request's own case; the batch takes the answer, and tells what is set apart."""
    asked = resolve(crowd.world(), SubjectKey("user_id", "c3"), KeySets(b"o" * 32))
    (doubt,) = asked.doubts
    assert doubt.rows == 1
    together = planned(crowd, ("user_id", "c3"), decisions={"c3": Decision(asked.question, Answer.TOGETHER)})
    assert {part.dataset for part in together.shares[CaseId("C-0")].done} >= {"app.devices", "app.logins"}
    apart = planned(crowd, ("user_id", "c3"), decisions={"c3": Decision(asked.question, Answer.APART)})
    assert apart.draft
    assert ("app.devices", "apart", 1) in {(one.dataset, one.why, one.rows) for one in apart.draft.plan.unlinked}
    assert planned(crowd, ("user_id", "c3"), decisions={"c3": Decision("0" * 64, Answer.APART)}).draft is None
