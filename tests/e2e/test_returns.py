"""Whoever was erased and comes back is found, erased again and told of; whoever may be back stays."""

from __future__ import annotations

import base64
import json
from datetime import timedelta

import pytest

from retention.evidence import verifier
from retention.model.case import CaseState
from retention.model.rescan import Seen
from tests.e2e.conftest import NOW

BACK = "INSERT INTO customers VALUES ('c3', 'Name c3', 'c3@mail.example')"
WEEK, MONTH = NOW + timedelta(days=7), NOW + timedelta(days=30)


@pytest.fixture
def erased(shop):
    """A shop from which c3 was erased on request, and what her case is called."""
    app, case, plan = shop.approved_request("user_id=c3")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
    return shop, case


def carry_out(app, plan, now):
    """Take a plan down the rest of the road."""
    app.approve(plan.plan_id, plan.digest, "office", now)
    app.apply(plan.plan_id, now)
    app.verify(plan.plan_id, now)
    return app.seal(plan.plan_id, now)


def rescans_of(app, case):
    """Return what the log says of re-scans of the case."""
    payloads = [
        json.loads(base64.b64decode(json.loads(e.envelope)["payload"])) for e in app.context.log.sequence.of_case(case)
    ]
    return [told["predicate"] for told in payloads if told["predicate"]["kind"] == "rescan"]


def test_a_case_is_looked_at_after_a_week_and_a_month(erased):
    """Before it is due nothing happens; then each round is stated once, and a repeat looks no second time."""
    shop, case = erased
    with shop.app() as app:
        assert app.rescan(NOW + timedelta(days=6)).looks == ()
        for when, name in ((WEEK, "P7D"), (MONTH, "P30D")):
            (look,) = app.rescan(when).looks
            assert (look.case_id, look.round, look.seen, look.late) == (case, name, Seen.CLEAN, False)
            assert app.rescan(when).looks == ()
        assert [told["state"] for told in rescans_of(app, case)] == ["clean", "clean"]


def test_what_comes_back_is_erased_again_and_told_of(erased):
    """A late import is found after a week, with its sender; the case is not done until it is erased again."""
    shop, case = erased
    with shop.app() as app:
        shop.change(BACK, "INSERT INTO notes VALUES (900, 'c3', 'secret', '2026-10-01 00:00:00.000000')")
        report = app.rescan(WEEK)
        (look,), (plan,) = report.looks, report.plans
        assert report.is_finding
        assert {place.dataset: place.rows for place in look.found_in} == {"shop.customers": 1, "shop.notes": 1}
        assert app.context.ledger.cases.get(case).state is CaseState.RETURNED
        assert not verifier.verify(app.bundle(case)).complete
        carry_out(app, plan, WEEK)
        assert shop.rows("SELECT count(*) FROM customers WHERE email = 'c3@mail.example'") == [(0,)]
        assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c3'") == [(0,)]
        assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
        assert [told["state"] for told in rescans_of(app, case)] == ["returned", "erased"]
        for each in (case, plan.case_id):
            told = verifier.verify(app.bundle(each))
            assert (told.broken, told.complete) == ("", True)
        after = {look.case_id: look.seen for look in app.rescan(MONTH).looks}
        assert after == {case: Seen.CLEAN, plan.case_id: Seen.CLEAN}
