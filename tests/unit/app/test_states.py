"""The ledger moves a case along `case.NEXT` and nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from retention.errors import StateError
from retention.model.case import NEXT, Case, CaseKind, CaseState
from retention.store import FileKeyStore, open_ledger

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)


@pytest.fixture(scope="module")
def ledger(tmp_path_factory):
    """One ledger for all pairs."""
    folder = tmp_path_factory.mktemp("states")
    opened = open_ledger(f"sqlite:///{folder / 'ledger.db'}", FileKeyStore(folder / "keys"))
    yield opened
    opened.close()


@pytest.mark.parametrize("before", CaseState)
def test_a_case_moves_only_where_the_table_says(ledger, before):
    """Every allowed move is made, staying is allowed, and every other one is refused and changes nothing."""
    for after in CaseState:
        case = Case(f"C-{before.value}-{after.value}", CaseKind.REQUEST, before, NOW, None)
        ledger.cases.add(case)
        if after is before or after in NEXT[before]:
            ledger.cases.replace(replace(case, state=after))
            assert ledger.cases.get(case.case_id).state is after
        else:
            with pytest.raises(StateError):
                ledger.cases.replace(replace(case, state=after))
            assert ledger.cases.get(case.case_id).state is before
