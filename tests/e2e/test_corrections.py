"""What a person puts right in his account, and who is told to put it right as well."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import InputError
from retention.evidence import verify
from retention.model.case import CaseState

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
MORE = """\
recipients:
  bank: {title: {ja: 銀行, en: Bank}, kind: outsourcer, categories: [account]}
  books: {title: {ja: 会計, en: Books}, kind: outsourcer, categories: [billing]}
  carrier: {title: {ja: 運送会社, en: Carrier}, kind: third-party, categories: [account]}
  police: {title: {ja: 警察, en: Police}, kind: authority, categories: [account]}
consents:
  carriage: {kind: explicit, title: {ja: 運送, en: Carriage}, purposes: [P1]}
notices:
  correction:
    ja: "{reference}の{category}を{date}までに訂正してください。"
    en: "Correct {category} of {reference} by {date}."
"""


CACHE = """\
  shop.labels:
    system: shop
    table: labels
    primary_key: [id]
    subject: {user_id: customer_id}
    derived_from: [shop.customers]
    fields:
      address: {category: account, identifies: directly}
"""


@pytest.fixture
def app(shop):
    """The shop, with labels made from its customers, two who work for it, and a carrier."""
    policy = shop.folder / "policy.yaml"
    policy.write_text(policy.read_text(encoding="utf-8") + MORE, encoding="utf-8")
    datamap = shop.folder / "datamap.yaml"
    datamap.write_text(datamap.read_text(encoding="utf-8") + CACHE, encoding="utf-8")
    shop.change("CREATE TABLE labels (id INTEGER PRIMARY KEY, customer_id TEXT, address TEXT)")
    with shop.app() as opened:
        opened.shop = shop
        yield opened


def corrected(app, who, about):
    """Let the application say that a customer put something right."""
    at = NOW - timedelta(hours=1)
    app.record_event(f"user_id={who}", "subject.corrected", event_id=f"e-{who}", occurred_at=at, now=NOW, about=about)


def test_a_new_address_reaches_everyone_who_has_the_old_one_and_their_answers_are_tracked(app):
    """Orders to who works for us and to our cache, a notice to others; late, then done: the case closes (UMU-20)."""
    corrected(app, "c3", "account")
    corrected(app, "nobody", "account")
    posts = {post.recipient: post for post in app.recipient_letters(None, NOW)}
    assert {name: post.duty for name, post in posts.items()} == {
        "bank": "order",
        "carrier": "notice",
        "police": "none",
        "shop": "order",
    }
    (case,) = {post.case_id for post in posts.values()}
    assert posts["bank"].texts["en"] == f"Correct Account of {case} by 2026-12-07."
    order, ours, _ = (app.told(case, name, "mori", NOW) for name in ("bank", "shop", "carrier"))
    assert [(task.processor, task.said, task.to_do) for task in app.tasks(NOW) if task.processor == "bank"] == [
        ("bank", "no-answer", "wait")
    ]
    late = order.due_at + timedelta(days=1)
    assert ("bank", "escalated") in {(done.processor, done.kind.value) for done in app.remind_processors(late)}
    for asked in (order, ours):
        assert app.context.ledger.cases.get(case).state is CaseState.OPEN
        app.acknowledge_own(asked.order_id, asked.processor, "done", None, now=late)
        app.remind_processors(late)
    assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
    told = verify(app.bundle(case)).facts
    notes = [fact.told["note"] for fact in told if fact.kind == "orderNote"]
    assert sorted(notes) == ["asked", "asked", "asked", "escalated", "escalated"]
    assert {fact.told["processor"] for fact in told if fact.told.get("state") == "completed"} == {"bank", "shop"}
    assert len(app.recipient_letters(None, late)) == 0


def test_what_was_put_right_is_a_category_or_anything(app):
    """An unknown category is refused at the door; without one everybody is told, the books as well."""
    with pytest.raises(InputError, match="what the event is about"):
        corrected(app, "c3", "shoe_size")
    corrected(app, "c4", None)
    assert {post.recipient for post in app.recipient_letters(None, NOW)} >= {"bank", "books", "carrier", "shop"}
