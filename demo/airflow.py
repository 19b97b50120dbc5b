"""Airflow on this machine, a DAG run at a time: no scheduler, no web server, SQLite.

`Airflow(workspace, environment)` starts making Airflow's database in the background; `start`
waits for it and begins a run; the run waits in its approval task until somebody approves.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from retention.errors import TerminalFailure

PROJECT = Path(__file__).absolute().parent.parent
DAGS = PROJECT / "dags"
_END_WITHIN = 5.0


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
    """One run in a process of its own."""

    def __init__(self, process: subprocess.Popen[bytes], output: Path, log: Path) -> None:
        self._process = process
        self._output = output
        self.log = log

    @property
    def is_over(self) -> bool:
        """Whether the run has ended."""
        return self._process.poll() is not None

    def wait(self, timeout: float | None = None) -> DagResult:
        """Wait for the end of the run.

        Raises:
            subprocess.TimeoutExpired: it took longer than `timeout` seconds.

        """
        self._process.wait(timeout)
        lines = self._output.read_text(encoding="utf-8").splitlines()
        if not lines or not lines[-1].startswith('{"state"'):
            return DagResult("broken", (), self.log)
        answer = json.loads(lines[-1])
        return DagResult(answer["state"], tuple(TaskResult(**task) for task in answer["tasks"]), self.log)

    def end(self) -> None:
        """End the run's process if it still goes; every task can be run again."""
        if self.is_over:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_WITHIN)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


class Airflow:
    """Airflow's home in the workspace."""

    def __init__(self, workspace: Path, environment: Mapping[str, str], *, dags: Path = DAGS) -> None:
        """Start making the database; `environment` is what tasks need besides (credentials of the simulator)."""
        self._home = workspace.absolute() / "airflow"
        self._logs = self._home / "logs"
        self._logs.mkdir(parents=True, exist_ok=True)
        self._dags = dags
        self.environment = {**os.environ, **_settings(workspace.absolute(), self._home, dags), **environment}
        self._runs = 0
        with (self._logs / "migrate.log").open("wb") as log:
            self._migration = self._popen(["airflow", "db", "migrate"], log, log)

    def start(self, dag_id: str, conf: Mapping[str, str] | None = None) -> DagRun:
        """Begin a run; the database is waited for.

        Raises:
            TerminalFailure: Airflow could not make its database.

        """
        self.wait_until_ready()
        self._runs += 1
        stem = f"{self._runs:02}-{dag_id}"
        output, log = self._logs / f"{stem}.out", self._logs / f"{stem}.log"
        arguments = ["demo.run_dag", dag_id, "--folder", str(self._dags), "--conf", json.dumps(dict(conf or {}))]
        with output.open("wb") as out, log.open("wb") as err:
            return DagRun(self._popen(arguments, out, err), output, log)

    def run(self, dag_id: str, conf: Mapping[str, str] | None = None, *, timeout: float | None = None) -> DagResult:
        """Begin a run and wait for its end; raises like `start` and `DagRun.wait`."""
        run = self.start(dag_id, conf)
        try:
            return run.wait(timeout)
        finally:
            run.end()

    def wait_until_ready(self) -> None:
        """Wait for the database.

        Raises:
            TerminalFailure: Airflow could not make it.

        """
        if self._migration.wait() != 0:
            log = self._logs / "migrate.log"
            raise TerminalFailure(
                f"airflow db migrate ended with status {self._migration.returncode}", hint=f"read {log}"
            )

    def close(self) -> None:
        """End the migration if it still goes."""
        if self._migration.poll() is None:
            self._migration.kill()
            self._migration.wait()

    def _popen(self, arguments: list[str], output: IO[bytes], errors: IO[bytes]) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- our own programs
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=errors,
            env=self.environment,
            start_new_session=True,
        )


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
        "RETENTION_APPROVAL_POKE_SECONDS": "0.5",
        "RETENTION_TASK_RETRIES": "2",
        "RETENTION_RETRY_SECONDS": "1",
    }
