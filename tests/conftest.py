"""What every test may use: the command line, in this process or as a process of its own."""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from retention.cli import main
from retention.cli.output import console

# Where the environment forbids to keep compiled files (clean build machines do), every process that a test starts would
# compile the product again, a third of its start, and every worker would rewrite the assertions of all tests.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# everyone's run draws the same examples, so nobody's change fails by another's luck; EXPLORE=1 draws new ones
settings.register_profile("retention", deadline=None, print_blob=True, derandomize="EXPLORE" not in os.environ)
settings.load_profile("retention")

_MEMORY, _ENOUGH = Path("/dev/shm"), 4 << 30  # noqa: S108 -- whoever shares it is never given a fixed name


def _in_memory() -> bool:
    """Whether there is a file system in memory that is large enough and may hold programs."""
    if not _MEMORY.is_dir() or os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC:
        return False
    return shutil.disk_usage(_MEMORY).free > _ENOUGH


# Temporary files, and so every ledger and server of the tests, lie in memory: a disk's fsync took a tenth of the
# time. No test loses power; what the kill tests kill is a process, whose written pages outlive it on either.
if "TMPDIR" not in os.environ and _in_memory():
    os.environ["TMPDIR"] = str(_MEMORY)
    tempfile.tempdir = None

# The collector looks at what was made since its last look, and now and then at everything: five thousand collected
# tests and the modules behind them are half a million objects that stay. They are left out of it, and it looks seldom.
gc.set_threshold(50_000, 20, 20)


TESTS = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Let each of several workers begin with other files.

    The first who reads a file rewrites its assertions and keeps what it compiled. On a clean clone workers that read
    in the same order, at the same pace, all did all of it.
    """
    worker = getattr(session.config, "workerinput", None)
    if worker is None or [str(Path(each).resolve()) for each in session.config.args] != [str(TESTS)]:
        return
    files = sorted(TESTS.rglob("test_*.py"))
    first = len(files) * int(worker["workerid"].removeprefix("gw")) // worker["workercount"]
    session.config.args = [str(path) for path in files[first:] + files[:first]]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Put the files in the same order for every worker again."""
    if hasattr(config, "workerinput"):
        items.sort(key=lambda item: item.path)


def pytest_collection_finish() -> None:
    """Leave what was imported and collected out of every later collection of garbage."""
    gc.collect()
    gc.freeze()


PROGRAM = Path(sys.executable).parent / "retention"


@dataclass(frozen=True)
class Said:
    """What a command left behind."""

    code: int
    out: str
    err: str

    @property
    def all(self) -> str:
        """Everything a person sees."""
        return self.out + self.err


@pytest.fixture
def program() -> Callable[..., Said]:
    """Run `retention` as users do: a process of its own."""

    def run(*arguments: object, folder: Path | None = None) -> Said:
        before = ["-w", str(folder)] if folder else []
        environment = {**os.environ, "COLUMNS": "200", "NO_COLOR": "1"}
        done = subprocess.run(
            [PROGRAM, *before, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False
        )
        return Said(done.returncode, done.stdout, done.stderr)

    return run


@pytest.fixture
def cli(capsys, monkeypatch) -> Callable[..., Said]:
    """Run a command in this process: fast, and coverage sees it."""
    monkeypatch.setattr(console, "width", 200)
    monkeypatch.setenv("NO_COLOR", "1")

    def run(*arguments: object, folder: Path | None = None) -> Said:
        before = ["-w", str(folder)] if folder else []
        capsys.readouterr()
        code: object = 0
        try:
            main([*before, *map(str, arguments)])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        assert isinstance(code, int | None)
        return Said(code or 0, out, err)

    return run
