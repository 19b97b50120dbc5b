"""Kill -9 before and after each journal write of steps that finish elsewhere: backups and processors.

The steps on rows before and after them are killed in test_apply_kill_stores.py. Here the receipts,
horizons and suppressions between two journal lines are killed as well.
"""

from __future__ import annotations

import pytest

from retention.ports.ledger import Phase

MOMENTS = {
    (
        "backups",
        "journal",
    ): "before-01 after-01 after-02 before-03 after-03 before-04 after-04 after-05 before-06 after-06 "
    "before-07 after-07",
    ("backups", "copies"): "before-01 after-01 before-02 after-02 after-03",
    ("processor", "journal"): "before-01 after-01 before-02 after-02 after-03 before-04 after-04 before-05 after-05",
    ("processor", "copies"): "before-01 after-01 before-02 after-02",
}
"""Around which writes of an undisturbed apply something new has been written; the first test checks them."""
NOTED = "after-05 before-06 after-06 before-07 after-07"
"""Those of the step that notes the horizons, the plan's last."""
ORDERED = "before-01 after-01 before-02 after-02"
"""Those of the order, the plan's first: its `done` has to wait for the answer."""
ANSWERED = "before-01 after-01 after-02"
"""Those of `done` and `evidence` of the order, whoever asks for the answer."""


def kills(name, part, moments):
    """Return one example a moment."""
    return [
        pytest.param(name, part, int(moment[-2:]), moment[:-3], id=f"{name}-{part}-{moment}")
        for moment in moments.split()
    ]


@pytest.mark.parametrize(("name", "part"), MOMENTS)
def test_every_state_that_a_kill_can_leave_is_left_below(work_on, name, part):
    """A process that dies at any other moment around a write leaves what it would have left a moment earlier."""
    assert " ".join(work_on(name).moments("apply", (part,))) == MOMENTS[name, part]


@pytest.mark.parametrize(
    ("name", "part", "number", "when"),
    [
        *kills("backups", "journal", NOTED),
        *kills("processor", "journal", ORDERED),
        *kills("backups", "copies", MOMENTS["backups", "copies"]),
        *kills("processor", "copies", MOMENTS["processor", "copies"]),
    ],
)
def test_killed_apply(shelf, work_on, name, part, number, when):  # noqa: PLR0917 -- pytest names them
    """Killed around a line, a receipt, a horizon or a suppression, the next run ends like an undisturbed one.

    There is one order; each copy has one horizon and one statement.
    """
    work = work_on(name)
    work.kill("apply", number, when, (part,))
    assert work.finish() == shelf.undisturbed(name)


def answered(work_on, call):
    """Return a case whose processor has answered, right before the call that takes the answer up."""
    work = work_on("processor")
    work.run("apply")
    if call == "seal":
        work.run("verify")
    work.bench.settle()
    return work


@pytest.mark.parametrize(("call", "moment"), [(call, m) for call in ("apply", "seal") for m in ANSWERED.split()])
def test_killed_when_the_processor_has_answered(shelf, work_on, call, moment):
    """Killed around `done` and `evidence` of an order, whoever asks for the answer: it is taken up again."""
    work = answered(work_on, call)
    work.kill(call, int(moment[-2:]), moment[:-3])
    assert work.finish(since=call) == shelf.undisturbed("processor")


@pytest.mark.parametrize("call", ["apply", "seal"])
def test_every_state_of_an_answer_is_left_above(work_on, call):
    """Taking an answer up writes two lines, and nothing between the first and the second."""
    assert " ".join(answered(work_on, call).moments(call)) == ANSWERED


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(("name", "number"), [("backups", 6), ("processor", 2)])
def test_killed_apply_while_noting_a_failure(shelf, work_on, name, number, when):
    """Killed around the line of a failed attempt: the next run succeeds, and the attempt is not forgotten."""
    work = work_on(name)
    with work.bench.obstructed(work.folder):
        work.kill("apply", number, when)
    assert work.finish() == shelf.undisturbed(name)
    assert work.lines(Phase.FAILED) == (when == "after")
