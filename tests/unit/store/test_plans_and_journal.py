from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import StateError, UnknownNameError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, DatasetId, PlanId, StepId
from retention.model.volume import Estimate, Moved, Shard, StepVolume
from retention.ports.ledger import Approval, JournalEntry, Ledger, Phase, StoredPlan
from retention.store import FileKeyStore, open_ledger

AT = datetime(2026, 11, 23, 9, 0, 0, 123456, tzinfo=UTC)
CASE = CaseId("C-1")


def plan(number: int = 1, body: bytes = b"{}") -> StoredPlan:
    digest = hashlib.sha256(body).hexdigest()
    return StoredPlan(PlanId(f"P-{number}"), CASE, digest, body, AT + timedelta(minutes=number))


def line(step: str, phase: Phase, body: str = "{}", minutes: int = 0) -> JournalEntry:
    return JournalEntry(PlanId("P-1"), StepId(step), phase, AT + timedelta(minutes=minutes), body)


@pytest.fixture
def planned(ledger: Ledger) -> Ledger:
    ledger.cases.add(Case(CASE, CaseKind.SWEEP, CaseState.OPEN, AT, None))
    ledger.plans.add(plan())
    return ledger


def test_plan_comes_back_byte_by_byte(planned: Ledger) -> None:
    """A plan is read back equal; adding it again is harmless."""
    planned.plans.add(plan())
    assert planned.plans.get(PlanId("P-1")) == plan()


def test_another_plan_under_the_same_id_is_refused(planned: Ledger) -> None:
    """A plan id names one digest for ever: the first plan stays and the second is refused."""
    with pytest.raises(StateError):
        planned.plans.add(plan(body=b"[]"))
    assert planned.plans.get(PlanId("P-1")) == plan()


def test_what_is_known_of_steps_bytes_comes_back_as_it_was_first_put(planned: Ledger) -> None:
    """Estimate and shards are read back equal, by step; a second word does not change them."""
    expected = Estimate(objects=3, size=70, clean=1, surgical=1, dense=1, moved=Moved(9, 8, 7))
    shards = (Shard("", "k/2", 40), Shard("k/2", None, 30))
    volumes = [StepVolume(StepId(name), DatasetId("lake.seen"), expected, shards) for name in ("1-erase", "2-redact")]
    planned.volumes.put(PlanId("P-1"), volumes)
    planned.volumes.put(PlanId("P-1"), [replace(volumes[0], shards=())])
    planned.volumes.put(PlanId("P-1"), [])
    assert planned.volumes.of_plan(PlanId("P-1")) == tuple(volumes)
    assert planned.volumes.of_plan(PlanId("P-2")) == ()


def test_plans_of_a_case_come_newest_first(planned: Ledger) -> None:
    """`of_case` lists the newest plan first."""
    planned.plans.add(plan(3))
    planned.plans.add(plan(2))
    assert [p.plan_id for p in planned.plans.of_case(CASE)] == ["P-3", "P-2", "P-1"]


def test_unknown_names_are_refused(planned: Ledger) -> None:
    """A plan of no case, an approval or a line of no plan, and reading an unknown plan are refused."""
    lost = StoredPlan(PlanId("P-9"), CaseId("C-none"), "", b"", AT)
    with pytest.raises(UnknownNameError):
        planned.plans.add(lost)
    with pytest.raises(UnknownNameError):
        planned.plans.get(PlanId("P-9"))
    with pytest.raises(UnknownNameError):
        planned.plans.approve(Approval(PlanId("P-9"), "", "h:1", approved=True, standing=False, decided_at=AT))
    with pytest.raises(UnknownNameError):
        planned.journal.write(JournalEntry(PlanId("P-9"), StepId("1"), Phase.DONE, AT, "{}"))


def test_one_word_a_person_and_plan(planned: Ledger) -> None:
    """A person's first word stays; words come back oldest first."""
    late, early = AT + timedelta(hours=1), AT
    said = [
        Approval(PlanId("P-1"), plan().digest, "h:b", approved=True, standing=False, decided_at=late),
        Approval(PlanId("P-1"), plan().digest, "h:a", approved=False, standing=True, decided_at=early),
    ]
    for approval in said:
        planned.plans.approve(approval)
    planned.plans.approve(Approval(PlanId("P-1"), plan().digest, "h:a", approved=True, standing=False, decided_at=AT))
    assert planned.plans.approvals(PlanId("P-1")) == (said[1], said[0])


def test_a_phase_is_written_once_and_failures_repeat(planned: Ledger) -> None:
    """A second line of the same step and phase returns the first; FAILED lines pile up."""
    first = planned.journal.write(line("01", Phase.INTENT, '{"rows":3}'))
    assert planned.journal.write(line("01", Phase.INTENT, '{"rows":4}', 5)) == first
    for minutes in (1, 1, 2):
        planned.journal.write(line("01", Phase.FAILED, minutes=minutes))
    phases = [entry.phase for entry in planned.journal.entries(PlanId("P-1"))]
    assert phases == [Phase.INTENT, Phase.FAILED, Phase.FAILED, Phase.FAILED]


@pytest.fixture(scope="module")
def shared() -> Iterator[Ledger]:
    with TemporaryDirectory() as folder:
        opened = open_ledger(f"sqlite:///{folder}/ledger.db", FileKeyStore(Path(folder) / "keys"))
        opened.cases.add(Case(CASE, CaseKind.SWEEP, CaseState.OPEN, AT, None))
        yield opened
        opened.close()


_LINES = st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(Phase), st.sampled_from("xyz")), max_size=12)


@settings(max_examples=25, deadline=None)
@given(lines=_LINES)
def test_the_journal_is_the_first_line_of_each_phase_plus_every_failure(
    shared: Ledger, lines: list[tuple[str, Phase, str]]
) -> None:
    """Whatever is written in whatever order, the journal equals the model: first of each, all failures."""
    plan_id = PlanId(f"P-{len(shared.plans.of_case(CASE))}")
    shared.plans.add(StoredPlan(plan_id, CASE, "d", b"", AT))
    expected: list[JournalEntry] = []
    for step, phase, body in lines:
        entry = JournalEntry(plan_id, StepId(step), phase, AT, body)
        same = [e for e in expected if (e.step_id, e.phase) == (step, phase)]
        stands = same[0] if same and phase is not Phase.FAILED else entry
        assert shared.journal.write(entry) == stands
        if stands is entry:
            expected.append(entry)
    assert list(shared.journal.entries(plan_id)) == expected
