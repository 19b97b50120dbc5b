"""Fixtures of the apply_kill tests: the applying process, the benches, and what is seen at the end of the road."""

from __future__ import annotations

import importlib.util
import json
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retention.app import App
from retention.errors import StateError
from retention.evidence import merkle, verify
from retention.model.ids import CaseId, PlanId
from retention.ports.ledger import Phase
from retention.wiring import open_app


def _benches() -> Any:
    if "apply_benches" not in sys.modules:
        spec = importlib.util.spec_from_file_location("apply_benches", Path(__file__).with_name("apply_benches.py"))
        assert spec is not None
        assert spec.loader is not None
        sys.modules["apply_benches"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["apply_benches"])
    return sys.modules["apply_benches"]


ROAD = ("apply", "verify", "seal")
NOW: datetime = _benches().NOW
LATER = NOW + timedelta(hours=5)
"""When somebody runs again what died."""
_NOT_COMPARED = frozenset({"at", "startedAt", "finishedAt", "receivedAt", "resumed", "statementId"})
"""Instants of the second process, and whether there was one."""
_EFFORT = frozenset({"objectsRewritten", "versionsRemoved", "markersRemoved"})
"""What the last call did: nothing, if the one before it did all and died."""


@dataclass(frozen=True)
class Seen:
    """The end of the road: the same for every run of one plan, however often it died on the way."""

    state: str
    rows: object
    facts: list[str]
    """Every statement of the case, sorted: one that stood twice would be here twice."""
    journal: list[tuple[str, str]]
    """Step and phase, sorted, without failed attempts."""
    resumed: list[bool] = field(compare=False)
    """Of every deletion that is stated, whether an earlier process had begun it."""
    remains: list[tuple[str, str, bool]]
    """Copies that remain, and whether each has been seen gone."""
    suppressed: list[tuple[str, str, str]]

    def with_one_look(self) -> Seen:
        """Return the same with equal verifications counted once."""
        looks = {fact for fact in self.facts if '"kind": "verification"' in fact}
        return replace(self, facts=sorted([*(fact for fact in self.facts if fact not in looks), *looks]))


@dataclass(frozen=True)
class Work:
    """A copy of a bench's workspace, with a plan that is approved and not carried out."""

    bench: Any
    folder: Path
    plan_id: PlanId
    driver: Driver

    def kill(self, call: str, number: int, when: str, parts: Sequence[str] = ("journal",)) -> None:
        """Do the use case in a process that dies before or after its n-th write to the parts."""
        assert self.driver.answer(self, call, number, when, parts) == "killed"

    def run(self, call: str, parts: Sequence[str] = ("journal",)) -> int:
        """Do the use case in a process that does not die; return how many writes to the parts it made."""
        word, _, writes = self.driver.answer(self, call, 0, "after", parts).partition(" ")
        assert word == "ended"
        return int(writes)

    def moments(self, call: str, parts: Sequence[str] = ("journal",)) -> list[str]:
        """Do the use case; return the moments around writes at which the workspace's files say something new."""
        word, *moments = self.driver.answer(self, call, 0, "look", parts).split()
        assert word == "ended"
        return moments

    def finish(self, since: str = "apply") -> Seen:
        """Run the rest of the road without faults, check the evidence, and return what is seen."""
        with open_app(self.folder) as app:
            plan, _ = app.plan(self.plan_id)
            before = app.context.log.checkpoint()
            for use_case in ROAD[ROAD.index(since) :]:
                getattr(app, use_case)(self.plan_id, LATER)
                self.bench.settle()
            report = verify(
                app.bundle(plan.case_id), (self.folder / "evidence.vkey").read_text(encoding="utf-8").strip()
            )
            assert report.authentic, report.broken
            assert report.complete, report.still_open
            seen = _seen(app, self, plan.case_id, [fact.told for fact in report.facts])
            _check_log(app, before.size if before else 0, before.root if before else merkle.EMPTY_ROOT)
            with pytest.raises(StateError):
                app.context.ledger.vault.get(plan.case_id, f"keys/{plan.plan_id}")
            assert app.context.ledger.holder(f"apply/{plan.plan_id}") is None
        return seen

    def lines(self, phase: Phase) -> int:
        """Count the journal's lines of a phase."""
        with open_app(self.folder) as app:
            return sum(line.phase is phase for line in app.context.ledger.journal.entries(self.plan_id))

    def told(self, kind: str) -> list[dict[str, Any]]:
        """Return the statements of a kind."""
        with open_app(self.folder) as app:
            plan, _ = app.plan(self.plan_id)
            facts = verify(app.bundle(plan.case_id)).facts
        return [dict(fact.told) for fact in facts if fact.kind == kind]


def _seen(app: App, work: Work, case_id: CaseId, facts: Sequence[Mapping[str, Any]]) -> Seen:
    ledger = app.context.ledger
    lines = ledger.journal.entries(work.plan_id)
    horizons = ledger.copies.horizons(case_id)
    return Seen(
        state=ledger.cases.get(case_id).state.value,
        rows=work.bench.rows(work.folder),
        facts=sorted(json.dumps(_compared(told), sort_keys=True) for told in facts),
        resumed=[told["resumed"] for told in facts if told["kind"] == "deletion"],
        journal=sorted((line.step_id, line.phase.value) for line in lines if line.phase is not Phase.FAILED),
        remains=sorted((horizon.system, horizon.what, horizon.gone_at is not None) for horizon in horizons),
        suppressed=sorted((s.key_name, s.digest, s.scope) for s in ledger.copies.suppressions(LATER)),
    )


def _compared(told: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: value for name, value in told.items() if name not in _NOT_COMPARED}
    if told["kind"] == "processorAck":
        del kept["bodyDigest"]  # the processor's answer names an hour
    if told["kind"] == "copyRemains" and told["what"] == "write-ahead-log":
        del kept["until"]  # counted from the last call, by the server's clock
    if "effect" in kept:
        effect = {name: value for name, value in told["effect"].items() if name not in _EFFORT}
        kept["effect"] = {**effect, "residues": [residue["what"] for residue in effect["residues"]]}
        assert effect["rows"] == told["rowsPlanned"]
    return kept


def _check_log(app: App, size: int, root: bytes) -> None:
    """The published log is the ledger's, continues what was published before, and its entries are readable files."""
    log = app.context.log
    checkpoint = log.checkpoint()
    assert checkpoint is not None
    leaves = log.leaves(log.sequence.size())
    assert (checkpoint.size, checkpoint.root) == (len(leaves), merkle.root(leaves))
    if size:
        assert merkle.extends(size, len(leaves), merkle.consistency(leaves, size), root, checkpoint.root)
    expected = b"".join(struct.pack(">H", len(entry.envelope)) + entry.envelope for entry in log.sequence.entries())
    assert log.tiles.read(f"tile/entries/000.p/{checkpoint.size}") == expected


class Driver:
    """The process that forks the applying processes; see apply_driver.py."""

    def __init__(self) -> None:
        """Start it."""
        program = Path(__file__).with_name("apply_driver.py")
        self._process = subprocess.Popen(
            [sys.executable, str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def answer(self, work: Work, call: str, number: int, when: str, parts: Sequence[str]) -> str:
        """Have the use case done as ordered, and return what became of the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        arguments = [work.plan_id] if call in ROAD else []
        now = (NOW if call in ROAD else NOW + timedelta(days=90)).isoformat()
        order: dict[str, Any] = {"folder": str(work.folder), "call": call, "arguments": arguments, "now": now}
        order |= {"parts": list(parts), "number": number, "when": when}
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return self._process.stdout.readline().strip()

    def close(self) -> None:
        """Stop it."""
        self._process.communicate(timeout=20)


@pytest.fixture(scope="session")
def driver() -> Iterator[Driver]:
    """The applying process, started once a session."""
    started = Driver()
    yield started
    started.close()


class Shelf:
    """The benches, each started and planned when it is first asked for."""

    def __init__(self, folder: Path, driver: Driver) -> None:
        """Keep a folder that lives as long as the session."""
        self._folder = folder
        self._driver = driver
        self._ready: dict[str, tuple[Any, PlanId]] = {}
        self._stages: dict[tuple[str, tuple[str, ...]], Path] = {}
        self._undisturbed: dict[str, Seen] = {}

    def work(self, name: str, folder: Path, after: tuple[str, ...] = ()) -> Work:
        """Return a copy of the bench's workspace in the folder, over a freshly filled system.

        `after` names calls that have been made. They are made once, so everything that they change must lie
        in the workspace: so it is with the in-memory store, and with copies that are expected to go by themselves.
        """
        if name not in self._ready:
            self._ready[name] = self._planned(name)
        bench, plan_id = self._ready[name]
        work = Work(bench, folder, plan_id, self._driver)
        folder.mkdir(exist_ok=True)
        if not after:
            shutil.copytree(self._folder / name / "workspace", folder, dirs_exist_ok=True)
        bench.make_workspace(folder)
        if after:
            where_systems_are = shutil.ignore_patterns("retention.yaml", "bucket")
            shutil.copytree(self._stage(name, after), folder, dirs_exist_ok=True, ignore=where_systems_are)
        return work

    def _stage(self, name: str, calls: tuple[str, ...]) -> Path:
        """Return a workspace in which the calls were made, without faults."""
        if (name, calls) not in self._stages:
            folder = self._folder / name / "-".join(calls)
            self.work(name, folder, calls[:-1]).run(calls[-1])
            self._stages[name, calls] = folder
        return self._stages[name, calls]

    def undisturbed(self, name: str) -> Seen:
        """Return what is seen at the end of a run that nobody disturbed."""
        if name not in self._undisturbed:
            self._undisturbed[name] = self.work(name, self._folder / name / "undisturbed").finish()
        return self._undisturbed[name]

    def close(self) -> None:
        """Stop what was started."""
        for bench, _ in self._ready.values():
            bench.close()

    def _planned(self, name: str) -> tuple[Any, PlanId]:
        (self._folder / name).mkdir()
        bench = _benches().BENCHES[name](self._folder / name)
        folder = self._folder / name / "workspace"
        bench.make_workspace(folder)
        with open_app(folder) as app:
            app.context.keys.create("suppression")  # the copies share it, or their digests could not be compared
            return bench, bench.plan(app)


@pytest.fixture(scope="session")
def shelf(tmp_path_factory: pytest.TempPathFactory, driver: Driver) -> Iterator[Shelf]:
    """Every bench by name."""
    made = Shelf(tmp_path_factory.mktemp("apply-kill"), driver)
    yield made
    made.close()


@pytest.fixture
def work_on(shelf: Shelf, tmp_path: Path) -> Callable[..., Work]:
    """Return the way to a fresh copy of a bench's workspace, after these calls if any are named."""
    return lambda name, *after: shelf.work(name, tmp_path / name, after)
