"""Die before and after every write of joint use: the second run ends where an undisturbed one does."""

from __future__ import annotations

import importlib.util
import json
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from retention.app import applying
from tests.doubles.dying import Died, Dying, Life

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
LEFT = datetime(2027, 1, 2, tzinfo=UTC)
WRITES = frozenset({"put", "remove", "put_set", "put_key", "note_access", "create", "shred"})


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"sharing_{path.stem}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


E2E = Path(__file__).parents[1] / "e2e"
SHOPS, JOINT = _load(E2E / "conftest.py"), _load(E2E / "test_joint_use.py")


@pytest.fixture
def shop(tmp_path):
    """A shop that shares the use of notes; its notice is public."""
    made = SHOPS.make_shop_in(tmp_path)
    policy = made.folder / "policy.yaml"
    text = policy.read_text(encoding="utf-8").replace("regimes: [jp.appi]", "regimes: [jp.appi, eu.gdpr]")
    policy.write_text(text + JOINT.SHARING, encoding="utf-8")
    with made.app() as app:
        app.publish_notice("group", "https://shop.example/joint-use", NOW)
    return made


def lives(app, monkeypatch, plan, now):
    """Apply the plan again and again, dying one moment later each time; return how often it died."""
    real, deaths, moment = applying.counter, 0, 1
    while True:
        life, done = Life(moment), steps_done(app, plan)

        def dying(context, life=life):
            made = real(context)
            parts = {name: Dying(getattr(made, name), life, WRITES) for name in ("exports", "sharing", "keys")}
            return type(made)(**parts, recipe=made.recipe, beside=made.beside)

        monkeypatch.setattr(applying, "counter", dying)
        try:
            report = app.apply(plan.plan_id, now)
        except Died:
            deaths, moment = deaths + 1, moment + 1 if steps_done(app, plan) == done else 1
        else:
            assert not report.failed
            return deaths
        finally:
            monkeypatch.setattr(applying, "counter", real)


def steps_done(app, plan):
    """Count the steps whose effect is durable: the next one begins at its first moment."""
    lines = app.context.ledger.journal.entries(plan.plan_id)
    return len({line.step_id for line in lines if line.phase.value == "done"})


def approved(app, plan, now=NOW):
    """Approve the plan, twice where it must be."""
    for office in ("office", "second")[: 2 if plan.crossings else 1]:
        app.approve(plan.plan_id, plan.digest, office, now)
    return plan


def test_an_export_that_died_anywhere_is_finished_by_the_next_run(shop, monkeypatch):
    """No half set is called live, no file is left over, and verification finds one whole set."""
    with shop.app() as app:
        plan = approved(app, app.plan_export("group", "notes", "holdings", NOW))
        assert lives(app, monkeypatch, plan, NOW) >= 8
        assert not [look.failed for look in app.verify(plan.plan_id, NOW).looks.values() if look.failed]
        (shared,) = app.shared_sets()
        names = [path.rpartition("/")[2] for path in app.context.exports.paths(shared.folder)]
        assert names == ["manifest.json", "part-00000.parquet"]
        assert len(app.token_keys()) == 1


def test_an_erasure_in_a_set_that_died_anywhere_is_finished_by_the_next_run(shop, monkeypatch):
    """The rows are gone once, the manifest fits the files, and the ledger counts what is left."""
    with shop.app() as app:
        shared = JOINT.exported(app)
        plan = approved(app, JOINT.requested(app, "user_id=c3", "eu.gdpr"))
        assert lives(app, monkeypatch, plan, NOW) > 5
        app.verify(plan.plan_id, NOW)
        manifest = json.loads(app.context.exports.read(f"{shared.folder}/manifest.json"))
        assert (manifest["rows"], app.shared_sets()[0].rows) == (9, 9)


def test_a_withdrawal_that_died_anywhere_is_finished_by_the_next_run(shop, monkeypatch):
    """Files and key are gone, the order lies there once, and what was written says so."""
    with shop.app() as app:
        shared = JOINT.exported(app)
        plan = approved(app, app.plan_withdrawals(LEFT), LEFT)
        assert lives(app, monkeypatch, plan, LEFT) > 8
        app.verify(plan.plan_id, LEFT)
        assert app.context.exports.paths(shared.folder) == ()
        assert app.context.keys.read(shared.key_name) is None
        assert app.token_keys()[0].destroyed_at == LEFT
