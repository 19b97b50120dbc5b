"""Taking and folding die at every step; run again, and the end is that of a run that nobody disturbed."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from retention.app import App, leases
from retention.grammar import EVENT_KINDS
from retention.model.parcel import ParcelState, Urgency
from retention.model.subject import SubjectKey
from retention.ports.queues import Intake
from retention.store.engine import Database
from tests.doubles.dying import Died
from tests.doubles.mail import body
from tests.doubles.queue import MemoryQueue
from tests.e2e.conftest import NOW, Shop, make_shop_in, point

PEOPLE = [f"user_id=c{number}" for number in range(10)]
SENT = (
    *(body(f"closed-{number}", "account.closed", PEOPLE[number % 10]) for number in range(12)),
    *(body(f"objection-{number}", "objection", PEOPLE[number]) for number in range(3)),
    body("closed-2", "account.closed", PEOPLE[2]),
    body("objection-1", "objection", PEOPLE[1]),
    body("undone", "withdrawn", PEOPLE[4], corrects="closed-4"),
    body("closed-1", "account.closed", PEOPLE[1], time="2026-11-21T12:00:00Z"),  # contradicts: the first stands
    b"\xff\x00 not JSON",
    body("burnt", "account.burnt"),
)
URGENT = {"objection": Urgency.SUSPENSION}


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a shop whose ledger is made."""
    folder = tmp_path_factory.mktemp("model")
    with make_shop_in(folder).app():
        pass
    return folder


@contextmanager
def working(model: Path, folder: Path, queue: MemoryQueue) -> Iterator[App]:
    """Open a copy of the shop whose one queue is this one."""
    if not folder.exists():
        shutil.copytree(model, folder)
    shop = Shop(folder / "workspace", folder / "shop.sqlite")
    point(shop)
    with shop.app() as app:
        app.context = replace(app.context, intake=Intake({"crm": queue}, {}, URGENT))
        yield app


def run(app: App) -> None:
    """Do what one run of the DAG does."""
    app.take_parcels(NOW, 0)
    app.fold(NOW)


def end(app: App) -> object:
    """Return the end state, without the numbers that chance gives."""
    ledger, digest = app.context.ledger, app.context.lookup_digest
    keys = [("user_id", digest(SubjectKey("user_id", f"c{number}"))) for number in range(10)]
    events = sorted(
        (e.event_id, e.kind, e.subject_digest == keys[4][1]) for e in ledger.events.of_kinds(sorted(EVENT_KINDS))
    )
    standing = sorted(e.event_id for e in ledger.events.of_keys(keys, EVENT_KINDS))
    starts = sorted(ledger.vault.get(case.case_id, "start") for case in ledger.cases.all())
    linked = {case.case_id for case in ledger.cases.all()} == {parcel.case_id for parcel in ledger.inbox.started()}
    reasons = sorted(parcel.reason.value for parcel in app.dead_letters() if parcel.reason)
    return events, standing, starts, linked, reasons, app.parcels()


@contextmanager
def dying(monkeypatch: pytest.MonkeyPatch, step: int) -> Iterator[list[int]]:
    """Die right after the n-th write, of the ledger or the queue, which is before the next; the list counts them."""
    seen, write, remove = [0], Database.writing, MemoryQueue.delete

    def count() -> None:
        seen[0] += 1
        if seen[0] == step:
            raise Died

    @contextmanager
    def writing(self: Database, *arguments: Any, **more: Any) -> Iterator[Any]:
        with write(self, *arguments, **more) as connection:
            yield connection
        count()

    def delete(self: MemoryQueue, messages: Any) -> int:
        removed = remove(self, messages)
        count()
        return removed

    with monkeypatch.context() as patched:
        patched.setattr(Database, "writing", writing)
        patched.setattr(MemoryQueue, "delete", delete)
        yield seen


def test_killed_at_every_step_each_event_is_folded_once_and_no_case_is_lost(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After each write to the ledger and each delete in the queue: the same events, cases and dead letters."""
    with working(model, tmp_path / "undisturbed", MemoryQueue(*SENT)) as app:
        with dying(monkeypatch, 0) as steps:
            run(app)
        expected = end(app)
    assert expected[4] == ["conflict", "not-json", "unknown-kind"]  # type: ignore[index]
    assert expected[5][ParcelState.FOLDED] == 16  # type: ignore[index]
    assert steps[0] > 10
    for step in range(1, steps[0] + 1):
        queue = MemoryQueue(*SENT, seed=step)
        with working(model, tmp_path / str(step), queue) as app:
            with pytest.raises(Died), dying(monkeypatch, step):
                run(app)
            queue.time_is_up()
            with monkeypatch.context() as patched:
                patched.setattr(leases, "_is_alive", lambda _: False)  # who died holds no lease
                run(app)
            assert (end(app), queue.visible, queue.hidden) == (expected, [], {}), step
