"""Under a real `airflow standalone`: whoever is killed, and whenever, a run ends as it would have ended undisturbed.

Twenty seeded runs, one after another: a person's request, a sweep, a batch of events with one that cannot wait. The
seed says who is killed (scheduler, worker, triggerer; one to three times) and when. At the end nobody's data is in
anything that Airflow has written.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest

from retention.app import App
from retention.errors import RefusedError, TransientFailure
from retention.model.ids import PlanId
from tests.dags.crowd import Person, everybody, make_crowded, planted
from tests.dags.endstate import EndState, all_of, end_state
from tests.dags.killing import LOOK_SECONDS, Executioner, Kill, Progress, asked, drawn
from tests.dags.standalone import Standalone
from tests.doubles.mail import body
from tests.e2e.conftest import Shop

SEEDS = range(20)
KINDS = ("request", "sweep", "request", "events")
PEOPLE = everybody(len(SEEDS) + len(set(KINDS)) + 4)
ERRING = PEOPLE[-4:-2]
"""Whose data makes systems fail, with everything about them in what the driver says."""
EVENTS = """
events:
  urgent: {objection: erasure}
"""
LONG_AGO = timedelta(days=90)
ROWS_OF_ONE = 1 + 2 + 1 + 2 * 2
"""Of one person: customer, orders, note, visits in two objects."""
WHERE_NUMBERS_ARE = {
    *("dag_run.conf", "dag_run.run_id", "log.extra", "task_instance.run_id", "xcom.value", "asset_event.extra"),
    *("rendered_task_instance_fields.rendered_fields", "airflow.db", "standalone.log", "attempt=1.log"),
}
"""Cells and files that name cases, plans and runs: the search that finds nobody finds these."""
WITHIN = 600
"""Seconds for one run, its kills included; a loaded machine needs more than the half minute of a quiet one."""
LOADED = ("retention.wiring", "connectors.sql.connect", "connectors.lake.connect", "great_expectations")
QUICK = {
    "AIRFLOW__SCHEDULER__SCHEDULER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__SCHEDULER__SCHEDULER_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__JOB_HEARTBEAT_SEC": "2",
    "AIRFLOW__SCHEDULER__ORPHANED_TASKS_CHECK_INTERVAL": "3",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT": "25",
    "AIRFLOW__SCHEDULER__TASK_INSTANCE_HEARTBEAT_TIMEOUT_DETECTION_INTERVAL": "2",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT": "60",
    "AIRFLOW__SCHEDULER__TASK_QUEUED_TIMEOUT_CHECK_INTERVAL": "5",
    "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "0.5",
    "AIRFLOW__WORKERS__MIN_HEARTBEAT_INTERVAL": "2",
    "AIRFLOW__TRIGGERER__TRIGGERER_HEALTH_CHECK_THRESHOLD": "15",
    "AIRFLOW__TRIGGERER__JOB_HEARTBEAT_SEC": "2",
}
"""Airflow finds out within seconds that somebody is dead; docs/operator.md says what to set in production."""


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    spec = importlib.util.spec_from_file_location("s3_server", Path(__file__).parents[1] / "s3" / "server.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["s3_server"] = module
    spec.loader.exec_module(module)
    server = module.S3Server()
    yield server
    server.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory, s3: Any) -> Shop:
    made = make_crowded(tmp_path_factory.mktemp("shop"), s3, PEOPLE)
    with (made.folder / "retention.yaml").open("a", encoding="utf-8") as settings:
        settings.write(EVENTS)
    with made.app():
        pass  # the ledger is made before several processes ask for it
    return made


@pytest.fixture(scope="module")
def airflow(tmp_path_factory: pytest.TempPathFactory, shop: Shop) -> Iterator[Standalone]:
    files = ("event_intake", "doorbell", "subject_request", "retention_sweep", "plan_road", "dataset_assets")
    environment = {
        "RETENTION_WORKSPACE": str(shop.folder),
        "RETENTION_INTAKE_CRON": "*/10 * * * *",
        "RETENTION_DOORBELL_SECONDS": "3",
        "RETENTION_RETRY_SECONDS": "1",
        "RETENTION_APPROVAL_POKE_SECONDS": "2",
    }
    folder = tmp_path_factory.mktemp("standalone")
    started = Standalone(folder, (*files, "task_errors"), environment | QUICK, preload=LOADED)
    for dag_id in ("subject_request", "retention_sweep", "event_intake"):
        started.unpause(dag_id)
    started.wait_until(
        lambda: {run["state"] for run in started.runs("retention_sweep")} == {"success"}, WITHIN, "a sweep"
    )
    yield started
    started.close()


@dataclass(frozen=True)
class Ended:
    """What became of one run."""

    state: EndState
    length: dict[str, int]
    """How many task states and lines of the ledger were seen."""
    killed: Sequence[Kill]
    seconds: float


@dataclass(frozen=True)
class Stage:
    """Where the runs happen."""

    airflow: Standalone
    shop: Shop
    s3: Any

    def carried(self, kind: str, name: str, who: Person, kills: Sequence[Kill] = ()) -> Ended:
        """Let a run of its kind go its road, and kill on the way; approve what waits, as people would."""
        began, cases, runs, parcels = time.monotonic(), self._cases(), self._runs(), self._parcels()
        progress = Progress(self.airflow, self.shop)
        executioner = Executioner(self.airflow, kills, progress)
        self._begin(kind, name, who)

        def is_over() -> bool:
            executioner.look()
            self._approve()
            found = [state for run, state in self._runs().items() if run not in runs]
            return bool(found) and all(state in {"success", "failed"} for state in found)

        self.airflow.wait_until(is_over, WITHIN, name, look_seconds=LOOK_SECONDS)
        ended = {run: state for run, state in self._runs().items() if run not in runs}
        assert set(ended.values()) == {"success"}, (ended, self.airflow.tail())
        with self.shop.app() as app:
            ours = [case for case in app.context.ledger.cases.all() if case.case_id not in cases]
        arrived = {state: number - parcels.get(state, 0) for state, number in self._parcels().items()}
        state = end_state(self.shop, self.s3, who, ours, arrived)
        return Ended(state, progress.look(), executioner.carried_out, time.monotonic() - began)

    def _begin(self, kind: str, name: str, who: Person) -> None:
        now = datetime.now(UTC)
        with self.shop.app() as app:
            match kind:
                case "request":
                    self.trigger("subject_request", name, {"case_id": _accepted(app, who, now)})
                case "sweep":
                    who_closed, at = f"user_id={who.key}", now - LONG_AGO
                    app.record_event(who_closed, "account.closed", event_id=name, occurred_at=at, now=now)
                    self.trigger("retention_sweep", name, {})
                case _:
                    bodies = [body(f"{name}-{n}", "account.closed", f"user_id=nobody-{name}-{n}") for n in range(3)]
                    urgent = body(f"{name}-urgent", "objection", f"email={who.mail}")
                    app.receive_parcels([*bodies, urgent, bodies[0]], "post", now)

    def failed(self, name: str, who: Person, case_id: str | None = None) -> str:
        """Let a request fail; return what the logs of its tasks say."""
        with self.shop.app() as app:
            case_id = case_id or _accepted(app, who, datetime.now(UTC))
        self.trigger("subject_request", name, {"case_id": case_id})

        def has_failed() -> bool:
            self._approve()
            return self._runs()[f"subject_request {name}"] == "failed"

        self.airflow.wait_until(has_failed, WITHIN, name)
        logs = self.airflow.home.glob(f"logs/dag_id=subject_request/run_id={name}/**/*.log")
        return "".join(log.read_text(encoding="utf-8") for log in logs)

    def trigger(self, dag_id: str, name: str, conf: dict[str, str]) -> None:
        """Begin a run of that name."""
        asked = {"dag_run_id": name, "logical_date": None, "conf": conf}
        self.airflow.call("POST", f"dags/{dag_id}/dagRuns", asked)

    def _approve(self) -> None:
        """Approve what waits; what is replaced in the meantime is looked at again."""
        query = "SELECT plan_id, digest FROM ledger_plans NATURAL JOIN ledger_cases WHERE state = 'planned'"
        waiting = asked(self.shop.folder / "ledger.db", f"{query} ORDER BY seq DESC LIMIT 1")
        if waiting:
            with self.shop.app() as app, suppress(RefusedError, TransientFailure):
                app.approve(PlanId(str(waiting[0][0])), str(waiting[0][1]), "office", datetime.now(UTC))

    def _parcels(self) -> dict[str, int]:
        """Return how many parcels are in each state."""
        query = "SELECT state, count(*) FROM ledger_parcels GROUP BY state"
        return dict(asked(self.shop.folder / "ledger.db", query))

    def _cases(self) -> set[object]:
        return {row[0] for row in asked(self.shop.folder / "ledger.db", "SELECT case_id FROM ledger_cases")}

    def _runs(self) -> dict[object, object]:
        """Return the runs that carry plans out, and their states."""
        query = "SELECT dag_id || ' ' || run_id, state FROM dag_run WHERE dag_id <> 'event_intake'"
        return dict(asked(self.airflow.home / "airflow.db", query))


def _accepted(app: App, who: Person, now: datetime) -> str:
    case_id = app.open_request(f"user_id={who.key}", "post", now).case_id
    app.identify(case_id, "passport", now)
    app.accept(case_id, now)
    return case_id


@pytest.fixture(scope="module")
def stage(airflow: Standalone, shop: Shop, s3: Any) -> Stage:
    return Stage(airflow, shop, s3)


@pytest.fixture(scope="module")
def undisturbed(stage: Stage) -> dict[str, Ended]:
    """One run of each kind, in which nobody dies."""
    kinds = sorted(set(KINDS))
    people = PEOPLE[len(SEEDS) :]
    return {kind: stage.carried(kind, f"undisturbed-{kind}", who) for kind, who in zip(kinds, people, strict=False)}


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_ends_as_if_nobody_had_died(stage: Stage, undisturbed: dict[str, Ended], seed: int) -> None:
    """Rows, objects and their versions, ledger, journal, certificates, every statement once, nothing held."""
    kind = KINDS[seed % len(KINDS)]
    expected = undisturbed[kind]
    ended = stage.carried(kind, f"seed-{seed}", PEOPLE[seed], drawn(seed, expected.length))
    killed = "; ".join(map(str, ended.killed))
    same = ended.state == expected.state
    print(f"\nseed {seed:2} {kind}: {killed}: {ended.seconds:.0f} s, same end state: {same}")  # noqa: T201 -- with -s
    assert ended.killed
    assert ended.state == expected.state


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_errors_end_their_runs_and_name_nobody(stage: Stage) -> None:
    """A driver that quotes a row, a value nobody can read, a request that is refused, people in forms and notes."""
    quoted, unreadable = ERRING
    row = f"row ({quoted.key}, {quoted.name}, {quoted.mail}, {quoted.phone})"
    stage.shop.change(
        f"CREATE TRIGGER books BEFORE DELETE ON notes WHEN OLD.customer_id = '{quoted.key}' "
        f"BEGIN SELECT RAISE(ABORT, '{row}'); END"
    )
    assert "RET-403" in stage.failed("quoted", quoted)
    value = f"{unreadable.name} {unreadable.phone}"
    stage.shop.change(f"UPDATE notes SET written_at = '{value}' WHERE customer_id = '{unreadable.key}'")
    assert "RET-403" in stage.failed("unreadable", unreadable)
    with stage.shop.app() as app:
        refused = app.open_request(f"email={quoted.mail}", "post", datetime.now(UTC)).case_id
    assert "RET-307" in stage.failed("refused", quoted, refused)
    run = "dags/subject_request/dagRuns"
    for method, path, typed in (
        ("POST", run, {"dag_run_id": "address", "logical_date": None, "conf": {"case_id": quoted.mail}}),
        ("POST", run, {"dag_run_id": quoted.mail, "logical_date": None, "conf": {"case_id": refused}}),
        ("PATCH", f"{run}/refused", {"note": f"{quoted.name} called from {quoted.phone}"}),
        ("PATCH", "dags/~/dagRuns", {"actions": [_noted("subject_request", "refused", quoted.name)]}),
        ("POST", "backfills", {"dag_id": "retention_sweep", "dag_run_conf": {"who": quoted.mail}}),
    ):
        with pytest.raises(HTTPError, match="422"):
            stage.airflow.call(method, path, typed)
    stage.airflow.call("PATCH", f"{run}/refused", {"note": f"INC-4711 {refused}"})


def _noted(dag_id: str, run_id: str, note: str) -> dict[str, Any]:
    return {"action": "update", "entities": [{"dag_id": dag_id, "dag_run_id": run_id, "note": note}]}


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nobody_else_was_touched_and_the_log_is_whole(stage: Stage) -> None:
    """Whoever was in no run has everything; the whole log audits clean."""
    rest = PEOPLE[-2:]
    assert len(all_of(stage.shop, stage.s3, rest)) == len(rest) * ROWS_OF_ONE
    with stage.shop.app() as app:
        app.audit_log()


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_nobodys_data_is_in_anything_that_airflow_has_written(stage: Stage) -> None:
    """Every file below its home, every cell of its database; numbers, which must be there, are found everywhere."""
    requests = "SELECT plan_id, case_id FROM ledger_plans NATURAL JOIN ledger_cases WHERE kind = 'request'"
    numbers = asked(stage.shop.folder / "ledger.db", f"{requests} LIMIT 1")
    numbers += asked(stage.shop.folder / "ledger.db", f"{requests} AND state = 'partial'")  # what fails is logged
    found = stage.airflow.traces_of([*(str(number) for pair in numbers for number in pair), "undisturbed-request"])
    assert {trace.where.rpartition("/")[2] for trace in found} >= WHERE_NUMBERS_ARE
    assert stage.airflow.traces_of(planted(PEOPLE)) == []
