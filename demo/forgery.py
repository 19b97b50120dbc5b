"""A forged evidence file: one digit changed, and the single-file verifier run with nothing installed."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from rich.console import Console

from retention.errors import FoundError


def show(console: Console, bundle: Path) -> str:
    """Verify the bundle, forge a copy, verify that; return what the verifier said of the forgery."""
    console.rule("6  A forged evidence file is caught")
    forged = bundle.with_suffix(".forged.json")
    content = bytearray(bundle.read_bytes())
    position = content.index(b'"envelope"') + 200
    content[position] ^= 1
    forged.write_bytes(bytes(content))
    genuine, said = _alone(bundle), _alone(forged)
    if genuine[0] != 0 or said[0] != 1:
        raise FoundError(f"the verifier answered {genuine[0]} to the bundle and {said[0]} to the forgery")
    console.print(f"bundle: {genuine[1].splitlines()[0]}", highlight=False)
    console.print(f"one bit changed: {said[1].splitlines()[0]}", style="bold red", highlight=False)
    return said[1].splitlines()[0]


def _alone(bundle: Path) -> tuple[int, str]:
    """Run the single-file verifier in an empty folder, isolated from everything installed."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copy(bundle.parent / "verify_evidence.py", folder)
        shutil.copy(bundle, Path(folder) / "bundle.json")
        command = [sys.executable, "-I", "-S", "verify_evidence.py", "bundle.json"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 -- ours
        return done.returncode, done.stdout + done.stderr
