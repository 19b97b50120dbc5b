"""The chapter in which UMU answers a client."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from rich.console import Console

from demo.client_request import show
from retention.evidence import verify
from retention.wiring import open_app

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


def test_a_client_moves_its_own_rows_and_no_others(tmp_path):
    """The client is told pending, then completed; one row of acme is gone, none of globex; the evidence verifies."""
    said = io.StringIO()
    case = show(Console(file=said, width=200), tmp_path / "umu", NOW)
    lines = [[cell.strip() for cell in line.split("│")[2:5]] for line in said.getvalue().splitlines() if "│" in line]
    assert lines == [["pending", "20", "20"], ["completed", "19", "20"]]
    with open_app(tmp_path / "umu", NOW) as app:
        assert verify(app.bundle(case)).authentic
