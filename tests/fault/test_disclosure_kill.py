"""Die before and after every write of an export for a person: never half delivered, never delivered twice."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retention.app import applying, disclosing
from retention.errors import StateError
from retention.evidence import verify
from retention.model.disclosure import ExportState
from retention.model.terms import Right
from tests.doubles.dying import Died, Dying, Life

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
OVER = NOW + timedelta(days=30)
WRITES = frozenset({"put", "remove", "create", "shred", "write"})


def _load(path: Path):
    spec = importlib.util.spec_from_file_location(f"disclosing_{path.stem}", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


SHOPS = _load(Path(__file__).parents[1] / "e2e" / "conftest.py")
REAL = disclosing.handing_out


def dying_desk(life):
    """Make desks whose every write may be the last."""

    def made(context):
        real = REAL(context)
        parts = {name: Dying(getattr(real, name), life, WRITES) for name in ("exports", "disclosures", "keys")}
        return replace(real, rounds=10, **parts)

    return made


def dying_ledger(monkeypatch, app, life):
    """Let the writes to journal and vault be the last as well."""
    ledger = app.context.ledger
    for name in ("journal", "vault"):
        real = getattr(ledger, name)
        monkeypatch.setattr(ledger, name, Dying(getattr(real, "_inner", real), life, WRITES))


@pytest.fixture
def planned(tmp_path):
    """A request for disclosure, approved."""
    with SHOPS.make_shop_in(tmp_path).app() as app:
        case = app.open_request("user_id=c3", "post", NOW, right=Right.DISCLOSURE).case_id
        app.identify(case, "passport", NOW)
        app.accept(case, NOW)
        plan = app.plan_request(case, NOW)
        app.approve(plan.plan_id, plan.digest, "office", NOW)
        yield app, case, plan


def test_an_export_that_died_anywhere_is_made_once_and_whole(planned, monkeypatch):
    """After each death nothing can be handed out; the next run makes one file, stated once, that verifies."""
    app, case, plan = planned
    deaths, moment = 0, 1
    while True:
        life, before = Life(moment), len(app.context.ledger.journal.entries(plan.plan_id))
        monkeypatch.setattr(applying, "handing_out", dying_desk(life))
        dying_ledger(monkeypatch, app, life)
        try:
            report = app.apply(plan.plan_id, NOW)
        except Died:
            deaths += 1
            moment = moment + 1 if len(app.context.ledger.journal.entries(plan.plan_id)) == before else 1
            with pytest.raises(StateError):
                app.fetch_disclosure(case)
            with pytest.raises(StateError):
                disclosing.letters(app.context, case)
        else:
            break
    assert deaths > 30
    assert not report.failed
    dying_ledger(monkeypatch, app, Life(0))  # from here on nothing dies
    app.verify(plan.plan_id, NOW)
    (export,) = app.disclosures(case)
    assert (export.state, app.context.exports.paths("disclosures")) == (ExportState.LIVE, (export.path,))
    app.seal(plan.plan_id, NOW)
    report = verify(app.bundle(case))
    assert (report.broken, report.complete) == ("", True)
    states = [fact.told["state"] for fact in report.facts if fact.kind == "disclosure"]
    assert states == ["read"] * 3 + ["delivered"]


def test_an_export_whose_end_died_anywhere_is_gone_and_stated_once(planned, monkeypatch):
    """File, key, note and statement: whatever was missing after a death, the next run brings."""
    app, case, plan = planned
    monkeypatch.setattr(applying, "handing_out", dying_desk(Life(0)))
    app.apply(plan.plan_id, NOW)
    app.verify(plan.plan_id, NOW)
    app.seal(plan.plan_id, NOW)
    (export,) = app.disclosures(case)
    deaths = 0
    real = app.context.ledger.disclosures
    for moment in range(1, 40):
        life = Life(moment)
        monkeypatch.setattr(disclosing, "handing_out", dying_desk(life))
        monkeypatch.setattr(app.context.ledger, "disclosures", Dying(real, life, WRITES))
        try:
            app.expire_disclosures(OVER)
        except Died:
            deaths += 1
        else:
            break
    assert deaths >= 5
    assert app.context.exports.paths("disclosures") == ()
    assert app.context.keys.read(export.key_name) is None
    assert [each.state for each in app.disclosures(case)] == [ExportState.GONE]
    states = [fact.told["state"] for fact in verify(app.bundle(case)).facts if fact.kind == "disclosure"]
    assert states.count("gone") == 1
