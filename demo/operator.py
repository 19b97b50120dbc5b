"""The operator at his desk: the command line, in a process of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from retention.errors import TerminalFailure
from retention.model.ids import CaseId, PlanId


def approve(workspace: Path, plan_id: PlanId, digest: str, approver: str) -> None:
    """`retention approve PLAN --digest D --by WHO`."""
    _retention(workspace, "approve", plan_id, "--digest", digest, "--by", approver)


def export(workspace: Path, case_id: CaseId, bundle: Path) -> None:
    """`retention evidence export CASE -o FILE`; puts the single-file verifier beside it."""
    _retention(workspace, "evidence", "export", case_id, "-o", str(bundle))


def _retention(workspace: Path, *arguments: str) -> None:
    program = [str(Path(sys.executable).with_name("retention")), "-w", str(workspace), *arguments]
    done = subprocess.run(program, capture_output=True, text=True, check=False)  # noqa: S603 -- our own program
    if done.returncode:
        raise TerminalFailure(f"`retention {arguments[0]}` ended with {done.returncode}: {done.stderr.strip()}")
