"""Exports for people."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Row, select

from retention.errors import UnknownNameError
from retention.model.disclosure import Export, ExportState
from retention.model.ids import CaseId, PlanId, StepId
from retention.model.sharing import ExportId
from retention.model.terms import Right
from retention.store.engine import Database
from retention.store.outside_tables import DISCLOSURES


class SqlDisclosures:
    """Implements `ports.disclosures.Disclosures`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def put(self, export: Export) -> None:
        """Keep the export; replaces what stands under its number."""
        row = {
            "export_id": export.export_id,
            "case_id": export.case_id,
            "plan_id": export.plan_id,
            "step_id": export.step_id,
            "right": export.right.value,
            "rows": export.rows,
            "file_digest": export.file_digest,
            "made_at": export.made_at,
            "until": export.until,
            "state": export.state.value,
        }
        insert = self._database.insert(DISCLOSURES).values(row)
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["export_id"], set_=row))

    def get(self, export_id: ExportId) -> Export:
        """Return the export; raises UnknownNameError."""
        query = select(DISCLOSURES).where(DISCLOSURES.c.export_id == export_id)
        with self._database.reading() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            raise UnknownNameError(f"no export {export_id[:40]}", hint="see `retention disclosure list`")
        return _export(row)

    def all(self, case_id: CaseId | None = None) -> tuple[Export, ...]:
        """Return every export, or those of one case, oldest first."""
        query = select(DISCLOSURES).order_by(DISCLOSURES.c.made_at, DISCLOSURES.c.export_id)
        if case_id is not None:
            query = query.where(DISCLOSURES.c.case_id == case_id)
        with self._database.reading() as connection:
            return tuple(map(_export, connection.execute(query)))


def _export(row: Row[Any]) -> Export:
    return Export(
        export_id=ExportId(row.export_id),
        case_id=CaseId(row.case_id),
        plan_id=PlanId(row.plan_id),
        step_id=StepId(row.step_id),
        right=Right(row.right),
        rows=row.rows,
        file_digest=row.file_digest,
        made_at=row.made_at,
        until=row.until,
        state=ExportState(row.state),
    )
