"""Mail that comes back: an address is verified, or it goes."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CATEGORY = "  contact: {title: {ja: 連絡先, en: Contact}, purposes: [P1]}\n  billing: {title"
RULE = """\
rules:
  - id: contact
    category: contact
    effective: {from: 2020-01-01}
    keep: {for: P30D, after: contact.unverified}
    then: erase
    source: policy
"""


@pytest.fixture
def shop(shop):
    """The shop, where an address in doubt is verified within thirty days."""
    for name, changes in {
        "policy.yaml": (("  billing: {title", CATEGORY), ("rules:\n", RULE)),
        "datamap.yaml": (("email: {category: account", "email: {category: contact"),),
    }.items():
        text = (shop.folder / name).read_text(encoding="utf-8")
        for old, new in changes:
            assert text.count(old) == 1
            text = text.replace(old, new)
        (shop.folder / name).write_text(text, encoding="utf-8")
    return shop


def bounced(app, who, number):
    """Let a mail to a customer come back."""
    at = NOW - timedelta(days=10 - number)
    app.record_event(f"user_id={who}", "mail.bounced", event_id=f"m{number}-{who}", occurred_at=at, now=NOW)


def going(app, now):
    """Whose address a sweep disposes of."""
    made = app.plan_sweep(now)
    steps = [] if made is None else app.plan(made.plan_id)[0].steps
    return [(step.fields, step.rows) for step in steps if step.dataset == "shop.customers"]


def test_mail_that_comes_back_three_times_is_looked_into_and_then_the_address_goes(shop, cli):
    """Twice is nothing; verified in time stays; a bounce taken back takes the doubt back; the rest goes (TRI-15)."""
    with shop.app() as app:
        for who, times in {"c1": 2, "c2": 3, "c3": 3, "c4": 3}.items():
            for number in range(times):
                bounced(app, who, number)
        assert going(app, NOW) == []
        assert [each.event_id for each in app.contacts_to_verify(NOW)] == ["m2-c2", "m2-c3", "m2-c4"]
        soon = NOW + timedelta(days=2)
        app.record_event("user_id=c3", "contact.verified", event_id="v3", occurred_at=soon, now=soon)
        line = {"id": "w4", "kind": "withdrawn", "subject": "user_id=c4", "at": soon.isoformat(), "corrects": "m1-c4"}
        app.import_events([json.dumps(line)], "mail", soon)
        assert [each.event_id for each in app.contacts_to_verify(soon)] == ["m2-c2"]
        assert going(app, NOW + timedelta(days=29)) == []
        after = NOW + timedelta(days=31)
        assert going(app, after) == [(("email",), 1)]
        made = app.plan_sweep(after)
        app.approve(made.plan_id, made.digest, "office", after)
        app.apply(made.plan_id, after)
    assert shop.rows("SELECT id FROM customers WHERE email IS NULL") == [("c2",)]
    said = cli("event", "doubts", folder=shop.folder)
    assert (said.code, "m2-c2" in said.out) == (1, True)
