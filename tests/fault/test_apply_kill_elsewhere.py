"""Kill -9 before and after each journal write of steps that finish elsewhere: backups and processors.

The steps on rows before and after them are killed in test_apply_kill_stores.py. Here the receipts,
horizons and suppressions between two journal lines are killed as well.
"""

from __future__ import annotations

import pytest

from retention.ports.ledger import Phase

WRITES = {"backups": 7, "processor": 5}
"""Lines of an undisturbed apply; the first test checks them."""
EXPIRY = ("backups", (5, 6, 7))
"""Which of them belong to the step that notes the horizons, the plan's last."""
ORDER = ("processor", (1, 2))
"""The order's intent, and the line after the order was placed: its `done` has to wait for the answer."""
KILLS = [
    pytest.param(name, number, when, id=f"{name}-{when}-{number:02d}")
    for name, numbers in (EXPIRY, ORDER)
    for number in numbers
    for when in ("before", "after")
]
BESIDES = {"backups": 4, "processor": 2}
"""Writes of an apply to horizons, suppressions, orders and receipts."""


@pytest.mark.parametrize(("part", "writes"), [("journal", WRITES), ("copies", BESIDES)], ids=["journal", "copies"])
@pytest.mark.parametrize("name", WRITES)
def test_every_write_is_killed_below(work_on, name, part, writes):
    """An undisturbed apply writes exactly as often as the tests below know."""
    assert work_on(name).run("apply", (part,)) == writes[name]


@pytest.mark.parametrize(("name", "number", "when"), KILLS)
def test_killed_apply(shelf, work_on, name, number, when):
    """The next run ends like an undisturbed one: one order, each copy with one horizon and one statement."""
    work = work_on(name)
    work.kill("apply", number, when)
    assert work.finish() == shelf.undisturbed(name)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("name", "number"), [(name, number) for name, writes in BESIDES.items() for number in range(1, writes + 1)]
)
def test_killed_between_journal_writes(shelf, work_on, name, number, when):
    """Killed around a receipt, a horizon or a suppression: the next run ends like an undisturbed one."""
    work = work_on(name)
    work.kill("apply", number, when, ("copies",))
    assert work.finish() == shelf.undisturbed(name)


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("call", ["apply", "seal"])
def test_killed_when_the_processor_has_answered(shelf, work_on, call, number, when):
    """Killed around `done` and `evidence` of an order, whoever asks for the answer: it is taken up again."""
    work = work_on("processor")
    work.run("apply")
    if call == "seal":
        work.run("verify")
    work.bench.settle()
    work.kill(call, number, when)
    assert work.finish(since=call) == shelf.undisturbed("processor")


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "number"), [("backups", 6), ("processor", 2)])
def test_killed_apply_while_noting_a_failure(shelf, work_on, name, number, when):
    """Killed around the line of a failed attempt: the next run succeeds, and the attempt is not forgotten."""
    work = work_on(name)
    with work.bench.obstructed(work.folder):
        work.kill("apply", number, when)
    assert work.finish() == shelf.undisturbed(name)
    assert work.lines(Phase.FAILED) == (when == "after")
