"""How far long work is, said to people."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from retention.app.volumes import Volumes
from retention.cli.volumes import bytes_behind, print_volumes, progress
from retention.model.volume import Progress


def test_progress_is_for_terminals(capsys: pytest.CaptureFixture[str]) -> None:
    """Where nobody looks nothing is drawn, and the steps are told all the same."""
    with progress("applying P-1", 2) as watch:
        watch("001-erase-shop.notes", Progress(0, 0, None))
        watch("002-erase-shop.customers", Progress(0, 0, None))
    print_volumes(Volumes((), Progress(0, 0, None)))
    said = capsys.readouterr()
    assert said.out + said.err == ""


def test_bytes_and_the_end_are_told_as_far_as_they_are_known() -> None:
    """Nothing without large stores; no end before there is a rate."""
    assert bytes_behind(Progress(0, 0, None)) == ""
    assert bytes_behind(Progress(0, 5_000_000, None)) == "0 bytes of 5.0 MB gone through"
    at = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
    told = bytes_behind(Progress(1_000_000, 5_000_000, at))
    assert told == "1.0 MB of 5.0 MB gone through, until about 2026-11-26 09:30:00 UTC"
