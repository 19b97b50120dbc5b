"""How long a batch of requests takes: `python -m benchmarks.batch [--people 1000 10000]`.

A shop in SQLite and a lake of Parquet and JSON Lines on an S3 server of this machine (moto, in this process, so that
its time is part of the figures); five people of six ask. Each size in a workspace of its own; two people go first, so
that the libraries are loaded and it shows what the stores are asked for few.

Targets: the stores are asked as often as for one person, each object is written once, everybody has a certificate, and
1,000 people are through (planned, carried out, verified, sealed, certified) in 25 s of CPU.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from benchmarks.crowd import NOW, Crowd, address, approve, make_crowd
from retention.app import App
from retention.app.answers import certificates
from retention.app.records import new_id, open_case
from retention.evidence.certificate import render
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId

SIZES = (1000, 10_000)
TARGET = {1000: 25.0}
"""Seconds of CPU from planning to the last certificate."""
LOOKS = ("SELECT", "UPDATE", "DELETE")


def queue(app: App, number: int) -> CaseId:
    """Put a decided request into the queue, as the commands do, in fewer transactions."""
    context = app.context
    by = ("email", address(number)) if number % 2 else ("user_id", f"c{number}")
    case_id = CaseId(new_id("C", NOW))
    due = NOW + timedelta(days=14, seconds=number)
    open_case(context, Case(case_id, CaseKind.REQUEST, CaseState.OPEN, NOW, due, NOW, NOW))
    context.ledger.vault.put(case_id, "start", json.dumps({"name": by[0], "value": by[1]}).encode())
    return case_id


class Stopwatch:
    """CPU seconds by stage."""

    def __init__(self) -> None:
        """Start with none."""
        self.seconds: dict[str, float] = {}

    @contextmanager
    def __call__(self, stage: str) -> Iterator[None]:
        """Time a stage."""
        begun = time.process_time()
        yield
        self.seconds[stage] = time.process_time() - begun


def carry_out(crowd: Crowd, people: int) -> tuple[Stopwatch, Counter[str], Counter[str]]:
    """Take so many people down the whole road; return seconds, statements, and how often each object was written."""
    watch = Stopwatch()
    with crowd.app() as app:
        with watch("queue"):
            for number in range(people):
                queue(app, number)
        with crowd.watched() as seen:
            with watch("plan"):
                batch = app.plan_batch(NOW, people)
            assert batch
            assert batch.plan
            approve(app, batch.plan.plan_id, batch.plan.digest)
            with watch("apply"):
                app.apply(batch.plan.plan_id, NOW)
            with watch("verify"):
                app.verify(batch.plan.plan_id, NOW)
        with watch("seal"):
            app.seal(batch.plan.plan_id, NOW)
        with watch("certificates"):
            told = [render(each, "ja") for each in certificates(app.context, batch.batch)]
        assert len(told) == batch.requests == people
    return watch, seen.statements, seen.writes


def main(arguments: list[str] | None = None) -> int:
    """Run every size and print the figures beside the targets."""
    parser = argparse.ArgumentParser(description="How long a batch of requests takes.")
    parser.add_argument(
        "--people", type=int, nargs="+", default=list(SIZES), help="how many ask, one size after another"
    )
    sizes: list[int] = parser.parse_args(arguments).people
    server = _server()
    try:
        print(f"{platform.processor() or platform.machine()}, Python {platform.python_version()}; seconds of CPU")
        base = _measured(server, 2)
        for people in sizes:
            _print(people, base, _measured(server, people))
    finally:
        server.close()
    return 0


def _measured(server: Any, people: int) -> tuple[Stopwatch, Counter[str], Counter[str]]:  # noqa: ANN401 -- tests' own
    with tempfile.TemporaryDirectory() as folder:
        return carry_out(make_crowd(Path(folder), server, people + people // 5 + 1, limit=people), people)


def _print(people: int, base: tuple[Any, ...], measured: tuple[Stopwatch, Counter[str], Counter[str]]) -> None:
    watch, statements, writes = measured
    stages = {name: seconds for name, seconds in watch.seconds.items() if name != "queue"}
    total = sum(stages.values())
    print(f"\n{people:,} people" + f" (queued in {watch.seconds['queue']:.1f} s)")
    print("  " + ", ".join(f"{name} {seconds:.1f}" for name, seconds in stages.items()))
    wanted = f"target {TARGET[people]:.0f}" if people in TARGET else f"{1000 * total / people:.1f} ms a person"
    print(f"  together {total:.1f} s ({wanted})")
    asked = {word: statements[word] for word in LOOKS}
    print(f"  statements of the shop {asked}; of two people { ({word: base[1][word] for word in LOOKS}) }")
    print(f"  each of {len(writes)} objects written {sorted(set(writes.values()))} times (target: once)")


def _server() -> Any:  # noqa: ANN401 -- the tests' own
    path = Path(__file__).parent.parent / "tests" / "s3" / "server.py"
    spec = importlib.util.spec_from_file_location("s3_server", path)
    assert spec
    assert spec.loader
    module = sys.modules["s3_server"] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.S3Server()


if __name__ == "__main__":
    sys.exit(main())
