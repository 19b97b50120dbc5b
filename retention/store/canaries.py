"""Canaries, by keyed digest."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Row, select, update

from retention.errors import UnknownNameError
from retention.model.canary import Canary, CanaryId, CanaryState
from retention.model.ids import CaseId
from retention.store.engine import Database
from retention.store.tables import CANARIES


class SqlCanaries:
    """Implements `ports.ledger.Canaries`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def add(self, canary: Canary) -> None:
        """Keep a canary, before its first row is written."""
        row = {
            "canary_id": canary.canary_id,
            "case_id": canary.case_id,
            "planted_at": canary.planted_at,
            "rows": json.dumps(dict(canary.rows), sort_keys=True),
            "digests": json.dumps(sorted(canary.digests)),
            "state": canary.state.value,
            "looked_at": canary.looked_at,
        }
        with self._database.writing() as connection:
            connection.execute(self._database.insert(CANARIES).values(row).on_conflict_do_nothing())

    def looked(self, canary: Canary) -> None:
        """Write the canary's state and when it was looked for."""
        with self._database.writing() as connection:
            connection.execute(
                update(CANARIES)
                .where(CANARIES.c.canary_id == canary.canary_id)
                .values(state=canary.state.value, looked_at=canary.looked_at)
            )

    def get(self, canary_id: CanaryId) -> Canary:
        """Return the canary.

        Raises:
            UnknownNameError: there is none of that number.

        """
        with self._database.reading() as connection:
            row = connection.execute(select(CANARIES).where(CANARIES.c.canary_id == canary_id)).one_or_none()
        if row is None:
            raise UnknownNameError(f"no canary {canary_id}", hint="see `retention canary list`")
        return _canary(row)

    def all(self) -> tuple[Canary, ...]:
        """Return every canary, oldest first."""
        query = select(CANARIES).order_by(CANARIES.c.planted_at, CANARIES.c.canary_id)
        with self._database.reading() as connection:
            return tuple(_canary(row) for row in connection.execute(query))


def _canary(row: Row[Any]) -> Canary:
    return Canary(
        canary_id=CanaryId(row.canary_id),
        case_id=CaseId(row.case_id),
        planted_at=row.planted_at,
        rows=json.loads(row.rows),
        digests=frozenset(json.loads(row.digests)),
        state=CanaryState(row.state),
        looked_at=row.looked_at,
    )
