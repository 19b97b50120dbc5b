"""The operator at his desk: the command line as anybody types it, in this process, which has it loaded."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from retention.cli import main
from retention.errors import TerminalFailure
from retention.model.ids import CaseId, PlanId


def approve(workspace: Path, plan_id: PlanId, digest: str, approver: str) -> None:
    """`retention approve PLAN --digest D --by WHO`."""
    _retention(workspace, "approve", plan_id, "--digest", digest, "--by", approver)


def export(workspace: Path, case_id: CaseId, bundle: Path) -> None:
    """`retention evidence export CASE -o FILE`; puts the single-file verifier beside it."""
    _retention(workspace, "evidence", "export", case_id, "-o", str(bundle))


def _retention(workspace: Path, *arguments: str) -> None:
    said = io.StringIO()
    try:
        with redirect_stdout(io.StringIO()), redirect_stderr(said):
            main(["-w", str(workspace), *arguments])
    except SystemExit as stop:
        if stop.code:
            failure = f"`retention {arguments[0]}` ended with {stop.code}: {said.getvalue().strip()}"
            raise TerminalFailure(failure) from None
