"""What was done against the purpose, by a way that is not open, or by mistake: on record, and with its consequences."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from retention.app.correspondence import write_due
from retention.app.requesting import Arrival
from retention.app.using import Use
from retention.errors import RefusedError, SettingsError, UnknownNameError
from retention.model.request_moves import Finding, Wait
from retention.model.terms import Ground, Right
from retention.requests.incidents import Affected, Incident, Report, duty_of
from tests.doubles.asking import policy_of

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def asked(app, who):
    """Let a request to suspend for use beyond the purpose arrive, from someone who has shown who he is."""
    ground = {"right": Right.SUSPENSION, "ground": Ground.OUT_OF_PURPOSE}
    case = app.receive(Arrival(app.subject_of(who), "post", **ground), NOW).case_id
    app.identify(case, "passport", NOW, by="mori")
    return case


def test_a_use_beyond_the_purpose_is_the_ground_of_a_later_request(shop):
    """Logged for an undeclared purpose: c3's suspension is granted without an inquiry, c4's is looked into (TRI-10)."""
    with shop.app() as app:
        wanted = Use("growth", ("shop.customers",))
        with pytest.raises(RefusedError, match="nothing was read"):
            app.use(wanted, ["user_id=c4"], NOW)
        assert app.note_use(Use("P1", ("shop.customers",)), ["user_id=c4"], NOW) == ((), 0)
        beyond, new = app.note_use(wanted, ["user_id=c3"], NOW)
        assert ([bar.code for bar in beyond], new) == (["purpose-undeclared"], 1)
        assert app.note_use(wanted, ["user_id=c3"], NOW)[1] == 0

        case, other = asked(app, "user_id=c3"), asked(app, "user_id=c4")
        assert [Ground.OUT_OF_PURPOSE in app.ruling(each, NOW).shown for each in (case, other)] == [True, False]
        app.accept(case, NOW, by="mori")
        assert app.request(case).finding is Finding.FOUNDED
        with pytest.raises(RefusedError, match="looked into"):
            app.accept(other, NOW, by="mori")


# -- what the account cannot do without


def mandatory(shop, *categories):
    """Mark categories as mandatory for the account."""
    path = shop.folder / "policy.yaml"
    text = path.read_text(encoding="utf-8")
    for name in categories:
        (line,) = (line for line in text.splitlines() if line.startswith(f"  {name}: {{title"))
        text = text.replace(line, line.removesuffix("}") + ", mandatory: true}")
    path.write_text(text, encoding="utf-8")


def needed(pack):
    """Return the categories that the company's accounts cannot do without."""
    return {name for name, category in policy_of(pack).categories.items() if category.mandatory}


def carried_out(app, case):
    """Let a granted request go the whole road."""
    plan = app.plan_request(case, NOW)
    app.approve(plan.plan_id, plan.digest, "office", NOW)
    app.apply(plan.plan_id, NOW)
    app.verify(plan.plan_id, NOW)
    app.seal(plan.plan_id, NOW)


def closings(app):
    """Count the accounts that are recorded as closed."""
    return len(list(app.context.ledger.events.of_kinds(("account.closed",), "user_id")))


def test_what_the_account_needs_goes_when_its_end_is_confirmed(shop):
    """Registration alone waits for that word; confirmed and done, the closing is on record, once (COO-02)."""
    assert needed("coorum") == {"account_credentials", "password"}
    mandatory(shop, "account")
    with shop.app() as app:
        person = app.subject_of("user_id=c9")
        case = app.receive(Arrival(person, "post", Right.ITEM_DELETION, items=("account",)), NOW).case_id
        assert app.request(case).waiting_for == {Wait.CLOSURE}
        app.identify(case, "passport", NOW, by="mori")
        with pytest.raises(RefusedError, match="waits for closure"):
            app.accept(case, NOW, by="mori")
        app.supply(case, [Wait.CLOSURE], NOW, by="mori")
        app.accept(case, NOW, by="mori")
        assert closings(app) == 0
        carried_out(app, case)
        assert closings(app) == 1
        assert Wait.CLOSURE in app.request(case).asked_for


def test_what_is_optional_goes_at_any_time_and_the_account_stays(shop):
    """Notes are asked for alone: nobody is asked to confirm, they go, and no account is closed (UNX-46)."""
    assert needed("u-next") == {"account"}
    mandatory(shop, "account")
    assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c9'") != [(0,)]
    with shop.app() as app:
        person = app.subject_of("user_id=c9")
        case = app.receive(Arrival(person, "post", Right.ITEM_DELETION, items=("notes",)), NOW).case_id
        assert app.request(case).waiting_for == frozenset()
        app.identify(case, "passport", NOW, by="mori")
        app.accept(case, NOW, by="mori")
        carried_out(app, case)
        assert closings(app) == 0
    assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c9'") == [(0,)]
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c9' AND email IS NOT NULL") == [(1,)]


# -- ways out, and what was lost


def test_nothing_leaves_by_a_way_that_is_not_listed_and_a_loss_is_an_incident(shop):
    """Unlisted recipient, joint user or carrier: blocked, nothing written; a mistaken deletion is dated (WEB-08)."""
    with shop.app() as app:
        with pytest.raises(RefusedError, match="knows no recipient 'somebody'"):
            app.use(Use("P1", ("shop.customers",), "somebody"), None, NOW)
        with pytest.raises(UnknownNameError):
            app.plan_export("group", "notes", "somebody", NOW)
        address = "Hanako <hanako@home.example>"
        arrived = Arrival(app.subject_of("user_id=c3"), "post", Right.DISCLOSURE, reach="email", address=address)
        ((_, error),) = write_due(app.context, app.receive(arrived, NOW).case_id, NOW).lacking
        assert isinstance(error, SettingsError)
        assert (app.context.ledger.letters.all(), app.disclosures(), app.shared_sets()) == ((), (), ())

        assert app.record_event("user_id=c3", "wrongful_deletion", event_id="w1", occurred_at=NOW, now=NOW)
        lost = Incident(NOW.date(), 1, frozenset({Affected.PROPERTY}))
        assert duty_of(lost) == Report(date(2026, 11, 27), date(2026, 12, 22))
