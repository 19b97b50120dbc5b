"""A simulator of the product for DAG tests: it remembers calls in a file and fails as told.

`python simulated_app.py` runs DAGs against it, since starting Airflow takes longer than any run: each line of its
input holds the arguments of `demo.run_dag.run`, or of `resume`, and each run's output ends with the line
`exit CODE`. The workspace (RETENTION_WORKSPACE) may hold script.json: `{"approval": ["waiting", "approved"],
"due": true, "fail": {"apply_steps:s2": ["transient"]}}`; each answer is used once, the last approval stays.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

from retention.errors import FoundError, LimitError, SystemFailure, TerminalFailure, TransientFailure
from retention.model.approval import Heard
from retention.model.case import CaseState
from retention.model.outcome import Failed

GROUPS = [["s1"], ["s2", "s3"], ["s4"]]
ROW = "Sakura Takanawa, sakura@planted.example"
"""What every failure's cause quotes, as drivers do."""
FAILURES: dict[str, type[Exception]] = {
    "transient": TransientFailure,
    "unforeseen": KeyError,
    "terminal": TerminalFailure,
    "limit": LimitError,
    "found": FoundError,
}


class SimulatedApp:
    """What the DAGs call, with a memory that outlives the process."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._script = workspace / "script.json"

    def plan_sweep_once(self, now: datetime) -> SimpleNamespace | None:
        """Plan, unless the script says that nothing is due."""
        self._call("plan_sweep", now)
        return self._plan() if self._read().get("due", True) else None

    def plan_request_once(self, case_id: str, now: datetime) -> SimpleNamespace:
        """Plan."""
        self._call("plan_request", now, case_id)
        return self._plan()

    def plan_batch_once(self, now: datetime) -> SimpleNamespace | None:
        """Plan, unless the script says that nobody waits."""
        self._call("plan_batch", now)
        return SimpleNamespace(plan=self._plan()) if self._read().get("due", True) else None

    def batch_certificates(self, plan_id: str, folder: Path) -> int:
        """Write nothing."""
        self._call("batch_certificates", None, plan_id)
        return 2 if folder.name == "certificates" else 0

    def plan_gated(self, system_id: str, now: datetime, taken_at: datetime | None) -> SimpleNamespace | None:
        """Plan, unless the script says that the gate is open."""
        self._call("plan_gated", now, system_id)
        assert taken_at is None or taken_at.tzinfo is not None
        return self._plan() if self._read().get("due", True) else None

    def refuse_shut(self, system_id: str, now: datetime) -> None:
        """Ask the gate."""
        self._call("refuse_shut", now, system_id)

    def rescan_once(self, now: datetime) -> SimpleNamespace:
        """Look, and find somebody unless the script says that nobody is back; late if it says so."""
        self._call("rescan", now)
        script = self._read()
        look = SimpleNamespace(case_id="C-20261101-cccccc", late=script.get("late", False))
        return SimpleNamespace(looks=(look,), plans=(self._plan(),) if script.get("due", True) else ())

    def follow_up(self, now: datetime) -> SimpleNamespace:
        """Close one case."""
        self._call("follow_up", now)
        return SimpleNamespace(closed=(self._plan(),), findings=(), unreachable=())

    def remind_processors(self, now: datetime) -> tuple[SimpleNamespace, ...]:
        """Remind nobody, or find one late if the script says so."""
        self._call("remind_processors", now)
        kind = SimpleNamespace(value="escalated")
        late = SimpleNamespace(order_id="O-1", processor="crm", kind=kind)
        return (late,) if self._read().get("late", False) else ()

    def seal_waiting(self, now: datetime) -> SimpleNamespace:
        """Seal one plan."""
        self._call("seal_waiting", now)
        sealed = SimpleNamespace(datasets=("shop.orders",))
        return SimpleNamespace(sealed=((self._plan().plan_id, sealed),), waiting=(), stuck=())

    def plan_export(self, use: str, set_name: str, recipient: str, now: datetime) -> SimpleNamespace:
        """Plan."""
        self._call("plan_export", now, f"{use}/{set_name}/{recipient}")
        return self._plan()

    @property
    def questions(self) -> SimulatedApp:
        """The questions to approvers: its own."""
        return self

    def ask(self, plan_id: str, within: timedelta, now: datetime, starter: str | None = None) -> SimpleNamespace:
        """Give the script's answers one by one; the last stays. What happened elsewhere shows in the mark."""
        assert within > timedelta(0)
        assert starter in {None, "dag_test"}
        self._call("ask", now, plan_id)
        stand = self._next_answer()
        return SimpleNamespace(
            plan_id=plan_id,
            digest="d" * 64,
            stand=SimpleNamespace(value=stand),
            subject="C-20261123-bbbbbb",
            body="a question",
            until=now + within,
            mark="as it was asked",
            why=f"RET-303: plan {plan_id} was {stand}",
        )

    def hear(self, plan_id: str, within: timedelta, heard: Heard, now: datetime) -> SimpleNamespace:
        """Take what somebody answered; it stands as the script says."""
        said = "yes" if heard.approved else f"no ({heard.reason})"
        self._call("hear", heard.at, f"{plan_id}:{heard.by}:{said}:{heard.digest[:4]}")
        return self.ask(plan_id, within, now)

    def _next_answer(self) -> str:
        script = self._read()
        answers = script.get("approval", ["approved"])
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        self._write({**script, "approval": answers or ["approved"]})
        return answer

    def step_groups(self, plan_id: str) -> list[list[str]]:
        """Three groups."""
        self._call("step_groups", None, plan_id)
        return GROUPS

    def shard_tickets(self, plan_id: str) -> tuple[SimpleNamespace, ...]:
        """None, unless the script has some."""
        shards = self._read().get("shards", [])
        if shards:
            self._call("shard_tickets", None, plan_id)
        return tuple(SimpleNamespace(step_id=step_id, number=number) for step_id, number in shards)

    def apply_shard(self, plan_id: str, step_id: str, number: int, now: datetime) -> SimpleNamespace:
        """Do it, and be halfway."""
        assert plan_id == self._plan().plan_id
        self._call("apply_shard", now, f"{step_id}/{number}")
        return SimpleNamespace(done=1, of=2, until=None)

    def apply_steps(
        self, plan_id: str, step_ids: list[str], now: datetime, watch: Callable[[str, SimpleNamespace], None]
    ) -> SimpleNamespace:
        """Do what is not done yet; stop at the first failure."""
        failed = {}
        for step_id in step_ids:
            if step_id in self._done():
                continue
            watch(step_id, SimpleNamespace(done=1, of=2, until=None))
            try:
                self._call("apply_steps", now, step_id)
            except SystemFailure as failure:
                failed[step_id] = Failed(failure.code, transient=isinstance(failure, TransientFailure))
                break
        return SimpleNamespace(plan_id=plan_id, state=CaseState.PARTIAL, failed=failed)

    def verify(self, plan_id: str, now: datetime) -> None:
        """Look."""
        self._call("verify", now, plan_id)

    def seal(self, plan_id: str, now: datetime) -> SimpleNamespace:
        """Seal, and say what was touched."""
        self._call("seal", now, plan_id)
        return SimpleNamespace(datasets=("shop.customers", "shop.orders"))

    def plan(self, plan_id: str) -> tuple[SimpleNamespace, str]:
        """Name the plan."""
        self._call("plan", None, plan_id)
        return self._plan(), "digest"

    def certificate(self, case_id: str, folder: Path) -> list[Path]:
        """Name two files."""
        self._call("certificate", None, case_id)
        return [folder / "certificate-ja.html", folder / "certificate-en.html"]

    def _done(self) -> set[str]:
        calls = self._workspace / "calls.txt"
        lines = calls.read_text(encoding="utf-8").split() if calls.exists() else []
        return {line.removeprefix("apply_steps:") for line in lines if line.startswith("apply_steps:")}

    @staticmethod
    def _plan() -> SimpleNamespace:
        return SimpleNamespace(plan_id="P-20261123-aaaaaa", case_id="C-20261123-bbbbbb", steps=(), preapproved=False)

    def _call(self, name: str, now: datetime | None, argument: str = "") -> None:
        line = f"{name}:{argument}" if argument else name
        script = self._read()
        answers = script.get("fail", {}).get(line, [])
        if answers:
            failure = FAILURES[answers.pop(0)]
            self._write(script)
            raise failure(ROW if failure is KeyError else f"simulated at {line}") from ValueError(ROW)
        assert now is None or abs(datetime.now(UTC) - now) < timedelta(minutes=5), "not what the clock says"
        with (self._workspace / "calls.txt").open("a", encoding="utf-8") as calls:
            calls.write(line + "\n")

    def _read(self) -> dict[str, Any]:
        return json.loads(self._script.read_text(encoding="utf-8")) if self._script.exists() else {}

    def _write(self, script: dict[str, Any]) -> None:
        self._script.write_text(json.dumps(script), encoding="utf-8")


@contextmanager
def open_app(workspace: Path) -> Iterator[SimulatedApp]:
    """Stand in for `retention.wiring.open_app`."""
    assert isinstance(workspace, Path)
    yield SimulatedApp(workspace)


def resume(plan_id: str, answer: dict[str, Any]) -> int:
    """Wake the approval task with somebody's answer, and again while it sleeps on, as Airflow does; 0 if it goes on."""
    from airflow.sdk.exceptions import TaskDeferred  # noqa: PLC0415 -- after the simulator is in place
    from airflow.sdk.serde import deserialize, serialize  # noqa: PLC0415 -- same

    from dags.plan_approval import AskedAgainError, PlanApproval  # noqa: PLC0415 -- same

    task = PlanApproval(task_id="wait_for_approval", plan_id=plan_id)
    context: Any = {"ti": SimpleNamespace(id="018f0000-0000-7000-8000-000000000000")}
    kwargs: Any = {"event": {**answer, "responded_at": datetime.now(UTC)}, "digest": "d" * 64}
    while True:
        try:
            task.execute_complete(context, **kwargs)
        except TaskDeferred as asleep:
            kwargs = {**deserialize(serialize(asleep.kwargs)), "event": {"look": True}}  # type: ignore[arg-type, dict-item]
        except AskedAgainError as again:
            sys.stdout.write(f"asked again: {again}\n")
            return 1
        else:
            return 0


def main() -> None:
    """Put the simulator in the wiring's place and run DAGs until the input ends."""
    wiring = ModuleType("retention.wiring")
    vars(wiring)["open_app"] = open_app
    vars(wiring)["approval_mark"] = lambda folder, plan_id: f"something was said of {plan_id} in {folder.name}"
    sys.modules["retention.wiring"] = wiring
    assert os.environ["RETENTION_WORKSPACE"]
    from airflow.cli.commands.pool_command import pool_import_helper  # noqa: PLC0415 -- after the simulator is in place
    from airflow.models import dagrun  # noqa: PLC0415 -- same

    from demo.run_dag import run  # noqa: PLC0415 -- same

    pool_import_helper(Path(__file__).parents[2] / "dags" / "pools.json")  # what `airflow pools import` calls

    made = dagrun.get_or_create_dagrun

    def begun_now(**parts: Any) -> Any:
        """A scheduler notes when a run begins; `dag.test()` notes the day that the run is for."""
        return made(**{**parts, "start_date": datetime.now(UTC)})

    vars(dagrun)["get_or_create_dagrun"] = begun_now

    for line in sys.stdin:
        asked = json.loads(line)
        code = resume(**asked) if "answer" in asked else 0 if run(**asked)["state"] == "success" else 1
        sys.stderr.flush()
        sys.stdout.write(f"\nexit {code}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
