"""Who is meant, asked of stores: datasets that know people by other keys, doubts, and what a person answers."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retention.errors import AmbiguousSubjectError
from retention.identity import Answer, Relation
from retention.model.plan import Unlinked
from retention.model.subject import SubjectKey
from retention.planning.assemble import Asked, Header, plan_request
from retention.planning.explain import explain
from retention.planning.keysets import KeySets
from retention.planning.limits import Limits
from retention.planning.resolving import Decision, resolve

FIRM = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id, email: email},
    fields: {name: {category: account, identifies: directly}}}
  app.shareholders: {system: app, table: shareholders, primary_key: [id], subject: {email: email},
    fields: {name: {category: account, identifies: directly}}}
  app.views: {system: app, table: views, primary_key: [id], subject: {user_id: user_id}, dates: {at: at},
    fields: {page: {category: traces, identifies: directly}}}
"""
DEVICES = """\
datasets:
  app.customers: {system: app, table: customers, primary_key: [id], subject: {user_id: id},
    fields: {name: {category: account, identifies: directly}}}
  app.devices: {system: app, table: devices, primary_key: [id], subject: {user_id: user_id},
    associates: {device_id: device}, fields: {model: {category: account, identifies: "no"}}}
  app.sessions: {system: app, table: sessions, primary_key: [id], subject: {device_id: device}, dates: {at: at},
    fields: {page: {category: traces, identifies: directly}}}
"""
HEADER = Header("P-1", "C-1", b"s" * 32, "h", Limits())


@pytest.fixture
def firm(box):
    """Two customers, one of them a shareholder; and a shareholder who is no customer."""
    return box(
        {
            "customers": [{"id": n, "email": f"{n}@x.example", "name": "N"} for n in ("c1", "c2")],
            "shareholders": [{"id": n, "email": e, "name": "S"} for n, e in ((1, "c1@x.example"), (2, "s@x.example"))],
            "views": [{"id": 1, "user_id": "c1", "at": None, "page": "p"}],
        },
        datamap=FIRM,
    )


@pytest.fixture
def shared(box):
    """Two customers who use one device."""
    return box(
        {
            "customers": [{"id": "c1", "name": "N"}, {"id": "c2", "name": "N"}],
            "devices": [{"id": 1, "user_id": "c1", "device": "d", "model": "m"},
                        {"id": 2, "user_id": "c2", "device": "d", "model": "m"}],
            "sessions": [{"id": 1, "device": "d", "at": None, "page": "p"}],
        },
        datamap=DEVICES,
    )  # fmt: skip


def decided(world, key, answer):
    """Plan the request after a person has answered the question it raises."""
    question = resolve(world.world(), key, KeySets(HEADER.salt)).question
    return plan_request(world.world(), HEADER, Asked(key, None, Decision(question, answer)), world.pauses())


def test_whoever_is_no_customer_is_erased_where_he_is_known(firm):
    """A shareholder who is no customer goes; of the customers' data the plan says why none of it can be his."""
    draft = firm.request("email", "s@x.example")
    assert draft.plan.unlinked == (Unlinked("app.views", ("user_id",), "not-tied"),)
    firm.carry_out(draft)
    assert [row["id"] for row in firm.rows("shareholders")] == [1]
    assert (len(firm.rows("customers")), len(firm.rows("views"))) == (2, 1)


def test_whoever_is_tied_is_erased_everywhere(firm):
    """Known by her number, a customer is followed to her shares by the address in her row."""
    draft = firm.request("user_id", "c1")
    assert draft.plan.unlinked == ()
    firm.carry_out(draft)
    assert [row["id"] for row in firm.rows("shareholders")] == [2]
    assert firm.rows("views") == []


def test_a_hold_on_a_stranger_stops_nobody_else(firm):
    """A hold on a shareholder whom no customer's row names holds his row, and plans for others are made."""
    firm.hold("email", "s@x.example")
    firm.carry_out(firm.request("user_id", "c1"))
    assert [row["id"] for row in firm.rows("shareholders")] == [2]


def test_how_each_key_was_found_is_told_without_a_value(firm):
    """Explain names the dataset, the two keys and when it was read."""
    found = explain(firm.world(), SubjectKey("user_id", "c1"), firm.pauses())
    (link,) = found.links
    assert (link.found, link.by, link.dataset, link.keys) == ("email", "user_id", "app.customers", 1)
    assert (link.relation, link.read_at) == (Relation.IDENTIFIES, firm.world().now)
    assert "c1" not in repr(found.links)


def test_a_shared_device_pulls_nobody_in_and_is_asked_about(shared):
    """Rows under the device may be hers or not: nothing is planned until a person has said so."""
    with pytest.raises(AmbiguousSubjectError, match=r"app\.sessions has 1 rows under a device_id .*app\.devices"):
        shared.request("user_id", "c1")


@pytest.mark.parametrize(("answer", "left"), [(Answer.APART, 1), (Answer.TOGETHER, 0)])
def test_a_person_says_whose_the_device_is(shared, answer, left):
    """Apart, its sessions stay and the plan counts them; together, they go; the other user stays in any case."""
    draft = decided(shared, SubjectKey("user_id", "c1"), answer)
    stays = (Unlinked("app.sessions", ("device_id",), "apart", 1),) if left else ()
    assert draft.plan.unlinked == stays
    shared.carry_out(draft)
    assert [row["id"] for row in shared.rows("customers")] == ["c2"]
    assert [row["id"] for row in shared.rows("devices")] == [2]
    assert len(shared.rows("sessions")) == left


def test_a_device_never_becomes_two_people(shared):
    """Asked by the device, nobody can be found by taking both of its users together."""
    with pytest.raises(AmbiguousSubjectError, match="several people by user_id"):
        decided(shared, SubjectKey("device_id", "d"), Answer.TOGETHER)


def test_a_hold_also_keeps_what_only_goes_with_the_person(shared):
    """Held is held: the sessions of the shared device stay, though the other user's request takes them as his."""
    shared.hold("user_id", "c1")
    shared.carry_out(decided(shared, SubjectKey("user_id", "c2"), Answer.TOGETHER))
    assert len(shared.rows("sessions")) == 1
    assert [row["id"] for row in shared.rows("customers")] == ["c1"]


@pytest.fixture
def couple(box, rows):
    """Two accounts under one address, and a shareholder by that address."""
    customer, _ = rows
    people = [customer("c1", email="us@x.example"), customer("c2", email="us@x.example"), customer("c3")]
    shares = [{"id": 1, "email": "us@x.example", "name": "S"}]
    views = [{"id": n, "user_id": who, "at": None, "page": "p"} for n, who in ((1, "c1"), (2, "c2"))]
    return box({"customers": people, "shareholders": shares, "views": views}, datamap=FIRM)


@pytest.mark.parametrize(
    ("answer", "customers", "views", "shares"), [(Answer.APART, ["c2", "c3"], [2], 1), (Answer.TOGETHER, ["c3"], [], 0)]
)
def test_a_person_says_whether_two_accounts_are_one_person(couple, answer, customers, views, shares):
    """Apart, only the account asked for goes and what lies under the shared address stays; together, all goes."""
    draft = decided(couple, SubjectKey("user_id", "c1"), answer)
    couple.carry_out(draft)
    assert [row["id"] for row in couple.rows("customers")] == customers
    assert [row["id"] for row in couple.rows("views")] == views
    assert len(couple.rows("shareholders")) == shares


def test_a_shared_address_itself_cannot_be_set_apart(couple):
    """Asked by the address of both, apart means nobody: the request must name an account."""
    with pytest.raises(AmbiguousSubjectError, match="share"):
        decided(couple, SubjectKey("email", "us@x.example"), Answer.APART)


def test_an_answer_counts_only_for_the_keys_it_was_given_about(couple, rows):
    """When a third account comes under the address, the old answer is none."""
    key = SubjectKey("user_id", "c1")
    question = resolve(couple.world(), key, KeySets(HEADER.salt)).question
    table = couple.database.table("customers")
    couple.database.put("customers", table.columns, [*table.rows, rows[0]("c4", email="us@x.example")])
    with pytest.raises(AmbiguousSubjectError, match="3 different user_id"):
        plan_request(couple.world(), HEADER, Asked(key, None, Decision(question, Answer.TOGETHER)), couple.pauses())


def test_a_sweep_leaves_out_who_may_be_two_people(couple):
    """One of the two accounts was closed: neither goes, the third person's does, and the plan counts the others."""
    for who in ("c1", "c3"):
        couple.event("account.closed", who, couple.world().now - timedelta(days=60))
    draft = couple.sweep()
    assert draft.plan.unlinked == (Unlinked("app.customers", ("user_id",), "merged", 1),)
    couple.carry_out(draft)
    assert [row["id"] for row in couple.rows("customers")] == ["c1", "c2"]


def test_a_sweep_with_nobody_else_says_that_a_person_must_decide(couple):
    """Passing over the two in silence would look as if nobody were due."""
    couple.event("account.closed", "c1", couple.world().now - timedelta(days=60))
    with pytest.raises(AmbiguousSubjectError, match="1 people are due"):
        couple.sweep()


def test_a_restore_does_not_cross_a_key_that_was_set_apart(couple):
    """What was forgotten of one account is forgotten again, and the other account under the address stays."""
    draft, found = couple.restore({("user_id", "c1"): frozenset({"request"})})
    assert found == 1
    couple.carry_out(draft)
    assert [row["id"] for row in couple.rows("customers")] == ["c2", "c3"]
    assert len(couple.rows("shareholders")) == 1


def test_a_restore_follows_an_older_address_of_the_person_alone(firm):
    """A key that only the backup ties to her leads to her rows, as it would have then."""
    draft, _ = firm.restore({("user_id", "c1"): frozenset({"request"})})
    firm.carry_out(draft)
    assert [row["id"] for row in firm.rows("shareholders")] == [2]
