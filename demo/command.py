"""`retention demo`: the whole story on sample data, on this machine, without an account.

retention demo [--workspace DIR]           tell the story in DIR, made anew (default: demo-workspace)
retention demo [--workspace DIR] --serve   start its systems again, to explore the workspace
retention demo [--workspace DIR] --airflow start them, filled if they are new, and a real Airflow (`make up`)
"""

from __future__ import annotations

import argparse
import signal
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from demo import story, up, workspace
from demo.systems import running
from retention.errors import InputError

_WIDTH = 110
"""Columns that the tables need; a narrower terminal wraps them."""


def demo(arguments: Sequence[str]) -> int:
    """Run the command; return the exit code."""
    parser = argparse.ArgumentParser(prog="retention demo", description="The whole story on sample data.")
    parser.add_argument("--workspace", "-w", type=Path, default=Path("demo-workspace"), help="a folder of its own")
    parser.add_argument("--serve", action="store_true", help="only start the systems of an earlier demo again")
    parser.add_argument("--airflow", action="store_true", help="start the systems and a real Airflow, until Ctrl-C")
    parser.add_argument("--port", type=int, default=up.PORT, help="where Airflow answers")
    options = parser.parse_args(arguments)
    console = Console(record=True)
    console.width = max(console.width, _WIDTH)
    if options.airflow:
        return up.up(options.workspace, options.port, console)
    if options.serve:
        return _serve(options.workspace, console)
    return story.tell(workspace.renew(options.workspace), console, datetime.now(UTC))


def _serve(folder: Path, console: Console) -> int:
    if not (folder / workspace.MARKER).is_file():
        raise InputError(f"{folder} is not a demo's workspace", hint="retention demo makes one")
    stopped = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        # Set here because a shell starts background programs with SIGINT ignored.
        signal.signal(number, lambda *_: stopped.set())
    with running(folder):
        console.print(f"The demo's systems are up. Elsewhere: retention -w {folder} plan sweep. Ctrl-C ends them.")
        stopped.wait()
    return 0
