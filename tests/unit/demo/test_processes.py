"""Background programs: started, remembered, ended; never anybody else's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from demo import processes
from retention.errors import TransientFailure


def test_a_program_is_started_remembered_and_ended(tmp_path: Path) -> None:
    """What one process starts, another can end by the state file; ending twice is harmless."""
    port = processes.free_port()
    arguments = ["http.server", str(port), "--bind", processes.HOST]
    program = processes.start("web", arguments, port=port, log=tmp_path / "log", environment={})
    processes.remember(tmp_path / "state.json", [program])
    (recalled,) = processes.recall(tmp_path / "state.json")
    assert processes.is_running(recalled)
    # The same number with another birth is somebody else's program: it is left alone.
    processes.end(replace(recalled, started=recalled.started - 60))
    assert processes.is_running(recalled)
    processes.end(recalled)
    assert not processes.is_running(recalled)
    processes.end(recalled)


def test_a_program_that_ends_at_once_is_reported(tmp_path: Path) -> None:
    """A program that cannot start is a failure that names its log."""
    with pytest.raises(TransientFailure, match="ended with status") as caught:
        processes.start("no", ["no_such_module"], port=processes.free_port(), log=tmp_path / "log", environment={})
    assert "log" in caught.value.hint


def test_no_state_file_means_nothing_runs(tmp_path: Path) -> None:
    """A first start has nothing to stop."""
    assert processes.recall(tmp_path / "state.json") == ()
