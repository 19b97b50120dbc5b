"""Intent, done, evidence, verified: once each a step; failed as often as it happens."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, Select, select

from retention.errors import UnknownNameError
from retention.model.ids import PlanId, StepId
from retention.ports.ledger import JournalEntry, Phase
from retention.store.engine import Database
from retention.store.tables import JOURNAL, PLANS


class SqlJournal:
    """Implements `ports.ledger.Journal`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def write(self, entry: JournalEntry) -> JournalEntry:
        """Write the line; if the step has that phase already, return the line that stands. FAILED repeats.

        Raises:
            UnknownNameError: there is no such plan.

        """
        row = {
            "plan_id": entry.plan_id,
            "step_id": entry.step_id,
            "phase": entry.phase.value,
            "at": entry.at,
            "body": entry.body,
        }
        with self._database.writing() as connection:
            if connection.scalar(select(PLANS.c.seq).where(PLANS.c.plan_id == entry.plan_id)) is None:
                raise UnknownNameError(f"journal: no plan {entry.plan_id}")
            insert = self._database.insert(JOURNAL).values(row).on_conflict_do_nothing()
            written = connection.execute(insert.returning(JOURNAL)).one_or_none()
            return _entry(connection.execute(_standing(entry)).one() if written is None else written)

    def entries(self, plan_id: PlanId) -> tuple[JournalEntry, ...]:
        """Return the plan's lines in the order they were written."""
        query = select(JOURNAL).where(JOURNAL.c.plan_id == plan_id).order_by(JOURNAL.c.seq)
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query))


def _standing(entry: JournalEntry) -> Select[Any]:
    return select(JOURNAL).where(
        JOURNAL.c.plan_id == entry.plan_id,
        JOURNAL.c.step_id == entry.step_id,
        JOURNAL.c.phase == entry.phase.value,
    )


def _entry(row: Row[Any]) -> JournalEntry:
    return JournalEntry(
        plan_id=PlanId(row.plan_id),
        step_id=StepId(row.step_id),
        phase=Phase(row.phase),
        at=row.at,
        body=row.body,
    )
