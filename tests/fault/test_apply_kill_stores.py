"""Kill -9 of the applying process around journal writes, for every connector that holds live data.

A new run ends where an undisturbed one ends: same rows, other people's equal, every fact stated once,
the bundle authentic and complete, the published log consistent. One step on the in-memory store is
killed around every write in test_apply_kill_road.py; here are three kinds of step, and other stores.
"""

from __future__ import annotations

import pytest

from retention.ports.ledger import Phase

SWEEP = (
    "before-01 after-01 after-02 before-03 after-03 before-04 after-04 after-05 before-06 after-06 before-07 after-07 "
    "after-08 after-09 before-10 after-10 before-11 after-11 after-12 before-13 after-13 before-14 after-14 after-15 "
    "after-16 before-17 after-17 before-18 after-18"
)
"""Around which journal lines of a sweep with three kinds of step something new has been written."""
STEP = "after-01 after-02 before-03 after-03 before-04 after-04"
"""The same for one step; a store changes between the lines 2 and 3, the log between 3 and 4."""
EFFECT = "after-02 before-03"
"""The store's part of them."""
MOMENTS = {
    "memory-sweep": SWEEP,
    "sql-sqlite": STEP,
    "sql-postgresql": STEP,
    "lake-parquet": STEP,
    "lake-jsonl": EFFECT,
    "dynamodb": EFFECT,
}
KILLS = [
    pytest.param(name, int(moment[-2:]), moment[:-3], id=f"{name}-{moment}")
    for name, moments in MOMENTS.items()
    for moment in moments.split()
]
OBSTRUCTED = ["memory", "sql-sqlite", "sql-postgresql", "lake-parquet", "lake-jsonl", "dynamodb"]


@pytest.mark.parametrize(("name", "moments"), [("memory", f"before-01 {STEP}"), ("memory-sweep", SWEEP)])
def test_every_state_that_a_kill_can_leave_is_left_below(work_on, name, moments):
    """A process that dies at any other moment around a journal line leaves what it would have left a moment earlier."""
    assert " ".join(work_on(name).moments("apply")) == moments


@pytest.mark.parametrize("name", [name for name, moments in MOMENTS.items() if moments == STEP])
def test_a_step_has_four_lines_in_every_store(work_on, name):
    """An undisturbed apply writes exactly the lines that are killed below."""
    assert work_on(name).run("apply") == 4


@pytest.mark.parametrize(("name", "number", "when"), KILLS)
def test_killed_apply(shelf, work_on, name, number, when):
    """Killed before or after a journal write, the next run ends like an undisturbed one."""
    work = work_on(name)
    work.kill("apply", number, when)
    begun = work.lines(Phase.INTENT) > 1
    seen = work.finish()
    assert seen == shelf.undisturbed(name)
    if name != "memory-sweep":
        finished_before = number == 4 or (number == 3 and when == "after")
        assert seen.resumed == [begun and not finished_before]


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("name", OBSTRUCTED)
def test_killed_apply_while_noting_a_failure(shelf, work_on, name, when):
    """Killed before or after the line of a failed attempt: the next run succeeds, and the attempt is not forgotten."""
    work = work_on(name)
    with work.bench.obstructed(work.folder):
        work.kill("apply", 3, when)
    assert work.finish() == shelf.undisturbed(name)
    assert work.lines(Phase.FAILED) == (when == "after")
