"""Disposal stands still for people under a hold or a restriction, on every path."""

from __future__ import annotations

from datetime import date, timedelta

from retention.model.plan import TellProcessor

TODAY = date(2026, 11, 23)
NEW, OLD = TODAY - timedelta(days=5), TODAY - timedelta(days=900)
PROCESSOR = "processors: {mailer: {categories: [account], key: email, answer_within: P30D}}\n"


def closed(shop, *people):
    """Let accounts have been closed long ago."""
    for who in people:
        shop.event("account.closed", who, shop.world().now - timedelta(days=90))


def told(draft):
    """Of whom processors are told."""
    return [draft.keys[step.keys.keyset_id] for step in draft.plan.steps if isinstance(step, TellProcessor)]


def two(box, rows, **more):
    """Two customers with an old order each."""
    customer, order = rows
    return box(
        {"customers": [customer("c1"), customer("c2")], "orders": [order(1, "c1", OLD), order(2, "c2", OLD)]}, **more
    )


def test_a_processor_is_not_told_of_someone_under_a_hold(box, rows):
    """The hold counts on the processors' path too, by whichever key it names the person."""
    shop = two(box, rows, processors=PROCESSOR)
    closed(shop, "c1", "c2")
    shop.hold("user_id", "c1")
    assert told(shop.sweep()) == [{"c2@x.example"}]


def test_someone_under_a_hold_is_not_suppressed_for_restores(box, rows):
    """A restored backup must bring back what a hold keeps: no replay names the person."""
    shop = two(box, rows)
    closed(shop, "c1", "c2")
    shop.hold("email", "c1@x.example")
    draft = shop.sweep()
    replayed = {value for replay in draft.plan.replays for value in draft.keys[replay.keys.keyset_id]}
    assert replayed == {"c2", "c2@x.example"}
    assert draft.plan.subjects == 1


def test_a_restriction_pauses_every_clock_of_the_person(box, rows):
    """Neither the account's event nor the order's date disposes of anything of hers (GDPR art. 18)."""
    shop = two(box, rows, processors=PROCESSOR)
    closed(shop, "c1", "c2")
    shop.event("restriction.placed", "c1@x.example", shop.world().now - timedelta(days=9), key="email")
    draft = shop.sweep()
    assert {w.statute for w in draft.plan.withheld} == {"restriction"}
    assert told(draft) == [{"c2@x.example"}]
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("customers")] == ["c1"]
    assert [row["id"] for row in shop.rows("orders")] == [1]


def test_a_restriction_lifts_only_when_the_person_was_told_before(box, rows):
    """Lifted without a notice it still stands; with the notice, what fell due meanwhile goes (GDPR art. 18(3))."""
    shop = two(box, rows)
    day = timedelta(days=1)
    now = shop.world().now
    shop.event("restriction.placed", "c1", now - 9 * day)
    shop.event("restriction.lifted", "c1", now - 5 * day)
    first = shop.sweep()
    shop.carry_out(first)
    assert [row["id"] for row in shop.rows("orders")] == [1]
    shop.event("notice.delivered", "c1", now - 3 * day, about="restriction-lift")
    shop.event("restriction.lifted", "c1", now - 2 * day)
    shop.carry_out(shop.sweep())
    assert shop.rows("orders") == []


def test_a_persons_own_request_goes_on_under_his_restriction(box, rows):
    """What he restricted he may have erased; another's restriction still protects the other (GDPR art. 18(2))."""
    shop = two(box, rows)
    for who in ("c1", "c2"):
        shop.event("restriction.placed", who, shop.world().now - timedelta(days=9))
    shop.carry_out(shop.request("user_id", "c1"))
    assert [row["id"] for row in shop.rows("customers")] == ["c2"]
    assert [row["id"] for row in shop.rows("orders")] == [2]


def test_a_restriction_counts_on_a_restored_store(box, rows):
    """The gate does not dispose of what a restriction keeps."""
    shop = two(box, rows)
    shop.event("restriction.placed", "c1", shop.world().now - timedelta(days=9))
    draft, _ = shop.restore({})
    shop.carry_out(draft)
    assert [row["id"] for row in shop.rows("orders")] == [1]
