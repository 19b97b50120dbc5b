"""What is left in a case, and how far a plan is: rules without a workspace."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from retention.app.case_work import ENDED, Facts, Timeliness, Work, left_in, next_work, timeliness
from retention.app.deeds import Action, Failure, deeds
from retention.model.because import Because
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, DatasetId, KeySetId, PlanId, StepId, SystemId
from retention.model.period import Period
from retention.model.plan import EraseRows, TellProcessor
from retention.model.predicate import Everything
from retention.model.subject import KeySet
from retention.ports.ledger import JournalEntry, Phase

NOW = datetime(2026, 11, 26, tzinfo=UTC)
SWEEP = Case(CaseId("C-20261126-aaaaaa"), CaseKind.SWEEP, CaseState.OPEN, NOW, None)
ASKED = replace(SWEEP, kind=CaseKind.REQUEST, due_at=NOW + timedelta(days=14), decided_at=NOW)
WHY = Because((), (), request=True)


@pytest.mark.parametrize(
    ("state", "left"),
    [
        (CaseState.OPEN, [Work.PLAN, Work.APPROVE, Work.APPLY, Work.VERIFY, Work.SEAL]),
        (CaseState.PLANNED, [Work.APPROVE, Work.APPLY, Work.VERIFY, Work.SEAL]),
        (CaseState.REJECTED, [Work.PLAN_AGAIN, Work.APPROVE, Work.APPLY, Work.VERIFY, Work.SEAL]),
        (CaseState.APPROVED, [Work.APPLY, Work.VERIFY, Work.SEAL]),
        (CaseState.APPLYING, [Work.APPLY, Work.VERIFY, Work.SEAL]),
        (CaseState.PARTIAL, [Work.MEND, Work.VERIFY, Work.SEAL]),
        (CaseState.APPLIED, [Work.VERIFY, Work.SEAL]),
        (CaseState.VERIFIED, [Work.SEAL]),
        (CaseState.RETURNED, [Work.ERASE_AGAIN]),
        (CaseState.SEALED, []),
        (CaseState.CLOSED, []),
        (CaseState.DENIED, []),
    ],
)
def test_what_is_left_follows_from_the_state(state, left):
    """Every state has its work, in the order of the road; the first is what to do next."""
    case = replace(SWEEP, state=state)
    assert [one.work for one in left_in(case, None, Facts())] == left
    assert next_work(case, None) is (left[0] if left else None)


def test_what_others_owe_stands_in_its_place():
    """Processors before the seal; letters and copies at the end, copies with their date, until the case is closed."""
    facts = Facts(second=True, orders=2, letters=1, copies=3, until=NOW)
    planned, sealed = (replace(SWEEP, state=state) for state in (CaseState.PLANNED, CaseState.SEALED))
    named = [(one.work, one.count, one.until) for one in left_in(planned, None, facts)]
    assert named[0] == (Work.APPROVE_SECOND, 0, None)
    assert [work for work, _, _ in named[-4:]] == [Work.ORDERS, Work.SEAL, Work.LETTERS, Work.COPIES]
    assert [(one.work, one.count, one.until) for one in left_in(sealed, None, facts)] == [
        (Work.LETTERS, 1, None),
        (Work.COPIES, 3, NOW),
    ]
    assert left_in(replace(sealed, state=CaseState.CLOSED), None, replace(facts, letters=0)) == ()


def test_an_answer_is_late_after_its_day_and_soon_a_week_before():
    """To the second; nothing is owed for a sweep, or once the case has ended."""
    due = ASKED.due_at
    assert due is not None
    assert timeliness(ASKED, None, due - timedelta(days=7, seconds=1)) is Timeliness.IN_TIME
    assert timeliness(ASKED, None, due - timedelta(days=7)) is Timeliness.SOON
    assert timeliness(ASKED, None, due) is Timeliness.SOON
    assert timeliness(ASKED, None, due + timedelta(seconds=1)) is Timeliness.LATE
    assert timeliness(SWEEP, None, NOW) is None
    assert {timeliness(replace(ASKED, state=state), None, due + timedelta(days=9)) for state in ENDED} == {None}


def lines(*written: tuple[str, Phase, str]) -> list[JournalEntry]:
    """Return a journal."""
    return [JournalEntry(PlanId("P-1"), StepId(step), phase, NOW, body) for step, phase, body in written]


def test_steps_alike_are_one_line_that_says_how_far_they_are():
    """Counts add up; a failure that was got over is none; one that stands is told by its code."""
    keys = KeySet(KeySetId("ks"), 1, "0" * 64)
    tells = [
        TellProcessor(StepId(f"t{number}"), SystemId("crm"), "email", keys, Period(days=30), WHY) for number in range(4)
    ]
    erase = EraseRows(StepId("e"), DatasetId("shop.customers"), Everything(), 3, 10, WHY)
    journal = lines(
        ("t0", Phase.INTENT, "{}"),
        ("t0", Phase.FAILED, '{"code": "RET-401"}'),
        ("t0", Phase.DONE, "{}"),
        ("t0", Phase.EVIDENCE, "{}"),
        ("t1", Phase.INTENT, "{}"),
        ("t2", Phase.FAILED, '{"code": "RET-403"}'),
    )
    told, erased = deeds([*tells, erase], journal)
    assert (told.action, told.where, told.steps, told.rows) == (Action.TELL, "crm", 4, None)
    assert (told.done, told.begun, told.failures) == (1, 1, (Failure("RET-403", 1),))
    assert (erased.rows, erased.of_rows, erased.done, erased.failures) == (3, 10, 0, ())
    assert erased.because == ("request",)
