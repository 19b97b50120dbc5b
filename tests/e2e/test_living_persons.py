"""What is asked about somebody who has died, and what stays as it is stored while a person restricts it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import RefusedError
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.terms import Refusal, Right

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
TABLES = ("customers", "orders", "notes")


@pytest.fixture
def app(shop):
    """The shop, where suspended rows get a flag; c3 and c4 closed their accounts, which go after thirty days."""
    path = shop.folder / "datamap.yaml"
    text = path.read_text(encoding="utf-8")
    for table in TABLES:
        shop.change(f"ALTER TABLE {table} ADD COLUMN stopped BOOLEAN NOT NULL DEFAULT 0")
        means = "    suspend: {flag: {column: stopped, value: true}}\n"
        text = text.replace(f"    table: {table}\n", f"    table: {table}\n{means}")
    path.write_text(text, encoding="utf-8")
    policy = shop.folder / "policy.yaml"
    said = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    policy.write_text(said, encoding="utf-8")
    with shop.app() as opened:
        opened.shop = shop
        for who in ("c3", "c4"):
            happened(opened, "account.closed", who, NOW - timedelta(days=20))
        yield opened


def happened(app, kind, who, at, about=None):
    """Let something have happened to a customer."""
    event = f"{kind}-{who}"
    app.record_event(f"user_id={who}", kind, event_id=event, occurred_at=at, now=max(at, NOW), about=about)


def going(app, now):
    """How many people's accounts a sweep would dispose of; it is only planned."""
    return sum(step.rows for step in app.plan(app.plan_sweep(now).plan_id)[0].steps if step.dataset == "shop.customers")


def carried_out(app, made, now):
    """Approve, apply, verify and seal a plan."""
    app.approve(made.plan_id, made.digest, "office", now)
    app.apply(made.plan_id, now)
    app.verify(made.plan_id, now)
    app.seal(made.plan_id, now)


def test_a_request_about_the_dead_is_closed_with_that_reason_and_their_clocks_go_on(app):
    """A reason once the death is known, by whatever key; nothing goes before its day; none for the heirs (TRI-04)."""
    reason = Refusal.NOT_PERSONAL_INFORMATION
    case = app.open_request("email=c3@mail.example", "post", NOW, "jp.appi").case_id
    heirs = app.open_request("user_id=c4", "post", NOW, "jp.appi").case_id
    with pytest.raises(RefusedError, match="may not be refused"):
        app.refuse_case(case, [reason], NOW, by="mori")
    before = app.shop.rows("SELECT * FROM customers")
    happened(app, "subject.deceased", "c3", NOW - timedelta(days=1))
    assert reason.value in app.ruling(case, NOW).refusals
    with pytest.raises(RefusedError, match="may not be refused"):
        app.refuse_case(heirs, [reason], NOW, by="mori")
    app.refuse_case(case, [reason], NOW, by="mori")
    assert app.context.ledger.cases.get(case).state is CaseState.DENIED
    report = verify(app.bundle(case))
    assert [fact.told["reason"] for fact in report.facts if fact.kind == "denial"] == [reason.value]
    assert going(app, NOW) == 0
    assert app.shop.rows("SELECT * FROM customers") == before
    assert going(app, NOW + timedelta(days=15)) == 2


def test_nothing_falls_due_while_restricted_and_the_person_is_told_before_the_end(app):
    """Due, and kept while another goes; lifting is refused until the notice went out; then both are due (TRI-27)."""
    case = app.open_request("user_id=c3", "post", NOW, "eu.gdpr", right=Right.RESTRICTION).case_id
    app.identify(case, "passport", NOW)
    app.accept(case, NOW)
    carried_out(app, app.plan_request(case, NOW), NOW)
    assert app.shop.rows("SELECT stopped FROM customers WHERE id = 'c3'") == [(1,)]
    due, told, after = (NOW + timedelta(days=days) for days in (15, 16, 17))
    assert going(app, due) == 1
    with pytest.raises(RefusedError, match="was not told"):
        app.open_lift(case, "ground-over", "anna", due)
    happened(app, "notice.delivered", "c3", told, "restriction-lift")
    assert going(app, told) == 1
    carried_out(app, app.plan_request(app.open_lift(case, "ground-over", "anna", told).case_id, told), told)
    assert app.shop.rows("SELECT stopped FROM customers WHERE id = 'c3'") == [(0,)]
    assert going(app, after) == 2
