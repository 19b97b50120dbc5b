"""A re-scan, and the sealing of what it led to, die at every write: run again, and the end is the same."""

from __future__ import annotations

import base64
import json
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.doubles.dying import Died, dying_ledger
from tests.e2e.conftest import NOW, Shop, make_shop_in, point

WEEK = NOW + timedelta(days=7)
BACK = "INSERT INTO customers VALUES ('c3', 'Name c3', 'c3@mail.example')"


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop whose request is sealed, and whose person is back."""
    folder = tmp_path_factory.mktemp("model")
    shop = make_shop_in(folder)
    app, _, plan = shop.approved_request("email=c3@mail.example")
    with app:
        app.apply(plan, NOW)
        app.verify(plan, NOW)
        app.seal(plan, NOW)
    shop.change(BACK)
    return folder


@pytest.fixture(scope="module")
def verified(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with a return case that is verified and not sealed."""
    folder = tmp_path_factory.mktemp("verified")
    shop = copied(model, folder)
    with shop.app() as app:
        (plan,) = app.rescan(WEEK).plans
        app.approve(plan.plan_id, plan.digest, "office", WEEK)
        app.apply(plan.plan_id, WEEK)
        app.verify(plan.plan_id, WEEK)
    return folder


def copied(model: Path, folder: Path) -> Shop:
    """Return a shop of its own."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    shop = Shop(folder / "workspace", folder / "shop.sqlite")
    point(shop)
    return shop


def end(app: Any) -> object:
    """Return what the ledger and the log say, without ids and instants that each run makes anew."""
    cases = [(case.kind.value, case.state.value) for case in app.context.ledger.cases.all()]
    (origin,) = (case.case_id for case in app.context.ledger.cases.all() if case.kind.value == "request")
    rounds = [(r.name, r.seen, r.return_case is not None) for r in app.context.ledger.rescans.of_case(origin)]
    envelopes = [json.loads(entry.envelope) for entry in app.context.log.sequence.entries()]
    told = [json.loads(base64.b64decode(envelope["payload"]))["predicate"] for envelope in envelopes]
    # whoever dies between a plan's statement and its case's new state plans again: the newest plan stands
    facts = [(each["kind"], each.get("state", "")) for each in told if each["kind"] not in {"logIndex", "planned"}]
    return cases, rounds, sorted(facts)


def test_a_re_scan_may_die_at_any_write(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One return case with a plan that waits, one statement, and the round counted once."""
    with copied(model, tmp_path / "whole").app() as app, dying_ledger(monkeypatch, 0) as writes:
        app.rescan(WEEK)
        expected = end(app)
    assert writes[0] > 5
    for nth in range(1, writes[0] + 1):
        shop = copied(model, tmp_path / str(nth))
        with shop.app() as app, dying_ledger(monkeypatch, nth), pytest.raises(Died):
            app.rescan(WEEK)
        with shop.app() as app:
            app.rescan(WEEK + timedelta(hours=1))
            assert end(app) == expected, nth


def test_the_sealing_of_a_return_case_may_die_at_any_write(
    verified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first case is done again, with one statement of it, and is looked at anew."""
    with copied(verified, tmp_path / "whole").app() as app, dying_ledger(monkeypatch, 0) as writes:
        plan = app.context.ledger.plans.of_case(app.context.ledger.cases.all()[0].case_id)[0].plan_id
        app.seal(plan, WEEK)
        expected = end(app)
    for nth in range(1, writes[0] + 1):
        shop = copied(verified, tmp_path / str(nth))
        with shop.app() as app, dying_ledger(monkeypatch, nth), pytest.raises(Died):
            app.seal(plan, WEEK)
        with shop.app() as app:
            app.seal(plan, WEEK)
            assert end(app) == expected, nth


def test_a_re_scan_finishes_what_a_dead_sealing_began(
    verified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The return case is sealed and its key gone; the first case is settled by the next look, and looked at."""
    with copied(verified, tmp_path / "half").app() as app:
        cases = {case.kind.value: case.case_id for case in app.context.ledger.cases.all()}
        with monkeypatch.context() as patched:
            patched.setattr("retention.app.sealing.settle", lambda *_: ())
            app.seal(app.context.ledger.plans.of_case(cases["return"])[0].plan_id, WEEK)
        assert app.context.ledger.cases.get(cases["request"]).state.value == "returned"
        (look,) = app.rescan(NOW + timedelta(days=30)).looks
        assert (look.case_id, look.seen.value) == (cases["request"], "clean")
        assert app.context.ledger.cases.get(cases["request"]).state.value == "sealed"
