from __future__ import annotations

import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import (
    ApprovalError,
    HeldError,
    IdentityError,
    InputError,
    LimitError,
    StalePlanError,
    StateError,
    UnknownSubjectError,
)
from retention.evidence import verify
from retention.model.case import CaseState
from retention.model.request_moves import Finding

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_persons_erasure_travels_to_evidence_that_verifies(shop):
    """Everything of the person goes but what the tax law keeps; the others are untouched; the bundle verifies."""
    before = shop.rows("SELECT * FROM customers WHERE id != 'c3' ORDER BY id")
    app, case_id, plan_id = shop.approved_request("email=c3@mail.example")
    with app:
        assert app.apply(plan_id, NOW).state is CaseState.APPLIED
        app.verify(plan_id, NOW)
        sealed = app.seal(plan_id, NOW)
        bundle = app.bundle(case_id)
    assert sealed.state is CaseState.CLOSED
    assert shop.rows("SELECT * FROM customers WHERE id != 'c3' ORDER BY id") == before
    assert shop.rows("SELECT * FROM customers WHERE id = 'c3'") == []
    assert shop.rows("SELECT * FROM notes WHERE body LIKE '%c3%'") == []
    assert shop.rows("SELECT amount, substr(paid_at, 1, 4) FROM orders WHERE customer_id IS NULL") == [(1003, "2024")]
    assert shop.rows("SELECT count(*) FROM orders") == [(19,)]
    report = verify(bundle)
    assert report.authentic, report.broken
    assert report.complete, report.still_open


def test_a_sweep_disposes_of_what_is_due_and_keeps_what_is_held(shop):
    """Closed accounts go after 30 days, what the tax law keeps stays without its name, other accounts stay."""
    with shop.app() as app:
        closed = NOW - timedelta(days=60)
        app.record_event("user_id=c7", "account.closed", event_id="e1", occurred_at=closed, now=NOW)
        app.record_event("user_id=c8", "account.closed", event_id="e2", occurred_at=NOW - timedelta(days=5), now=NOW)
        plan = app.plan_sweep(NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
        app.seal(plan.plan_id, NOW)
        again = app.plan_sweep(NOW)
    assert again is None
    assert shop.rows("SELECT id FROM customers WHERE id IN ('c7', 'c8')") == [("c7",), ("c8",)]
    assert shop.rows("SELECT name, email FROM customers WHERE id = 'c7'") == [(None, None)]
    assert shop.rows("SELECT count(*) FROM notes WHERE body LIKE '%c7%'") == [(1,)]
    assert shop.rows("SELECT count(*) FROM orders WHERE substr(paid_at, 1, 4) = '2016'") == [(0,)]
    assert shop.rows("SELECT count(*) FROM orders WHERE substr(paid_at, 1, 4) = '2024'") == [(10,)]


def test_a_restored_backup_does_not_bring_a_person_back(shop, tmp_path):
    """A copy taken before the erasure is cleaned before it opens; the others in it are untouched (UMU-35)."""
    restored = tmp_path / "restored.sqlite"
    shutil.copy(shop.database, restored)
    app, _, plan_id = shop.approved_request("user_id=c3")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        app.seal(plan_id, NOW)
        gate = app.plan_restore("shop_restored", NOW)
        app.approve(gate.plan_id, gate.digest, "office", NOW)
        app.apply(gate.plan_id, NOW)
        app.verify(gate.plan_id, NOW)
        assert app.seal(gate.plan_id, NOW).state is CaseState.CLOSED
        assert app.plan_restore("shop_restored", NOW) is None
    back = replace(shop, database=restored)
    assert back.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]
    assert back.rows("SELECT count(*) FROM customers") == [(9,)]
    assert back.rows("SELECT count(*) FROM notes WHERE body LIKE '%c3%'") == [(0,)]


def test_an_unknown_person_is_denied_by_a_person_with_evidence(shop):
    """That no system knows somebody is a finding; a person refuses on it, and the refusal is signed."""
    with shop.app() as app:
        case = app.open_request("email=nobody@mail.example", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        with pytest.raises(UnknownSubjectError):
            app.plan_request(case.case_id, NOW)
        assert app.context.ledger.cases.get(case.case_id).state is CaseState.OPEN
        assert app.request(case.case_id).finding is Finding.NOTHING_HELD
        app.deny(case.case_id, "not-retained-data", NOW, by="hanako")
        report = verify(app.bundle(case.case_id))
        assert app.context.ledger.cases.get(case.case_id).state is CaseState.DENIED
    assert report.authentic
    assert [fact.kind for fact in report.facts] == ["denial"]


def test_nothing_is_planned_before_identity_is_proven(shop):
    """Neither planning nor accepting works for a request whose identity nobody has proven."""
    with shop.app() as app:
        case = app.open_request("user_id=c3", "post", NOW)
        with pytest.raises(IdentityError):
            app.accept(case.case_id, NOW)
        with pytest.raises(IdentityError):
            app.plan_request(case.case_id, NOW)


def test_an_approval_names_one_digest(shop):
    """Approving another digest is refused and the plan stays unapproved (UMU-34, COO-12)."""
    with shop.app() as app:
        case = app.open_request("user_id=c3", "post", NOW)
        app.identify(case.case_id, "passport", NOW)
        app.accept(case.case_id, NOW)
        plan = app.plan_request(case.case_id, NOW)
        with pytest.raises(ApprovalError):
            app.approve(plan.plan_id, "0" * 64, "office", NOW)
        with pytest.raises(ApprovalError):
            app.apply(plan.plan_id, NOW)
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]


def test_a_changed_world_makes_a_new_plan(shop):
    """A row that came after the plan was made stops the run before anything is touched (COO-12)."""
    app, case_id, plan_id = shop.approved_request("user_id=c3")
    shop.change("INSERT INTO notes (customer_id, body, written_at) VALUES ('c3', 'late', '2026-11-22 00:00:00.000000')")
    with app:
        with pytest.raises(StalePlanError):
            app.apply(plan_id, NOW)
        assert shop.rows("SELECT count(*) FROM notes WHERE customer_id = 'c3'") == [(2,)]
        plan = app.plan_request(case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
    assert shop.rows("SELECT count(*) FROM notes WHERE body = 'late'") == [(0,)]


def test_a_hold_stops_a_request_and_an_approved_plan(shop):
    """A placed hold refuses planning, refuses a plan approved before it, and ends with its release."""
    app, case_id, plan_id = shop.approved_request("user_id=c3")
    with app:
        hold = app.place_hold("email=c3@mail.example", "litigation", NOW)
        with pytest.raises(HeldError):
            app.apply(plan_id, NOW)
        with pytest.raises(HeldError):
            app.plan_request(case_id, NOW)
        assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(1,)]
        app.release_hold(hold.hold_id, NOW)
        plan = app.plan_request(case_id, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
    assert shop.rows("SELECT count(*) FROM customers WHERE id = 'c3'") == [(0,)]


def test_a_hold_takes_its_person_out_of_a_sweep(shop):
    """What is due for a held person stays; what is due for others goes."""
    with shop.app() as app:
        app.place_hold("user_id=c1", "dispute", NOW)
        plan = app.plan_sweep(NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
    assert shop.rows("SELECT customer_id FROM orders WHERE substr(paid_at, 1, 4) = '2016'") == [("c1",)]


def test_above_a_limit_two_people_must_approve(shop):
    """One approver is not enough for a plan over the limit; the same one twice is still one (UMU-34, COO-12)."""
    shop.change(*[f"INSERT INTO notes (body, written_at) VALUES ('old {n}', '2020-01-01')" for n in range(40)])
    with shop.app() as app:
        plan = app.plan_sweep(NOW)
        assert [crossing.limit for crossing in plan.crossings] == ["fraction:shop.notes"]
        app.approve(plan.plan_id, plan.digest, "hanako", NOW)
        app.approve(plan.plan_id, plan.digest, "Hanako ", NOW)
        with pytest.raises(LimitError):
            app.apply(plan.plan_id, NOW)
        assert shop.rows("SELECT count(*) FROM notes") == [(50,)]
        app.approve(plan.plan_id, plan.digest, "taro", NOW)
        app.apply(plan.plan_id, NOW)
    assert shop.rows("SELECT count(*) FROM notes") == [(10,)]


def test_a_sealed_case_can_not_be_read_back(shop):
    """After sealing nobody can apply, verify or read the person's keys: the case key is gone."""
    app, case_id, plan_id = shop.approved_request("user_id=c3")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        app.seal(plan_id, NOW)
        with pytest.raises(StateError):
            app.context.ledger.vault.get(case_id, "start")
        with pytest.raises(StateError):
            app.apply(plan_id, NOW)
    assert not list((shop.folder / "keys").rglob(f"*{case_id.lower()}*"))


def test_the_ledger_does_not_name_the_erased(shop):
    """No file of the workspace holds the person's id, name or address after sealing."""
    app, _, plan_id = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        app.seal(plan_id, NOW)
    for path in shop.folder.rglob("*"):
        if path.is_file():
            content = path.read_bytes()
            assert b"c3@mail.example" not in content, path.name
            assert b"Name c3" not in content, path.name


def test_an_unknown_key_names_the_nearest(shop):
    """A key that no dataset knows is refused with the nearest one."""
    with shop.app() as app, pytest.raises(InputError, match="did you mean email"):
        app.open_request("emial=c3@mail.example", "post", NOW)


def test_the_person_gets_an_answer_in_both_languages(shop, tmp_path):
    """The certificate says what went, what stays under which law, and names nobody; before sealing there is none."""
    app, case_id, plan_id = shop.approved_request("user_id=c3")
    with app:
        app.apply(plan_id, NOW)
        app.verify(plan_id, NOW)
        with pytest.raises(StateError):
            app.certificate(case_id, tmp_path)
        app.seal(plan_id, NOW)
        files = app.certificate(case_id, tmp_path)
    texts = {path.name: path.read_text(encoding="utf-8") for path in files if path.suffix == ".html"}
    assert sorted(texts) == ["certificate.en.html", "certificate.ja.html"]
    for text in texts.values():
        assert case_id in text
        assert "Name c3" not in text
        assert "mail.example" not in text
    assert "消去しました" in texts["certificate.ja.html"]
    assert "法人税法" in texts["certificate.ja.html"]
    assert "Corporation Tax Act" in texts["certificate.en.html"]
