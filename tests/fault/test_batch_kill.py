"""A batch may die before or after each write that moves one of its requests: run again, and the end is the same."""

from __future__ import annotations

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from benchmarks.crowd import approve, ask
from retention.app import App, batch_sealing
from retention.evidence import EvidenceLog, verify
from retention.model.ids import PlanId
from retention.store.batches import SqlBatches
from retention.store.many_vaults import SqlManyVaults
from tests.doubles.dying import Died
from tests.e2e.conftest import NOW, Shop, make_shop_in, point

PEOPLE = ("user_id=c1", "email=c2@mail.example", "user_id=c3")
SEALING: tuple[tuple[type, str], ...] = (
    (EvidenceLog, "record_many"),
    (SqlManyVaults, "shred"),
    (SqlBatches, "seal"),
    (SqlBatches, "move"),
)
PLANNING: tuple[tuple[type, str], ...] = (
    (SqlBatches, "keep"),
    (SqlBatches, "move"),
)


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, owner: type, name: str, nth: int, *, after: bool) -> Iterator[None]:
    """Die at the nth call of the method, before or after it."""
    whole: Callable[..., Any] = getattr(owner, name)
    calls = [0]

    def call(*arguments: Any, **more: Any) -> Any:
        calls[0] += 1
        if calls[0] == nth and not after:
            raise Died
        done = whole(*arguments, **more)
        if calls[0] == nth:
            raise Died
        return done

    with monkeypatch.context() as patched:
        patched.setattr(owner, name, call)
        yield


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop in which three requests wait."""
    folder = tmp_path_factory.mktemp("waiting")
    with make_shop_in(folder).app() as app:
        for subject in PEOPLE:
            ask(app, subject)
    return folder


@pytest.fixture(scope="module")
def verified(waiting: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same; the batch is verified and not sealed."""
    folder = tmp_path_factory.mktemp("verified")
    with copied(waiting, folder).app() as app:
        plan = planned(app)
        app.apply(plan, NOW)
        app.verify(plan, NOW)
    return folder


def copied(model: Path, folder: Path) -> Shop:
    """Return a shop of its own."""
    shutil.copytree(model, folder, dirs_exist_ok=True)
    shop = Shop(folder / "workspace", folder / "shop.sqlite")
    point(shop)
    return shop


def planned(app: App) -> PlanId:
    """Plan those who wait, and approve it."""
    batch = app.plan_batch(NOW)
    assert batch
    assert batch.plan
    approve(app, batch.plan.plan_id, batch.plan.digest)
    return batch.plan.plan_id


def end(app: App) -> tuple[object, ...]:
    """Return what the ledger and the log say, without ids; whoever died while planning may have stated it twice."""
    cases = app.context.ledger.cases.all()
    states = sorted((case.kind.value, case.state.value) for case in cases)
    told = [json.loads(base64.b64decode(json.loads(e.envelope)["payload"])) for e in app.context.log.sequence.entries()]
    kinds = [each["predicate"]["kind"] for each in told]
    rounds = [len(app.context.ledger.rescans.of_case(case.case_id)) for case in cases if case.kind.value == "request"]
    receipts = [app.receipt(case.case_id) is not None for case in cases if case.kind.value == "request"]
    return states, sorted(kind for kind in kinds if kind not in {"planned", "logIndex"}), rounds, receipts


def expected() -> tuple[object, ...]:
    """Everybody has a share, a commitment, a receipt and two rounds, once; every key is destroyed."""
    states = [("batch", "closed"), *[("request", "closed")] * 3]
    steps = ["approval", *["deletion"] * 4, "kept", *["verification"] * 3]
    each = ["batchShare", "keyDestroyed", "subjectsCommitted"] * 3
    return states, sorted([*steps, *each, "keyDestroyed"]), [2, 2, 2], [True] * 3


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", SEALING, ids=lambda write: write[1])
def test_sealing_may_die_at_the_second_request(
    verified: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: tuple[type, str], *, after: bool
) -> None:
    """Those sealed before stay as they are, the others follow; each statement stands once, each bundle is complete."""
    monkeypatch.setattr(batch_sealing, "_AT_A_TIME", 1)
    shop = copied(verified, tmp_path)
    with shop.app() as app:
        (batch,) = (case.case_id for case in app.context.ledger.cases.all() if case.kind.value == "batch")
        plan = app.context.ledger.plans.of_case(batch)[0].plan_id
        nth = 1 if write[1] == "move" else 2
        with dying(monkeypatch, *write, nth, after=after), pytest.raises(Died):
            app.seal(plan, NOW)
    with shop.app() as app:
        app.seal(plan, NOW)
        assert end(app) == expected()
        for member in app.context.ledger.batches.members(batch):
            assert verify(app.bundle(member.case_id)).complete


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("write", PLANNING, ids=lambda write: write[1])
def test_planning_may_die_at_any_write(
    waiting: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: tuple[type, str], *, after: bool
) -> None:
    """Nobody is lost and nobody goes twice: the batch that was begun goes on, or stands as it was planned."""
    shop = copied(waiting, tmp_path)
    with shop.app() as app, dying(monkeypatch, *write, 1, after=after), pytest.raises(Died):
        app.plan_batch(NOW)
    with shop.app() as app:
        (batch,) = (case.case_id for case in app.context.ledger.cases.all() if case.kind.value == "batch")
        made = app.plan_batch(NOW)
        moved = write == (SqlBatches, "move") and after
        assert (made is None) == moved
        assert set(app.context.ledger.batches.states(batch).values()) == {app.context.ledger.cases.get(batch).state}
        assert len(app.context.ledger.batches.members(batch)) == 3
