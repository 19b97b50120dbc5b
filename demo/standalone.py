"""A real `airflow standalone`: scheduler, dag-processor, triggerer and api-server, SimpleAuthManager, SQLite.

    airflow = Standalone(home, DAGS, port, {"RETENTION_WORKSPACE": …}, passwords={"admin": "…", …})
    airflow.wait_until_ready()
    airflow.get("dags/subject_request/dagRuns")

Its processes have a session of their own: Ctrl-C reaches us and not them, and `close` finds all of them, also those
that an earlier process of ours left behind.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import psutil  # type: ignore[import-untyped]  # ships no types

from demo import processes
from demo.airflow import PROJECT
from demo.processes import Background
from retention.errors import TransientFailure

USERS: Mapping[str, str] = MappingProxyType({"admin": "admin", "operator": "op", "approver": "op", "auditor": "viewer"})
"""User → role of the simple auth manager."""
POOLS = "pools.json"
"""The DAG folder's pools, in the form of `airflow pools import`."""
_READY_WITHIN = 900.0
_END_WITHIN = 5.0
_STATE = "running.json"


class Standalone:
    """One Airflow of several processes."""

    def __init__(
        self, home: Path, dags: Path, port: int, environment: Mapping[str, str], *, passwords: Mapping[str, str]
    ) -> None:
        """Start it; what an earlier one left running in that home is ended first."""
        self.home, self._dags = home, dags
        self.home.mkdir(parents=True, exist_ok=True)
        end_leftover(home)
        file = self.home / "passwords.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(dict(passwords)), encoding="utf-8")
        self.url = f"http://{processes.HOST}:{port}"
        self._passwords, self._tokens = dict(passwords), dict[str, str]()
        settings = _settings(home, dags, self.url, port, passwords=file)
        self._environment = {**os.environ, **settings, **environment}
        self._log = (self.home / "standalone.log").open("ab")
        self._started: list[subprocess.Popen[bytes]] = []
        self.start("standalone")

    def wait_until_ready(self) -> None:
        """Wait until all of it answers, and make the pools.

        Raises:
            TransientFailure: it does not.

        """
        self.wait_until(self._answers, _READY_WITHIN, "Airflow to answer")
        pools = self._dags / POOLS
        for name, pool in (json.loads(pools.read_text(encoding="utf-8")) if pools.exists() else {}).items():
            self._unless_there("POST", "pools", {"name": name, **pool})

    def start(self, component: str) -> None:
        """Start a component: all of them, or one again that has ended."""
        self._started.append(self._popen(component))
        known = [Background("airflow", one.pid, psutil.Process(one.pid).create_time()) for one in self._running()]
        processes.remember(self.home / _STATE, known)

    def get(self, path: str, user: str = "admin") -> Any:  # noqa: ANN401 -- JSON
        """GET below /api/v2."""
        return self.call("GET", path, None, user)

    def call(self, method: str, path: str, body: object, user: str = "admin") -> Any:  # noqa: ANN401 -- JSON
        """Call the REST interface as that user; raises urllib.error.HTTPError."""
        return self._asked(method, f"/api/v2/{path}", body, {"Authorization": f"Bearer {self.token(user)}"})

    def token(self, user: str) -> str:
        """Return a token of the user: as bearer for programs, as the cookie `_token` for browsers."""
        if user not in self._tokens:
            body = {"username": user, "password": self._passwords[user]}
            self._tokens[user] = self._asked("POST", "/auth/token", body, {})["access_token"]
        return self._tokens[user]

    def unpause(self, dag_id: str) -> None:
        """Let the DAG run, as soon as it has been read; have it read again, since watchers of paused DAGs are none."""
        path, unpaused = f"dags/{dag_id}", {"is_paused": False}
        self.wait_until(lambda: self.call("PATCH", path, unpaused) is not None, 300, f"the DAG {dag_id}")
        self.call("PUT", f"parseDagFile/{self.get(path)['file_token']}", None)

    def trigger(self, dag_id: str, run_id: str, conf: Mapping[str, str], user: str) -> None:
        """Start a run of that name, unless there is one."""
        body = {"dag_run_id": run_id, "conf": dict(conf), "logical_date": None}
        self._unless_there("POST", f"dags/{dag_id}/dagRuns", body, user)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's runs, oldest first."""
        return list(self.get(f"dags/{dag_id}/dagRuns?limit=500&order_by=run_after")["dag_runs"])

    def wait_until(self, happened: Callable[[], object], seconds: float, what: str, look_seconds: float = 2.0) -> None:
        """Look until it has happened.

        Raises:
            TransientFailure: it has not within that time, or Airflow has ended; with the end of its output.

        """
        end, pause = time.monotonic() + seconds, threading.Event()
        while not _has(happened):
            if not self.is_running or time.monotonic() > end:
                why = f"waited {seconds:.0f} s for {what}" if self.is_running else "Airflow has ended"
                raise TransientFailure(f"{why}\n{self.tail()}", hint=f"read {self.home / 'standalone.log'}")
            pause.wait(look_seconds)

    @property
    def is_running(self) -> bool:
        """Whether its first process is there."""
        return self._started[0].poll() is None

    def tail(self) -> str:
        """Return the end of what it printed."""
        self._log.flush()
        return (self.home / "standalone.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def close(self) -> None:
        """End all of it: asked first, then killed; also what a component left behind that has ended itself."""
        for process in self._started:
            end_session(process.pid)
            process.wait()
        (self.home / _STATE).unlink(missing_ok=True)
        self._log.close()

    def _running(self) -> list[subprocess.Popen[bytes]]:
        return [process for process in self._started if process.poll() is None]

    def _answers(self) -> bool:
        health = self._asked("GET", "/api/v2/monitor/health", None, {})
        parts = ("scheduler", "dag_processor", "triggerer", "metadatabase")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def _unless_there(self, method: str, path: str, body: object, user: str = "admin") -> None:
        try:
            self.call(method, path, body, user)
        except urllib.error.HTTPError as error:
            if error.code != 409:  # noqa: PLR2004 -- Conflict: it is there
                raise

    def _asked(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Any:  # noqa: ANN401 -- JSON
        content = None if body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.url + path, content, told, method=method)  # noqa: S310 -- our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- same
            return json.loads(answer.read() or b"null")

    def _popen(self, component: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 -- our own program
            [sys.executable, "-m", "airflow", component],
            env=self._environment,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end_leftover(home: Path) -> None:
    """End an Airflow of that home that nobody ended; harmless if there is none."""
    for program in processes.recall(home / _STATE):
        if processes.is_running(program):
            end_session(program.pid)
    (home / _STATE).unlink(missing_ok=True)


def end_session(leader: int) -> None:
    """End every process of a session, its leader too: asked first, then killed."""
    for number, wait in ((signal.SIGTERM, _END_WITHIN), (signal.SIGKILL, _END_WITHIN)):
        found = list(_session(leader))
        for process in found:
            _signal(process, number)
        psutil.wait_procs(found, timeout=wait)


def _session(leader: int) -> Iterator[psutil.Process]:
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == leader and process.status() != psutil.STATUS_ZOMBIE:
                yield process
        except (ProcessLookupError, PermissionError, psutil.Error):
            continue


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


def free_ports(number: int) -> list[int]:
    """Return ports that were free a moment ago."""
    sockets = [socket.create_server((processes.HOST, 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _has(happened: Callable[[], object]) -> object:
    """Ask whether it has happened; an interface that is busy, or does not know the DAG yet, has not said so."""
    try:
        return happened()
    except OSError:
        return False


def _settings(home: Path, dags: Path, url: str, port: int, *, passwords: Path) -> dict[str, str]:
    worker_logs, trigger_logs = free_ports(2)
    path: Sequence[str] = [str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
        "PYTHONPATH": os.pathsep.join(path),
        "AIRFLOW_HOME": str(home),
        "AIRFLOW__CORE__DAGS_FOLDER": str(dags),
        "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
        "AIRFLOW__CORE__PARALLELISM": "2",
        "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{url}/execution/",
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
        "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
        "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{home}/airflow.db",
        "AIRFLOW__API__HOST": processes.HOST,
        "AIRFLOW__API__PORT": str(port),
        "AIRFLOW__API__BASE_URL": url,
        "AIRFLOW__API__WORKERS": "1",
        "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
        "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
        "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3600",
        "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "2",
        "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
        "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(worker_logs),
        "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(trigger_logs),
        "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
        "SCARF_ANALYTICS": "false",
        "DO_NOT_TRACK": "true",
        "NO_COLOR": "1",
    }
