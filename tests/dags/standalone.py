"""A real `airflow standalone` for tests: `demo.standalone`, with a few DAGs, and ways to kill parts of it.

Start one a module, with the few DAG files that the module needs: starting costs about 25 s of CPU, each task about 1 s.

    airflow = Standalone(folder, ["event_intake", "doorbell", "task_errors"], {"RETENTION_WORKSPACE": …})
    airflow.get("dags/event_intake/dagRuns")
    airflow.kill("triggerer"); airflow.start("triggerer")
"""

from __future__ import annotations

import os
import shutil
import signal
import time
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from demo import standalone
from demo.airflow import DAGS
from demo.standalone import POOLS, USERS, free_ports
from tests.dags.traces import Trace, traces_of

_TICKS = os.sysconf("SC_CLK_TCK")
_STAT_PARENT, _STAT_SESSION, _STAT_CPU = 1, 3, slice(11, 15)
"""Fields of /proc/PID/stat after the name (proc(5))."""


class Standalone(standalone.Standalone):
    """One Airflow of several processes, in a session of its own; each user's password is the user's name."""

    def __init__(
        self, folder: Path, dags: Sequence[str], environment: Mapping[str, str], preload: Sequence[str] = ()
    ) -> None:
        """Start it below the folder and wait until all of it answers; DAGs are paused unless unpaused.

        The scheduler loads the modules of `preload` once, so that its workers, which are forks of it, need not.
        """
        home, copied = folder / "airflow", folder / "dags"
        (home / "config").mkdir(parents=True)
        copied.mkdir()
        for file in DAGS.glob("*.py"):
            if file.stem in dags or "@dag(" not in file.read_text(encoding="utf-8"):  # what DAG files import
                shutil.copy(file, copied)
        if (DAGS / POOLS).exists():
            shutil.copy(DAGS / POOLS, copied)
        loads = "".join(f"    import {module}\n" for module in preload) or "    pass\n"
        settings = f"import sys\n\nif 'scheduler' in sys.argv:\n{loads}"
        (home / "config" / "airflow_local_settings.py").write_text(settings, encoding="utf-8")
        self._began = time.monotonic()
        self._spent = 0.0
        super().__init__(home, copied, free_ports(1)[0], environment, passwords={user: user for user in USERS})
        self.wait_until_ready()

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

    def cpu_seconds(self) -> float:
        """Return the processor time that all of it has taken so far."""
        return self._spent + sum(_cpu(pid) for pid, _ in self._processes())

    def wall_seconds(self) -> float:
        """Return how long it has been running."""
        return time.monotonic() - self._began

    def _processes(self) -> list[tuple[int, str]]:
        """Return pid and command of every process in our sessions."""
        ours = {process.pid for process in self._started}
        found = []
        for pid in (int(folder.name) for folder in Path("/proc").iterdir() if folder.name.isdigit()):
            stat = _stat(pid)
            if stat and int(stat[_STAT_SESSION]) in ours:
                found.append((pid, _command(pid)))
        return found


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
