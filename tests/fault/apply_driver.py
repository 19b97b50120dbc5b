"""The applying process: does one use case, and kills itself at one of its writes.

`python apply_driver.py` reads one order a line (JSON) and forks a process for each, so that
every one starts from the same clean, already imported state:

    {"folder": "…", "call": "apply", "arguments": ["P-…"], "now": "…",
     "parts": ["journal"], "number": 3, "when": "after"}

The process opens the workspace, counts the durable writes of the named parts and sends itself
SIGKILL right before or right after write `number` (from 1). The answer is one line: `killed`, or
`ended N` if it came to its end after N writes, or `failed`. It is a kill -9 like any other: no
code of ours runs after it, and production code knows nothing of it.

With `"when": "look"` it is not killed; the answer is `ended` and the moments (`before-03`) at which
the workspace holds something else than at the moment before: a process that dies at any other
moment leaves nothing new behind.
"""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sqlite3
import sys
import traceback
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import boto3
import httpcore
import pandas as pd
import psycopg
import pyarrow.pandas_compat

import connectors.backups
import connectors.lake.eraser
import connectors.lake.jsonl
import connectors.lake.parquet
import connectors.memory
import connectors.processor.processor
import connectors.sql
from retention.app import App
from retention.wiring import open_app

PRELOADED = (boto3, httpcore, pd, psycopg, pyarrow.pandas_compat, connectors)
"""Imported late otherwise, by every forked process anew (pyarrow looks for pandas when it is first used)."""

WRITES = {
    "journal": ("write",),
    "log": ("append", "append_many"),
    "cases": ("replace",),
    "vault": ("put", "destroy"),
    "openings": ("begin", "put", "put_receipt"),
    "copies": (
        *("add_horizon", "mark_gone", "revise_horizon", "put_order", "suppress"),
        *("prolong_suppressions", "settle_suppressions"),
    ),
    "tiles": ("write_once", "replace"),
}
"""Durable writes by part of the ledger; `tiles` is the published log."""


class Trap:
    """Counts writes, and strikes at one of them or looks at the workspace at each."""

    def __init__(self, folder: Path, number: int, when: str) -> None:
        """Strike `before` or `after` write `number`; 0 never strikes."""
        self.count = 0
        self.moments: list[str] = []
        self._folder, self._number, self._when = folder, number, when
        self._seen = ""

    def around(self, write: Callable[..., Any]) -> Callable[..., Any]:
        """Return the write with the trap around it."""

        def trapped(*arguments: Any) -> Any:
            self.count += 1
            number = self.count
            self._pass("before", number)
            written = write(*arguments)
            self._pass("after", number)
            return written

        return trapped

    def _pass(self, when: str, number: int) -> None:
        if (when, number) == (self._when, self._number):
            os.kill(os.getpid(), signal.SIGKILL)
        if self._when == "look":
            seen = durable(self._folder)
            if seen != self._seen:
                self._seen = seen
                self.moments.append(f"{when}-{number:02d}")


def durable(folder: Path) -> str:
    """Return a digest of all that the workspace's files and the ledger's rows say."""
    found = hashlib.sha256()
    with sqlite3.connect(folder / "ledger.db") as ledger:
        for line in ledger.iterdump():
            found.update(line.encode())
    ledger.close()
    for path in sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("ledger.db")):
        found.update(f"\0{path}\0".encode() + path.read_bytes())
    return found.hexdigest()


def arm(app: App, parts: list[str], trap: Trap) -> None:
    """Put the trap around every write of the parts."""
    for name in parts:
        part = app.context.log.tiles if name == "tiles" else getattr(app.context.ledger, name)
        for method in WRITES[name]:
            setattr(part, method, trap.around(getattr(part, method)))


def carry_out(order: dict[str, Any]) -> str:
    """Do what the order says; return how many writes that took, or the moments that differ."""
    trap = Trap(Path(order["folder"]), order["number"], order["when"])
    with open_app(Path(order["folder"])) as app:
        arm(app, order["parts"], trap)
        getattr(app, order["call"])(*order["arguments"], datetime.fromisoformat(order["now"]))
    return " ".join(trap.moments) if order["when"] == "look" else str(trap.count)


def child(order: dict[str, Any], answer: int) -> None:
    """Be the applying process; never returns."""
    status = 1
    try:
        os.write(answer, f"ended {carry_out(order)}".encode())
        status = 0
    except BaseException:  # noqa: BLE001 -- whatever it is, this process must not go on as the driver
        traceback.print_exc()
    finally:
        os._exit(status)


def answered(order: dict[str, Any]) -> str:
    """Fork a process for the order and say what became of it."""
    if order["call"] == "verify":
        import great_expectations  # noqa: F401, PLC0415 -- heavy: imported once, and only if it is needed
    answer, its_end = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(answer)
        child(order, its_end)
    os.close(its_end)
    with os.fdopen(answer) as said:
        ended = said.read()
    _, status = os.waitpid(pid, 0)
    if os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL:
        return "killed"
    return ended if status == 0 else "failed"


def main() -> None:
    """Carry out orders until there are none."""
    for line in sys.stdin:
        sys.stdout.write(answered(json.loads(line)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
