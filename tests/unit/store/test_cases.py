from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from itertools import product

import pytest

from retention.errors import StateError, UnknownNameError
from retention.model.case import NEXT, Case, CaseKind, CaseState
from retention.model.ids import CaseId, SystemId
from retention.ports.ledger import Ledger

AT = datetime(2026, 11, 23, 9, 0, tzinfo=timezone(timedelta(hours=9)))


def case(number: int = 1, state: CaseState = CaseState.OPEN, kind: CaseKind = CaseKind.REQUEST) -> Case:
    return Case(CaseId(f"C-20261123-{number}"), kind, state, AT + timedelta(days=number), AT + timedelta(days=30))


def test_case_comes_back_as_it_was_with_instants_in_utc(ledger: Ledger) -> None:
    """A case is read back equal, and its instants are aware and in UTC."""
    given = replace(case(), identified_at=AT, decided_at=AT, restored_system=SystemId("app"))
    ledger.cases.add(given)
    found = ledger.cases.get(given.case_id)
    assert found == given
    assert found.opened_at.tzinfo is UTC


def test_adding_twice_keeps_the_first(ledger: Ledger) -> None:
    """The second `add` of an id changes nothing."""
    ledger.cases.add(case())
    ledger.cases.add(case(state=CaseState.CLOSED))
    assert ledger.cases.get(case().case_id).state is CaseState.OPEN


def test_unknown_case_is_refused(ledger: Ledger) -> None:
    """Reading or replacing a case that was never added raises UnknownNameError."""
    with pytest.raises(UnknownNameError):
        ledger.cases.get(CaseId("C-none"))
    with pytest.raises(UnknownNameError):
        ledger.cases.replace(case())


def test_every_move_is_judged_by_the_stored_state(ledger: Ledger) -> None:
    """For each pair of states, `replace` works exactly if NEXT allows it or the state stays."""
    for number, (before, after) in enumerate(product(CaseState, CaseState)):
        ledger.cases.add(case(number, before))
        moved = case(number, after)
        if before is after or after in NEXT[before]:
            ledger.cases.replace(moved)
            assert ledger.cases.get(moved.case_id).state is after
        else:
            with pytest.raises(StateError):
                ledger.cases.replace(moved)
            assert ledger.cases.get(moved.case_id).state is before


def test_all_filters_and_lists_newest_first(ledger: Ledger) -> None:
    """`all` filters by kind and states, and lists the newest first."""
    ledger.cases.add(case(1))
    ledger.cases.add(case(2, CaseState.PLANNED))
    ledger.cases.add(case(3, kind=CaseKind.SWEEP))
    assert [c.case_id[-1] for c in ledger.cases.all()] == ["3", "2", "1"]
    assert [c.case_id[-1] for c in ledger.cases.all(CaseKind.REQUEST)] == ["2", "1"]
    assert [c.case_id[-1] for c in ledger.cases.all(states=[CaseState.PLANNED])] == ["2"]


def test_an_instant_without_zone_is_refused(ledger: Ledger) -> None:
    """A naive instant is an error, never a guess, and nothing is stored."""
    naive = replace(case(), due_at=datetime(2026, 11, 23))  # noqa: DTZ001 -- the point of the test
    with pytest.raises(ValueError, match="needs a zone"):
        ledger.cases.add(naive)
    assert ledger.cases.all() == ()
