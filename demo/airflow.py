"""Airflow on this machine, a DAG run at a time: no scheduler, no web server, SQLite.

`Airflow(workspace, environment)` starts making Airflow's database in the background; `start` begins a
run when those before it have ended; the run waits in its approval task until somebody approves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from retention.errors import TerminalFailure

PROJECT = Path(__file__).absolute().parent.parent
DAGS = PROJECT / "dags"
READY = "database-is-made"
"""The file among the results that says so."""
_END_WITHIN = 5.0
_POLL_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class TaskResult:
    """What became of one task."""

    task: str
    map_index: int
    """-1 for a task that is not mapped."""
    state: str


@dataclass(frozen=True, slots=True)
class DagResult:
    """What became of one run."""

    state: str
    """`success`, `failed`, or `broken` if Airflow itself did not get as far as a run."""
    tasks: tuple[TaskResult, ...]
    log: Path

    @property
    def succeeded(self) -> bool:
        """Whether the whole run did."""
        return self.state == "success"

    @property
    def skipped(self) -> bool:
        """Whether there was nothing to do."""
        return any(task.task.startswith("plan_") and task.state == "skipped" for task in self.tasks)


class DagRun:
    """One run; it has ended when its result is there."""

    def __init__(self, runner: subprocess.Popen[bytes], result: Path, log: Path) -> None:
        self._runner = runner
        self._result = result
        self.log = log

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self._result.exists() or self._runner.poll() is not None

    @property
    def result(self) -> DagResult:
        """What became of it, once it is over."""
        if not self._result.exists():
            return DagResult("broken", (), self.log)
        answer = json.loads(self._result.read_text(encoding="utf-8"))
        return DagResult(answer["state"], tuple(TaskResult(**task) for task in answer["tasks"]), self.log)


class Airflow:
    """Airflow's home in the workspace, and the one process that runs DAGs there, one after another."""

    def __init__(self, workspace: Path, environment: Mapping[str, str], *, dags: Path = DAGS) -> None:
        """Start making the database; `environment` is what tasks need besides (credentials of the simulator)."""
        self._home = workspace.absolute() / "airflow"
        self._results, self._log = self._home / "runs", self._home / "logs" / "runs.log"
        for folder in (self._results, self._log.parent):
            folder.mkdir(parents=True, exist_ok=True)
        self.environment = {**os.environ, **_settings(workspace.absolute(), self._home, dags), **environment}
        self._runs = 0
        with self._log.open("wb") as log:
            self._runner = subprocess.Popen(  # noqa: S603 -- our own program
                [sys.executable, "-m", "demo.run_dag", "--folder", str(dags), "--results", str(self._results)],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                env=self.environment,
                start_new_session=True,
            )

    def start(self, dag_id: str, conf: Mapping[str, str] | None = None) -> DagRun:
        """Begin a run when those before it have ended."""
        self._runs += 1
        name = f"{self._runs:02}-{dag_id}"
        line = json.dumps({"name": name, "dag": dag_id, "conf": dict(conf or {})}) + "\n"
        asked = cast("IO[bytes]", self._runner.stdin)
        with suppress(BrokenPipeError):  # then the run is over, broken
            asked.write(line.encode())
            asked.flush()
        return DagRun(self._runner, self._results / f"{name}.json", self._log)

    def wait_until_ready(self) -> None:
        """Wait for the database.

        Raises:
            TerminalFailure: Airflow could not make it.

        """
        while not (self._results / READY).exists():
            if self._runner.poll() is not None:
                raise TerminalFailure(
                    f"Airflow ended with status {self._runner.returncode} at its start", hint=f"read {self._log}"
                )
            time.sleep(_POLL_SECONDS)

    def close(self) -> None:
        """End the process, whatever it is at; every task can be run again."""
        self._runner.terminate()
        try:
            self._runner.communicate(timeout=_END_WITHIN)
        except subprocess.TimeoutExpired:
            self._runner.kill()
            self._runner.communicate()


def _settings(workspace: Path, home: Path, dags: Path) -> Mapping[str, str]:
    return {
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__UNIT_TEST_MODE": "False",
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__LOGGING__BASE_LOG_FOLDER": str(home / "logs"),
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "true",
        "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]),
        "RETENTION_WORKSPACE": str(workspace),
        "RETENTION_APPROVAL_POKE_SECONDS": "1.5",
        "RETENTION_TASK_RETRIES": "2",
        "RETENTION_RETRY_SECONDS": "1",
    }
