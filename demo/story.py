"""The story: a sweep, a set for the group, an erasure that follows there, a restore that brings nobody back, letters.

Everything happens as at a company: Airflow runs the DAGs, an operator approves with the command
line, and what is shown is read from the systems themselves.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from demo import asking, backups, forgery, operator, presence, sharing, telling
from demo.airflow import Airflow, DagRun
from demo.filling import EVENTS, fill_systems
from demo.report import Cases
from demo.systems import Systems, running
from demo.world import Customer, World, make_world
from retention.app import App
from retention.errors import FoundError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, SystemId
from retention.packs import read_pack
from retention.wiring import open_app

FURNISHED = "systems/furnished"
"""This file of the workspace says that the systems hold all that they should."""
_NIGHTS = 2
_RESTORED = (SystemId("app_restored"), SystemId("lake_restored"))
_POLL_SECONDS = 0.3
_RUN_WITHIN = 300.0


@dataclass(slots=True)
class Stage:
    """Where the story plays."""

    workspace: Path
    console: Console
    systems: Systems
    airflow: Airflow
    world: World = field(repr=False)
    copy: str
    """Last night's backup."""

    @property
    def woman(self) -> Customer:
        """Who asks to be erased."""
        return self.world.protagonist


def tell(workspace: Path, console: Console, now: datetime) -> int:
    """Tell the story in an empty workspace; return the exit code."""
    begun = time.monotonic()
    write_files(workspace)
    with running(workspace) as systems:
        airflow = Airflow(workspace, systems.environment)
        try:
            world, copy = furnish(workspace, console, systems, now)
            stage = Stage(workspace, console, systems, airflow, world, copy)
            sweep = _sweep(stage)
            console.rule("2  A pseudonymised set for the group: only what was published, labelled by tests")
            sharing.hand_over(workspace, console, systems, now)
            request = _request(stage, now)
            gates, bundle = _restore(stage, request)
            console.rule("5  Four people write: an agent, one who is refused, one who is shown, one whose data rests")
            asking.four_people(workspace, console, systems, stage.world, datetime.now(UTC))
            caught = forgery.show(console, bundle)
            telling.end(workspace, console, Cases(sweep, request, gates), bundle, caught)
        finally:
            airflow.close()
    console.print(f"The story took {time.monotonic() - begun:.0f} s. {workspace} is yours to explore:")
    console.print(f"  retention -w {workspace} evidence verify {bundle}", highlight=False, soft_wrap=True)
    console.print(f"  retention demo -w {workspace} --serve    (its systems again)", highlight=False, soft_wrap=True)
    console.save_svg(str(workspace / "story.svg"), title="make demo", clear=False)
    return 0


def write_files(workspace: Path) -> None:
    """Write the company's policy, data map and settings into an empty workspace."""
    for name, text in read_pack("u-next").items():
        (workspace / name).write_text(text, encoding="utf-8")
    sharing.name_the_entity(workspace)
    asking.prepare(workspace)


def furnish(workspace: Path, console: Console, systems: Systems, now: datetime) -> tuple[World, str]:
    """Fill the company's systems; return who and what is in them, and last night's backup.

    Raises:
        FoundError: the data map does not fit what was filled in.

    """
    console.rule("A video-streaming company, its lake, its backups and its processor")
    with _busy(console, "customers, payments, viewing history, web requests"):
        world = make_world(now)
        fill_systems(systems, world)
    with _busy(console, f"{_NIGHTS} nightly backups"):
        copies = [backups.take(systems, now - timedelta(days=night)) for night in range(_NIGHTS, 0, -1)]
    with _busy(console, "account events into the ledger, as keyed digests"), open_app(workspace) as app:
        path = workspace / EVENTS
        count = app.import_events(path.read_text(encoding="utf-8").splitlines(), path.name, now).new
        path.unlink()
        drift = app.check_datamap()
    if drift:
        raise FoundError(f"the data map does not fit the demo's systems: {drift[0]}")
    console.print(
        f"{len(world.customers)} customers, {len(world.payments)} payments, {len(world.viewing)} views, "
        f"{len(world.http)} web requests, {count} account events; every column is mapped"
    )
    (workspace / FURNISHED).touch()
    return world, copies[-1]


def _sweep(stage: Stage) -> CaseId:
    stage.console.rule("1  The retention sweep: what is due goes, what the tax law keeps stays")
    run = stage.airflow.start("retention_sweep")
    with open_app(stage.workspace) as app:
        case = _approved(stage, app, run, lambda case: case.kind is CaseKind.SWEEP)
        _finished(stage, app, run, case)
    return case.case_id


def _request(stage: Stage, now: datetime) -> CaseId:
    stage.console.rule("3  One person asks to be erased, everywhere")
    with open_app(stage.workspace) as app:
        before = presence.everywhere(stage.systems, stage.woman)
        shared = sharing.rows_of(stage.systems)
        case = app.open_request(f"email={stage.woman.email}", "post", now)
        app.identify(case.case_id, "passport", now)
        app.accept(case.case_id, now)
        run = stage.airflow.start("subject_request", {"case_id": case.case_id})
        _approved(stage, app, run, lambda planned: planned.case_id == case.case_id)
        _finished(stage, app, run, case)
    after = presence.everywhere(stage.systems, stage.woman)
    telling.presence(stage.console, "Rows that name her", before, after)
    gone = shared - sharing.rows_of(stage.systems)
    stage.console.print(
        f"{gone} rows of hers left the joint user's set as well: found by token, while the key was there"
    )
    return case.case_id


def _restore(stage: Stage, request: CaseId) -> tuple[dict[str, CaseId], Path]:
    stage.console.rule("4  Last night's backup is restored; it would bring her back, and does not")
    with _busy(stage.console, f"pg_restore of {stage.copy}, and its objects"):
        backups.restore(stage.systems, stage.copy)
    before = presence.restored(stage.systems, stage.woman)
    with open_app(stage.workspace) as app:
        cases = {system: _through_the_gate(stage, app, system) for system in _RESTORED}
        bundle = stage.workspace / "bundles" / f"{request}.json"
        operator.export(stage.workspace, request, bundle)
    after = presence.restored(stage.systems, stage.woman)
    telling.presence(stage.console, "Rows that name her in the restored systems", before, after)
    telling.reopened(stage.console, presence.digests(stage.systems), bundle)
    return {system: case.case_id for system, case in cases.items()}, bundle


def _through_the_gate(stage: Stage, app: App, system: SystemId) -> Case:
    """Ask the gate, go the road, ask the gate again; return the restore's case."""
    run = stage.airflow.start("restore_gate", {"system_id": system})
    case = _approved(stage, app, run, _of_system(system))
    telling.gate(stage.console, app.restores()[-1:])
    _finished(stage, app, run, case)
    telling.gate(stage.console, app.restores()[-1:])
    return case


def _of_system(system: SystemId) -> Callable[[Case], bool]:
    return lambda case: case.restored_system == system


def _approved(stage: Stage, app: App, run: DagRun, wanted: Callable[[Case], bool]) -> Case:
    """Wait for the run's plan; let an operator look at it and approve it, with the command line."""
    with _busy(stage.console, "Airflow plans"):
        case = _planned(app, run, wanted)
    plan, digest = app.plan(app.context.ledger.plans.of_case(case.case_id)[0].plan_id)
    telling.plan(stage.console, plan)
    if case.state is CaseState.PLANNED:
        approvers = ("operator", "privacy-office") if plan.crossings else ("operator",)
        for approver in approvers:
            operator.approve(stage.workspace, plan.plan_id, digest, approver)
        stage.console.print(f"approved by {' and '.join(approvers)}: digest {digest[:16]}…", highlight=False)
    return case


def _planned(app: App, run: DagRun, wanted: Callable[[Case], bool]) -> Case:
    deadline = time.monotonic() + _RUN_WITHIN
    while time.monotonic() < deadline:
        for case in app.context.ledger.cases.all(states=[CaseState.PLANNED, CaseState.APPROVED]):
            if wanted(case):
                return case
        if run.is_over:
            raise FoundError(f"the DAG ended before it had a plan (log: {run.log})")
        time.sleep(_POLL_SECONDS)
    raise FoundError(f"no plan after {_RUN_WITHIN:.0f} s (log: {run.log})")


def _finished(stage: Stage, app: App, run: DagRun, case: Case) -> None:
    """Show how far the journal is until the run has ended."""
    plan = app.context.ledger.plans.of_case(case.case_id)[0]
    steps = len(app.plan(plan.plan_id)[0].steps)
    deadline = time.monotonic() + _RUN_WITHIN
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=stage.console, transient=True) as progress:
        task = progress.add_task("Airflow applies, verifies and seals", total=None)
        while not run.is_over and time.monotonic() < deadline:
            lines = app.context.ledger.journal.entries(plan.plan_id)
            done = len({line.step_id for line in lines if line.phase.value == "done"})
            progress.update(task, description=f"Airflow applies, verifies and seals: {done} of {steps} steps done")
            time.sleep(_POLL_SECONDS)
    result = run.result
    state = app.context.ledger.cases.get(case.case_id).state
    if not result.succeeded:
        raise FoundError(f"the DAG ended {result.state}, the case is {state.value} (log: {run.log})")
    telling.outcome(stage.console, app, case.case_id)


@contextmanager
def _busy(console: Console, what: str) -> Iterator[None]:
    """Show that something is going on; nothing if this is no terminal."""
    columns = (SpinnerColumn(), TextColumn(what), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        progress.add_task(what, total=None)
        yield
