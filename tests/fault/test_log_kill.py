"""A short part of `python -m benchmarks.log_kills`: kill -9 while the evidence log is appended to and published."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "log_kills.py"


def _program() -> Any:
    if "log_kills" not in sys.modules:
        spec = importlib.util.spec_from_file_location("log_kills", PROGRAM)
        assert spec is not None
        assert spec.loader is not None
        sys.modules["log_kills"] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules["log_kills"])
    return sys.modules["log_kills"]


@pytest.mark.timeout(120)
def test_the_log_is_whole_after_every_kill(tmp_path: Path) -> None:
    """Forty seeded kills: nothing acknowledged is lost, and successive checkpoints are proven consistent."""
    assert _program().sweep(40, 6, tmp_path).total() >= 40


def test_the_sweep_would_notice(tmp_path: Path) -> None:
    """A log whose acknowledged entry or checkpoint is gone does not pass the sweep's own check."""
    program = _program()
    ledger, log = program.opened(tmp_path)
    ledger.log.append_many([program.LogDraft("s0", None, b"x"), program.LogDraft("s1", None, b"y")])
    note = log.publish().note.decode()
    ledger.close()
    whole = program.Checked(tmp_path)
    whole.after([{"first": 0, "indexes": [0, 1]}, {"note": note}])
    with pytest.raises((AssertionError, IndexError)):
        whole.after([{"first": 2, "indexes": [2]}])
    (tmp_path / "log" / "tile" / "0" / "000.p" / "2").write_bytes(bytes(64))
    with pytest.raises(program.FoundError):
        program.Checked(tmp_path).after([])
    (tmp_path / "log" / "checkpoint").unlink()
    with pytest.raises(AssertionError, match="checkpoint is lost"):
        program.Checked(tmp_path).after([{"note": note}])
