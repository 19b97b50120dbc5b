"""Kill -9 of the applying process before and after each journal write, for every connector that holds live data.

A new run ends where an undisturbed one ends: same rows, other people's equal, every fact stated once,
the bundle authentic and complete, the published log consistent.
"""

from __future__ import annotations

import pytest

from retention.ports.ledger import Phase

WRITES = {
    "memory": 4,
    "memory-sweep": 18,
    "sql-sqlite": 4,
    "sql-postgresql": 4,
    "lake-parquet": 4,
    "lake-jsonl": 4,
    "dynamodb": 4,
}
"""How many journal lines an undisturbed run writes; the first test of this file checks the numbers."""
EFFECT_BETWEEN = (2, 3)
"""The lines before and after the effect: a network's store is slow to run, and the others are not its business."""
KILLS = [
    pytest.param(name, number, when, id=f"{name}-{when}-{number:02d}")
    for name, writes in WRITES.items()
    for number in (EFFECT_BETWEEN if name == "dynamodb" else range(1, writes + 1))
    for when in ("before", "after")
]
OBSTRUCTED = ["memory", "sql-sqlite", "sql-postgresql", "lake-parquet", "lake-jsonl", "dynamodb"]


@pytest.mark.parametrize("name", WRITES)
def test_every_journal_write_is_killed_below(work_on, name):
    """An undisturbed apply writes exactly as many lines as the tests below know."""
    assert work_on(name).run("apply") == WRITES[name]


@pytest.mark.parametrize(("name", "number", "when"), KILLS)
def test_killed_apply(shelf, work_on, name, number, when):
    """Killed before or after a journal write, the next run ends like an undisturbed one."""
    work = work_on(name)
    work.kill("apply", number, when)
    begun = work.lines(Phase.INTENT) > 1
    assert work.finish() == shelf.undisturbed(name)
    if WRITES[name] == 4:
        finished_before = number == 4 or (number == 3 and when == "after")
        told = work.told("deletion")
        assert [each["resumed"] for each in told] == [begun and not finished_before]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", OBSTRUCTED)
def test_killed_apply_while_noting_a_failure(shelf, work_on, name, when):
    """Killed before or after the line of a failed attempt: the next run succeeds, and the attempt is not forgotten."""
    work = work_on(name)
    with work.bench.obstructed(work.folder):
        work.kill("apply", 3, when)
    assert work.finish() == shelf.undisturbed(name)
    assert work.lines(Phase.FAILED) == (when == "after")
