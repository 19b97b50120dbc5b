"""Was this person erased? Asked of the vault, of a receipt, and after nobody can tell any more."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest

from retention.app import sealing
from retention.errors import FoundError, RefusedError, StateError
from retention.evidence import verify
from retention.evidence.receipt import read_receipt
from retention.model.case import CaseState
from retention.model.subject import SubjectKey

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LATER = datetime(2031, 12, 31, 15, 0, tzinfo=UTC)
"""Midnight of 1 January 2032 in Tokyo: five years after the end of 2026."""


def roots(app, case: str) -> list[str]:
    """Return the roots that the log states for the case."""
    facts = verify(app.bundle(case)).facts
    return [str(fact.told["commitRoot"]) for fact in facts if fact.kind == "subjectsCommitted"]


def test_the_command_answers_by_vault_and_by_receipt(closed, cli, tmp_path):
    """Exit 0 for the person by every key, 1 for others and for broken files; never a value in the output."""
    shop, case = closed.shop, closed.case
    bundle, folder = tmp_path / "bundle.json", tmp_path / "answer"
    assert cli("evidence", "export", case, "-o", bundle, folder=shop.folder).code == 0
    written = cli("evidence", "certificate", case, "-o", folder, folder=shop.folder)
    assert written.code == 0
    assert {path.name for path in folder.iterdir()} >= {"certificate.ja.html", "certificate.ja.pdf", "receipt.txt"}
    receipt, vkey = folder / "receipt.txt", (shop.folder / "evidence.vkey").read_text().strip()
    for subject in ("email=c3@mail.example", "email=C3@MAIL.example", "user_id=c3"):
        by_vault = cli("evidence", "confirm", bundle, "--subject", subject, folder=shop.folder)
        offline = cli("evidence", "confirm", "--receipt", receipt, "--subject", subject, "--key", vkey, folder=tmp_path)
        for said in (by_vault, offline):
            assert said.code == 0
            assert f"yes: erased in case {case}" in said.out
            assert "proven by entry" in said.out
            assert "c3@mail" not in said.all.lower()
    assert "kept: shop.orders: amount, paid_at under jp.corporate-tax-act" in by_vault.out
    for subject in ("email=c4@mail.example", "user_id=c4"):
        assert cli("evidence", "confirm", bundle, "--subject", subject, folder=shop.folder).code == 1
        assert cli("evidence", "confirm", "--receipt", receipt, "--subject", subject, folder=tmp_path).code == 1
    bundle.write_bytes(bundle.read_bytes().replace(b'"size', b'"Size').replace(b"a", b"b", 1))
    receipt.write_bytes(receipt.read_bytes().replace(b"index 1", b"index 2"))
    assert cli("evidence", "confirm", bundle, "--subject", "user_id=c3", folder=shop.folder).code == 1
    assert cli("evidence", "confirm", "--receipt", receipt, "--subject", "user_id=c3", folder=tmp_path).code == 1
    assert cli("evidence", "confirm", "--subject", "user_id=c3", folder=tmp_path).code == 2
    assert cli("evidence", "confirm", bundle, "--subject", "nonsense", folder=shop.folder).code == 2


def test_after_the_epoch_nobody_can_tell_any_more(closed):
    """Refused before its day; afterwards exit 3, the key's end is in the log, and the receipt still speaks."""
    case = closed.case
    with closed.shop.app() as app:
        bundle, receipt = app.bundle(case), app.receipt(case)
        with pytest.raises(RefusedError, match="promised until 2032-01-01"):
            app.destroy_epoch("2026", LATER - timedelta(seconds=1))
        assert app.confirm(bundle, "email=c3@mail.example", None)
        gone = app.destroy_epoch("2026", LATER)
        assert app.destroy_epoch("2026", LATER + timedelta(days=1)) == gone
        with pytest.raises(StateError) as refused:
            app.confirm(bundle, "email=c3@mail.example", None)
        assert refused.value.exit_code == 3
        assert app.receipt(case) is None
        entries = [json.loads(entry.envelope) for entry in app.context.log.sequence.entries()]
        vkey = app.context.log.vkey
    assert read_receipt(receipt, vkey).is_about(SubjectKey("email", "c3@mail.example"))
    assert len(entries) == len({entry["payload"] for entry in entries})


def test_expiry_lets_go_of_what_is_over_and_states_it(closed):
    """Receipts go after a year, epochs after theirs, rejected cases' keys after theirs; the log keeps growing."""
    case = closed.case
    with closed.shop.app() as app:
        rejected = app.open_request("user_id=c5", "post", NOW).case_id
        app.identify(rejected, "passport", NOW)
        app.accept(rejected, NOW)
        plan = app.plan_request(rejected, NOW)
        app.reject(plan.plan_id, "office", "not-now", NOW)
        before = app.context.log.publish().size
        assert app.expire_evidence(NOW + timedelta(days=300)) == type(app.expire_evidence(NOW))((), 0, ())
        after_a_year = app.expire_evidence(NOW + timedelta(days=370))
        assert (after_a_year.receipts, after_a_year.cases) == (1, (rejected,))
        assert app.receipt(case) is None
        assert app.confirm(app.bundle(case), "user_id=c3", None)
        with pytest.raises(StateError):
            app.plan_request(rejected, NOW + timedelta(days=371))
        assert app.expire_evidence(LATER).epochs == ("2026",)
        assert app.expire_evidence(LATER).epochs == ()
        entries = app.context.log.sequence.entries(before)
        kinds = [json.loads(base64.b64decode(json.loads(e.envelope)["payload"]))["predicate"]["kind"] for e in entries]
    assert kinds == ["keyDestroyed", "logIndex", "keyDestroyed"], "the rejected case's, an export's index, the epoch's"


@pytest.mark.parametrize("moment", ["begin", "put", "put_receipt", "record", "shred_case_key", "publish"])
def test_a_death_while_sealing_makes_no_second_root(verified, monkeypatch, moment):
    """Die before each write of sealing, change the holds meanwhile, seal again: one root, and it opens."""
    case, plan = verified.case, verified.plan
    with verified.shop.app() as app:
        with monkeypatch.context() as patched:
            _die_at(patched, app, moment)
            with pytest.raises(InterruptedError):
                app.seal(plan, NOW)
        app.place_hold("user_id=c4", "litigation", NOW)
        app.seal(plan, NOW + timedelta(days=50))
        assert app.context.ledger.cases.get(case).state is CaseState.CLOSED
        assert len(roots(app, case)) == 1
        bundle = app.bundle(case)
        assert app.confirm(bundle, "email=c3@mail.example", None)[0].case_id == case
        assert app.confirm(bundle, "user_id=c3", None)
        assert app.receipt(case) is not None


def _die_at(patched, app, moment: str) -> None:
    def die(*_: object, **__: object) -> None:
        raise InterruptedError

    openings, log = app.context.ledger.openings, app.context.log
    if moment == "shred_case_key":
        patched.setattr(sealing, "shred_case_key", die)
    elif moment in ("record", "publish"):
        patched.setattr(type(log), moment, die)
    else:
        patched.setattr(type(openings), moment, die)


def test_a_sweep_commits_to_those_it_disposed_of(shop):
    """Of two closed accounts one is held: the vault says yes for the other, and never for the held one."""
    with shop.app() as app:
        closed = NOW - timedelta(days=60)
        for person in ("c7", "c8"):
            app.record_event(f"user_id={person}", "account.closed", event_id=person, occurred_at=closed, now=NOW)
        hold = app.place_hold("email=c8@mail.example", "litigation", NOW)
        plan = app.plan_sweep(NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
        app.release_hold(hold.hold_id, NOW + timedelta(hours=1))
        app.seal(plan.plan_id, NOW + timedelta(hours=2))
        bundle = app.bundle(plan.case_id)
        (found,) = app.confirm(bundle, "user_id=c7", None)
        assert "account" in found.under
        assert app.confirm(bundle, "email=c7@mail.example", None)
        for held in ("user_id=c8", "email=c8@mail.example"):
            with pytest.raises(FoundError, match="no:"):
                app.confirm(bundle, held, None)


def test_a_sweep_by_date_commits_to_nobody(shop):
    """Rows chosen by their own date name no people: the bundle says so instead of guessing."""
    shop.change("UPDATE notes SET written_at = '2020-01-01 00:00:00.000000' WHERE customer_id = 'c1'")
    with shop.app() as app:
        plan = app.plan_sweep(NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        app.apply(plan.plan_id, NOW)
        app.verify(plan.plan_id, NOW)
        app.seal(plan.plan_id, NOW)
        with pytest.raises(FoundError, match="commits to nobody"):
            app.confirm(app.bundle(plan.case_id), "user_id=c1", None)
