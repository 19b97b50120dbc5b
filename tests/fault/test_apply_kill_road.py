"""Kill -9 at every durable write of the whole road: apply, verify, seal, follow up; not the journal's alone."""

from __future__ import annotations

from datetime import timedelta

import pytest

from retention.errors import StalePlanError
from retention.model.datamap import ColumnType
from retention.wiring import open_app

ALL = ("journal", "log", "cases", "vault", "openings", "copies", "tiles")
BEFORE = {"apply": (), "verify": ("apply",), "seal": ("apply", "verify")}
"""What comes before the call."""
MOMENTS = {
    "apply": "before-01 after-01 after-02 after-03 after-04 before-05 after-05 after-06 after-07 after-08 before-09"
    " after-09 after-10 after-11",
    "verify": "before-01 after-01 after-02 after-03 after-04 after-05 after-06",
    "seal": "before-01 after-01 after-02 after-03 after-04 after-05 after-06 after-07 after-08 after-10 after-11"
    " after-12 after-13",
    "follow_up": "before-01 after-01 after-02 after-03 after-04 after-06 before-07 after-07 after-08 after-09",
}
"""Around which durable writes, to any part of ledger and log, something new has been written; the first test says
that these are all. One step on the in-memory store; a follow-up until the second of two copies is seen gone."""
KILLS = [(call, *moment.split("-")) for call, moments in MOMENTS.items() for moment in moments.split()]


def expired(work_on):
    """Return a sealed case whose copies have all gone."""
    work = work_on("backups", "apply", "verify", "seal")
    work.bench.expire(work.folder)
    return work


@pytest.mark.parametrize("call", MOMENTS)
def test_every_state_that_a_kill_can_leave_is_left_below(work_on, call):
    """A process that dies at any other moment around a write leaves what it would have left a moment earlier."""
    work = expired(work_on) if call == "follow_up" else work_on("memory", *BEFORE[call])
    assert " ".join(work.moments(call, ALL)) == MOMENTS[call]


@pytest.mark.parametrize(("call", "when", "number"), [kill for kill in KILLS if kill[0] in BEFORE])
def test_killed_at_any_write(shelf, work_on, call, when, number):
    """Killed around a statement, a state, the shredding or a tile: the same use case again, and the end is the same."""
    work = work_on("memory", *BEFORE[call])
    work.kill(call, int(number), when, ALL)
    seen = work.finish(since=call)
    expected = shelf.undisturbed("memory")
    if call == "verify":  # two looks, five hours apart, are two facts
        seen = seen.with_one_look()
    assert seen == expected


@pytest.mark.parametrize(("call", "when", "number"), [kill for kill in KILLS if kill[0] == "follow_up"])
def test_killed_while_copies_are_seen_gone(work_on, call, when, number):
    """Killed while following up: the next run closes the case, and each copy is stated as expired once."""
    work = expired(work_on)
    work.kill(call, int(number), when, ALL)
    work.run(call)
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
    database.put("people", columns, [*database.rows("people"), {"id": 99, "user_id": "person-3", "city": "Kobe"}])
    with open_app(work.folder) as app, pytest.raises(StalePlanError):
        app.apply(work.plan_id, app.plan(work.plan_id)[0].made_at + timedelta(hours=1))
