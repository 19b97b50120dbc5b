"""What the tax law kept goes by itself when the law lets go of it, through the real ledger and a real database."""

from __future__ import annotations

from datetime import UTC, datetime

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TAIL = "\n    then: erase\n    source: statute"
BY_DATE = "keep: {for: P7Y, after: fiscal_year.closed, of: accounted, plus: P2M}" + TAIL
BY_EVENT = "keep: {for: P10Y, after: account.closed}" + TAIL


def carry_out(app, plan, now):
    """Approve, apply, verify and seal."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    if plan.crossings:
        app.approve(plan.plan_id, plan.digest, "second office", now)
    app.apply(plan.plan_id, now)
    app.verify(plan.plan_id, now)
    return app.seal(plan.plan_id, now)


def test_the_amounts_of_a_person_who_left_go_when_the_tax_books_may(shop):
    """Asked in 2026, kept without her name, gone in 2032 with no new request; guests' and others' rows stay."""
    policy = shop.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8")
    assert BY_DATE in text
    policy.write_text(text.replace(BY_DATE, BY_EVENT), encoding="utf-8")
    shop.change("INSERT INTO orders (customer_id, amount, paid_at) VALUES (NULL, 7, '2024-05-10 00:00:00.000000')")
    app, _, plan_id = shop.approved_request("user_id=c3")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        app.seal(plan_id, NOW)
    nobodys = "SELECT amount FROM orders WHERE customer_id IS NULL ORDER BY amount"
    assert shop.rows(nobodys) == [(7,), (1003,)]
    with shop.app() as app:
        # notes are due by their own date long before: they go first and are none of this
        early = datetime(2032, 5, 1, tzinfo=UTC)
        carry_out(app, app.plan_sweep(early), early)
        assert shop.rows(nobodys) == [(7,), (1003,)]
        late = datetime(2032, 6, 1, tzinfo=UTC)
        carry_out(app, app.plan_sweep(late), late)
        assert app.plan_sweep(late) is None
    assert shop.rows(nobodys) == [(7,)]
    assert shop.rows("SELECT count(*) FROM orders WHERE customer_id IS NOT NULL") == [(18,)]
