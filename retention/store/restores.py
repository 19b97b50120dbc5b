"""Restored stores and what the gate said of them."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, select

from retention.model.ids import CaseId, DatasetId, SystemId
from retention.model.restores import Restore, RestoreLook, Verdict
from retention.store.engine import Database
from retention.store.tables import RESTORE_LOOKS, RESTORES


class SqlRestores:
    """Implements `ports.restores.Restores`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def keep(self, restore: Restore) -> None:
        """Keep what is known of a restore; a later word replaces an earlier one."""
        absent = {name: sorted(columns) for name, columns in restore.absent.items()}
        told = {"taken_at": restore.taken_at, "absent": json.dumps(absent, sort_keys=True)}
        insert = self._database.insert(RESTORES).values(case_id=restore.case_id, system=restore.system, **told)
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["case_id"], set_=told))

    def get(self, case_id: CaseId) -> Restore | None:
        """Return what is known of the case's restore, if anything."""
        with self._database.reading() as connection:
            row = connection.execute(select(RESTORES).where(RESTORES.c.case_id == case_id)).one_or_none()
        if row is None:
            return None
        absent = {DatasetId(name): frozenset(columns) for name, columns in json.loads(row.absent).items()}
        return Restore(CaseId(row.case_id), SystemId(row.system), row.taken_at, absent)

    def add_look(self, look: RestoreLook) -> None:
        """Keep what the gate said; one a case and moment."""
        row = {
            "case_id": look.case_id,
            "looked_at": look.looked_at,
            "system": look.system,
            "verdict": look.verdict.value,
            "found": look.found,
            "findings": json.dumps(look.findings),
            "people_of": json.dumps(sorted(look.people_of)),
        }
        with self._database.writing() as connection:
            connection.execute(self._database.insert(RESTORE_LOOKS).values(row).on_conflict_do_nothing())

    def looks(self, system: SystemId | None = None) -> tuple[RestoreLook, ...]:
        """Return what the gate said, oldest first."""
        query = select(RESTORE_LOOKS).order_by(RESTORE_LOOKS.c.looked_at, RESTORE_LOOKS.c.case_id)
        if system is not None:
            query = query.where(RESTORE_LOOKS.c.system == system)
        with self._database.reading() as connection:
            return tuple(_look(row) for row in connection.execute(query))


def _look(row: Row[Any]) -> RestoreLook:
    return RestoreLook(
        case_id=CaseId(row.case_id),
        system=SystemId(row.system),
        looked_at=row.looked_at,
        verdict=Verdict(row.verdict),
        found=row.found,
        findings=tuple(json.loads(row.findings)),
        people_of=frozenset(map(CaseId, json.loads(row.people_of))),
    )
