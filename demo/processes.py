"""Programs the demo starts in the background, and ends again even if an earlier run could not."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types

from retention.errors import TransientFailure

HOST = "127.0.0.1"
_START_WITHIN = 30.0
"""Seconds a program has to open its port."""
_END_WITHIN = 5.0


@dataclass(frozen=True, slots=True)
class Background:
    """One program, known beyond doubt: a number alone may have gone to somebody else since."""

    name: str
    pid: int
    started: float
    """When the process began, seconds since the epoch, as the operating system says."""


def free_port() -> int:
    """Return a port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def start(
    name: str,
    arguments: Sequence[str],
    *,
    port: int,
    log: Path,
    environment: Mapping[str, str],
    makes: Path | None = None,
) -> Background:
    """Run `python -m …` in the background; wait until it listens and the file it `makes` is there.

    It gets a session of its own: Ctrl-C reaches us and not it, so that we can still save what it holds.

    Raises:
        TransientFailure: it ended at once, or did not open its port in time.

    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(  # noqa: S603 -- our own programs
            [sys.executable, "-m", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **environment},
            start_new_session=True,
        )
    _wait_until_ready(name, process, port, log, makes)
    return Background(name, process.pid, psutil.Process(process.pid).create_time())


def _wait_until_ready(name: str, process: subprocess.Popen[bytes], port: int, log: Path, makes: Path | None) -> None:
    deadline = time.monotonic() + _START_WITHIN
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise TransientFailure(f"{name} ended with status {process.returncode} at its start", hint=f"read {log}")
        with socket.socket() as probe:
            if (makes is None or makes.exists()) and probe.connect_ex((HOST, port)) == 0:
                return
        time.sleep(0.05)
    process.kill()
    raise TransientFailure(f"{name} was not ready on port {port} within {_START_WITHIN:.0f} s", hint=f"read {log}")


def end(program: Background) -> None:
    """End the program if it still runs; harmless if it is gone."""
    process = _find(program)
    if process is None:
        return
    process.terminate()
    try:
        process.wait(_END_WITHIN)
    except psutil.TimeoutExpired:
        process.kill()
        process.wait(_END_WITHIN)


def is_running(program: Background) -> bool:
    """Whether exactly this program runs."""
    return _find(program) is not None


def _find(program: Background) -> psutil.Process | None:
    try:
        process = psutil.Process(program.pid)
        same = abs(process.create_time() - program.started) < 1.0 and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return None
    return process if same else None


def remember(path: Path, programs: Sequence[Background]) -> None:
    """Write the state file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps([asdict(program) for program in programs], indent=2), encoding="utf-8")


def recall(path: Path) -> tuple[Background, ...]:
    """Read the state file; nothing if there is none."""
    if not path.is_file():
        return ()
    return tuple(Background(**entry) for entry in json.loads(path.read_text(encoding="utf-8")))
