"""Cases and their states."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, select, update

from retention.errors import StateError, UnknownNameError
from retention.model.case import NEXT, Case, CaseKind, CaseState
from retention.model.ids import CaseId, SystemId
from retention.model.terms import Right
from retention.store.engine import Database
from retention.store.tables import CASES


class SqlCases:
    """Implements `ports.ledger.Cases`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def add(self, case: Case) -> None:
        """Remember a new case."""
        with self._database.writing() as connection:
            connection.execute(self._database.insert(CASES).values(case_row(case)).on_conflict_do_nothing())

    def get(self, case_id: CaseId) -> Case:
        """Return the case; raises UnknownNameError."""
        with self._database.reading() as connection:
            row = connection.execute(select(CASES).where(CASES.c.case_id == case_id)).one_or_none()
        if row is None:
            raise _unknown(case_id)
        return _case(row)

    def replace(self, case: Case) -> None:
        """Write the case's new state and dates; what it was opened as stays.

        Staying in the same state is no move and always allowed: dates change, and a repeat
        after a crash is harmless.

        Raises:
            StateError: `case.NEXT` does not allow the move from the state that is stored.
            UnknownNameError: there is no such case.

        """
        this = CASES.c.case_id == case.case_id
        with self._database.writing() as connection:
            stored = connection.scalar(select(CASES.c.state).where(this).with_for_update())
            if stored is None:
                raise _unknown(case.case_id)
            _check_move(case, CaseState(stored))
            connection.execute(update(CASES).where(this).values(_changing(case)))

    def all(self, kind: CaseKind | None = None, states: Sequence[CaseState] = ()) -> tuple[Case, ...]:
        """Return cases, newest first; all states if none is named."""
        query = select(CASES).order_by(CASES.c.opened_at.desc(), CASES.c.case_id.desc())
        if kind is not None:
            query = query.where(CASES.c.kind == kind.value)
        if states:
            query = query.where(CASES.c.state.in_([state.value for state in states]))
        with self._database.reading() as connection:
            return tuple(_case(row) for row in connection.execute(query))


def case_row(case: Case) -> dict[str, Any]:
    """Return the row of a new case."""
    return {
        "case_id": case.case_id,
        "kind": case.kind.value,
        "opened_at": case.opened_at,
        "restored_system": case.restored_system,
        "instruction": case.instruction,
        "regime": case.regime,
        "right": None if case.right is None else case.right.value,
        "lifts": case.lifts,
        **_changing(case),
    }


def require_case(connection: Connection, case_id: CaseId) -> None:
    """Raise UnknownNameError if there is no such case."""
    if connection.scalar(select(CASES.c.case_id).where(CASES.c.case_id == case_id)) is None:
        raise _unknown(case_id)


def _check_move(case: Case, stored: CaseState) -> None:
    if case.state is stored or case.state in NEXT[stored]:
        return
    allowed = ", ".join(sorted(state.value for state in NEXT[stored])) or "nothing: it is final"
    raise StateError(
        f"case {case.case_id} is {stored.value}: expected a move to {allowed}; found {case.state.value}",
        hint="read the case again",
    )


def _changing(case: Case) -> dict[str, Any]:
    return {
        "state": case.state.value,
        "due_at": case.due_at,
        "identified_at": case.identified_at,
        "decided_at": case.decided_at,
    }


def _case(row: Row[Any]) -> Case:
    return Case(
        case_id=CaseId(row.case_id),
        kind=CaseKind(row.kind),
        state=CaseState(row.state),
        opened_at=row.opened_at,
        due_at=row.due_at,
        identified_at=row.identified_at,
        decided_at=row.decided_at,
        restored_system=None if row.restored_system is None else SystemId(row.restored_system),
        instruction=row.instruction,
        regime=row.regime,
        right=None if row.right is None else Right(row.right),
        lifts=None if row.lifts is None else CaseId(row.lifts),
    )


def _unknown(case_id: CaseId) -> UnknownNameError:
    return UnknownNameError(f"no case {case_id}", hint="see `retention request list`")
