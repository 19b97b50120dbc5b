"""A real `airflow standalone` for tests: scheduler, dag-processor, triggerer and api-server, SimpleAuthManager, SQLite.

Start one a module, with the few DAG files that the module needs: starting costs about 25 s of CPU, each task about 1 s.

    airflow = Standalone(folder, ["event_intake", "doorbell", "task_errors"], {"RETENTION_WORKSPACE": …})
    airflow.get("dags/event_intake/dagRuns")
    airflow.kill("triggerer"); airflow.start("triggerer")
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from demo.airflow import DAGS, PROJECT
from tests.dags.traces import Trace, traces_of

USERS = {"admin": "admin", "operator": "op", "approver": "op", "auditor": "viewer"}
"""User → role; the password is the user's name."""
_TICKS = os.sysconf("SC_CLK_TCK")
_STAT_PARENT, _STAT_SESSION, _STAT_CPU = 1, 3, slice(11, 15)
"""Fields of /proc/PID/stat after the name (proc(5))."""


class Standalone:
    """One Airflow of several processes, in a session of its own."""

    def __init__(
        self, folder: Path, dags: Sequence[str], environment: Mapping[str, str], preload: Sequence[str] = ()
    ) -> None:
        """Start it below the folder and wait until all of it answers; DAGs are paused unless unpaused.

        The scheduler loads the modules of `preload` once, so that its workers, which are forks of it, need not.
        """
        self.home = folder / "airflow"
        self.home.mkdir()
        self._dags = folder / "dags"
        self._dags.mkdir()
        for name in dags:
            shutil.copy(DAGS / f"{name}.py", self._dags)
        (self.home / "config").mkdir()
        loads = "".join(f"    import {module}\n" for module in preload) or "    pass\n"
        settings = f"import sys\n\nif 'scheduler' in sys.argv:\n{loads}"
        (self.home / "config" / "airflow_local_settings.py").write_text(settings, encoding="utf-8")
        passwords = self.home / "passwords.json"
        passwords.write_text(json.dumps({user: user for user in USERS}), encoding="utf-8")
        port, *log_ports = _free_ports(3)
        self.url = f"http://127.0.0.1:{port}"
        self._environment = {**os.environ, **self._settings(port, log_ports, passwords), **environment}
        self._tokens: dict[str, str] = {}
        self._log = (self.home / "standalone.log").open("ab")
        self._began = time.monotonic()
        self._spent = 0.0
        self._process = self._popen("standalone")
        self._more: list[subprocess.Popen[bytes]] = []
        self.wait_until(self._answers, 400, "Airflow to answer")
        for name, pool in json.loads((DAGS / "pools.json").read_text(encoding="utf-8")).items():
            self.call("POST", "pools", {"name": name, **pool})  # as `airflow pools import` does, without a process

    def get(self, path: str, user: str = "admin") -> Any:
        """GET below /api/v2."""
        return self.call("GET", path, None, user)

    def call(self, method: str, path: str, body: object, user: str = "admin") -> Any:
        """Call the REST interface as that user; raises urllib.error.HTTPError."""
        return self._asked(method, f"/api/v2/{path}", body, {"Authorization": f"Bearer {self._token(user)}"})

    def unpause(self, dag_id: str) -> None:
        """Let the DAG run, as soon as it has been read; have it read again, since watchers of paused DAGs are none."""
        path, unpaused = f"dags/{dag_id}", {"is_paused": False}
        self.wait_until(lambda: self.call("PATCH", path, unpaused) is not None, 300, f"the DAG {dag_id}")
        self.call("PUT", f"parseDagFile/{self.get(path)['file_token']}", None)

    def runs(self, dag_id: str) -> list[dict[str, Any]]:
        """Return the DAG's runs, oldest first."""
        return list(self.get(f"dags/{dag_id}/dagRuns?limit=500&order_by=run_after")["dag_runs"])

    def kill(self, component: str) -> None:
        """Kill -9 the component; workers that it has started live on."""
        ours = dict(self._processes())
        first = [pid for pid, command in ours.items() if f"airflow {component}" in command]
        assert first, self.tail()
        self._end(first + [pid for pid, command in ours.items() if "serve-logs" in command and _parent(pid) in first])

    def kill_worker(self, whom: Sequence[str]) -> bool:
        """Kill -9 the process that runs a task (`task`), the one that watches over it (`supervisor`), or both.

        Returns False if no task is running just now.
        """
        workers = {pid: command for pid, command in self._processes() if command.startswith("airflow worker --")}
        for pid, command in workers.items():
            if "LocalExecutor" not in command or "<idle>" in command:
                continue
            _signal(pid, signal.SIGSTOP)  # so that it does not end between the look and the kill
            tasks = [other for other in workers if _parent(other) == pid]
            if tasks and "<idle>" not in _command(pid):  # an idle one holds the lock of the executor's queue
                self._end([pid] * ("supervisor" in whom) + tasks * ("task" in whom))
                _signal(pid, signal.SIGCONT)
                return True
            _signal(pid, signal.SIGCONT)
        return False

    def end_orphans(self) -> None:
        """End workers that have nothing to do and no scheduler any more, as whoever watches over processes would."""
        ours = dict(self._processes())
        idle = [pid for pid, command in ours.items() if "LocalExecutor" in command and "<idle>" in command]
        self._end([pid for pid in idle if _parent(pid) not in ours])

    def traces_of(self, planted: Iterable[str]) -> list[Trace]:
        """Search everything that this Airflow has written for planted strings; see `traces`."""
        return traces_of(self.home, planted)

    def _end(self, pids: Sequence[int]) -> None:
        for pid in pids:
            self._spent += _cpu(pid)
            _signal(pid, signal.SIGKILL)

    def start(self, component: str) -> None:
        """Start the component again, as whoever watches over processes would."""
        self._more.append(self._popen(component))

    def wait_until(self, happened: Callable[[], object], seconds: float, what: str, look_seconds: float = 2.0) -> None:
        """Look until it has happened.

        Raises:
            AssertionError: it has not within that time; with the end of Airflow's output.

        """
        end, pause = time.monotonic() + seconds, threading.Event()
        while not _has(happened):
            assert time.monotonic() < end, f"waited {seconds} s for {what}\n{self.tail()}"
            assert self._process.poll() is None, self.tail()
            pause.wait(look_seconds)

    def cpu_seconds(self) -> float:
        """Return the processor time that all of it has taken so far."""
        return self._spent + sum(_cpu(pid) for pid, _ in self._processes())

    def wall_seconds(self) -> float:
        """Return how long it has been running."""
        return time.monotonic() - self._began

    def tail(self) -> str:
        """Return the end of what it printed."""
        self._log.flush()
        return (self.home / "standalone.log").read_text(encoding="utf-8", errors="replace")[-4000:]

    def close(self) -> None:
        """End all of it: asked first, then killed."""
        pids = [pid for pid, _ in self._processes()]
        for pid in pids:
            _signal(pid, signal.SIGTERM)
        for process in (self._process, *self._more):
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
        for pid, _ in self._processes():
            _signal(pid, signal.SIGKILL)
        for process in (self._process, *self._more):
            process.wait(30)
        self._log.close()

    def _answers(self) -> bool:
        health = self._asked("GET", "/api/v2/monitor/health", None, {})
        parts = ("scheduler", "dag_processor", "triggerer", "metadatabase")
        return all((health.get(part) or {}).get("status") == "healthy" for part in parts)

    def _token(self, user: str) -> str:
        if user not in self._tokens:
            answer = self._asked("POST", "/auth/token", {"username": user, "password": user}, {})
            self._tokens[user] = answer["access_token"]
        return self._tokens[user]

    def _asked(self, method: str, path: str, body: object, headers: Mapping[str, str]) -> Any:
        content = None if body is None else json.dumps(body).encode()
        told = {"Content-Type": "application/json", **headers}
        request = urllib.request.Request(self.url + path, content, told, method=method)  # noqa: S310 -- our own server
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- same
            return json.loads(answer.read() or b"null")

    def _popen(self, component: str) -> subprocess.Popen[bytes]:
        command, log = [sys.executable, "-m", "airflow", component], self._log
        return subprocess.Popen(
            command, env=self._environment, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )

    def _processes(self) -> list[tuple[int, str]]:
        """Return pid and command of every process in our sessions."""
        ours = {self._process.pid, *(process.pid for process in self._more)}
        found = []
        for pid in (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()):
            stat = _stat(pid)
            if stat and int(stat[_STAT_SESSION]) in ours:
                found.append((pid, _command(pid)))
        return found

    def _settings(self, port: int, log_ports: Sequence[int], passwords: Path) -> dict[str, str]:
        return {
            "PATH": os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]),
            "PYTHONPATH": os.pathsep.join([str(PROJECT), *filter(None, [os.environ.get("PYTHONPATH")])]),
            "AIRFLOW_HOME": str(self.home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(self._dags),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "AIRFLOW__CORE__PARALLELISM": "2",
            "AIRFLOW__CORE__EXECUTION_API_SERVER_URL": f"{self.url}/execution/",
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": ",".join(f"{user}:{role}" for user, role in USERS.items()),
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_PASSWORDS_FILE": str(passwords),
            "AIRFLOW__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{self.home}/airflow.db",
            "AIRFLOW__API__HOST": "127.0.0.1",
            "AIRFLOW__API__PORT": str(port),
            "AIRFLOW__API__BASE_URL": self.url,
            "AIRFLOW__API__WORKERS": "1",
            "AIRFLOW__DAG_PROCESSOR__PARSING_PROCESSES": "1",
            "AIRFLOW__DAG_PROCESSOR__MIN_FILE_PROCESS_INTERVAL": "3600",
            "AIRFLOW__DAG_PROCESSOR__REFRESH_INTERVAL": "3600",
            "AIRFLOW__SCHEDULER__SCHEDULER_IDLE_SLEEP_TIME": "2",
            "AIRFLOW__LOGGING__LOGGING_LEVEL": "WARNING",
            "AIRFLOW__LOGGING__WORKER_LOG_SERVER_PORT": str(log_ports[0]),
            "AIRFLOW__LOGGING__TRIGGER_LOG_SERVER_PORT": str(log_ports[1]),
            "AIRFLOW__USAGE_DATA_COLLECTION__ENABLED": "False",
            "SCARF_ANALYTICS": "false",
            "DO_NOT_TRACK": "true",
            "NO_COLOR": "1",
        }


def _has(happened: Callable[[], object]) -> object:
    """Ask whether it has happened; an interface that is busy, or does not know the DAG yet, has not said so."""
    try:
        return happened()
    except OSError:
        return False


def _free_ports(number: int) -> list[int]:
    """Return ports that were free a moment ago."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    ports = [each.getsockname()[1] for each in sockets]
    for each in sockets:
        each.close()
    return ports


def _stat(pid: int) -> list[str]:
    """Return the process's fields after its name; nothing if it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rsplit(")", 1)[1].split()
    except OSError:
        return []


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _cpu(pid: int) -> float:
    """Return the processor time of the process and of its children that have ended."""
    return sum(map(int, _stat(pid)[_STAT_CPU])) / _TICKS


def _parent(pid: int) -> int:
    """Return who started it, or who took it over; 0 if it is gone."""
    stat = _stat(pid)
    return int(stat[_STAT_PARENT]) if stat else 0


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return
