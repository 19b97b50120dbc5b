"""Kill -9 at every durable write of the whole road: apply, verify, seal, follow up; not the journal's alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retention.errors import StalePlanError
from retention.model.datamap import ColumnType
from retention.wiring import open_app

ALL = ("journal", "log", "cases", "vault", "copies", "tiles")
WRITES = {"apply": 11, "verify": 6, "seal": 7}
"""Durable writes to every part of ledger and log, of one step on the in-memory store; the first test checks them."""
KILLS = [
    pytest.param(call, number, when, id=f"{call}-{when}-{number:02d}")
    for call, writes in WRITES.items()
    for number in range(1, writes + 1)
    for when in ("before", "after")
]
FOLLOW_UP = 8
"""Writes until the second of two copies is noted as gone and the case is closed and published."""


def stand_before(work, call):
    """Do what comes before the call."""
    for earlier in ("apply", "verify")[: ("apply", "verify", "seal").index(call)]:
        work.run(earlier)


@pytest.mark.parametrize("call", WRITES)
def test_every_write_is_killed_below(work_on, call):
    """The undisturbed use case writes exactly as often as the tests below know."""
    work = work_on("memory")
    stand_before(work, call)
    assert work.run(call, ALL) == WRITES[call]


@pytest.mark.parametrize(("call", "number", "when"), KILLS)
def test_killed_at_any_write(shelf, work_on, call, number, when):
    """Killed around a statement, a state, the shredding or a tile: the same use case again, and the end is the same."""
    work = work_on("memory")
    stand_before(work, call)
    work.kill(call, number, when, ALL)
    seen = work.finish(since=call)
    expected = shelf.undisturbed("memory")
    if call == "verify":  # two looks, five hours apart, are two facts
        seen = seen.with_one_look()
    assert seen == expected


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize("number", range(1, FOLLOW_UP + 1))
def test_killed_while_copies_are_seen_gone(work_on, number, when):
    """Killed while following up: the next run closes the case, and each copy is stated as expired once."""
    work = work_on("backups")
    for call in ("apply", "verify", "seal"):
        work.run(call)
    work.bench.expire(work.folder)
    work.kill("follow_up", number, when, ALL)
    work.run("follow_up")
    assert [each["copyId"] for each in work.told("backupExpired")] == ["nightly/2026-11-20", "nightly/2026-11-21"]
    with open_app(work.folder) as app:
        plan, _ = app.plan(work.plan_id)
        assert app.context.ledger.cases.get(plan.case_id).state.value == "closed"
        log = app.context.log
        assert log.checkpoint().size == log.sequence.size()


def test_killed_before_the_first_step_and_the_world_changed(work_on):
    """Killed when only the state before was noted, nothing is touched yet: rows that came since refuse the plan."""
    work = work_on("memory")
    work.kill("apply", 1, "after")
    database = work.bench.database(work.folder)
    columns = {"id": ColumnType.INTEGER, "user_id": ColumnType.TEXT, "city": ColumnType.TEXT}
    database.put("people", columns, [*database.rows("people"), {"id": 99, "user_id": "p3", "city": "Kobe"}])
    with open_app(work.folder) as app, pytest.raises(StalePlanError):
        app.apply(work.plan_id, app.plan(work.plan_id)[0].made_at + timedelta(hours=1))
