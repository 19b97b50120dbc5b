"""Holds that people placed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, select, update

from retention.errors import StateError, UnknownNameError
from retention.model.hold import PlacedHold
from retention.model.ids import HoldId
from retention.store.engine import Database
from retention.store.tables import HOLDS


class SqlHolds:
    """Implements `ports.ledger.Holds`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def place(self, hold: PlacedHold) -> None:
        """Keep a hold."""
        row = {
            "hold_id": hold.hold_id,
            "reason": hold.reason,
            "key_name": hold.key_name,
            "subject_digest": hold.subject_digest,
            "placed_at": hold.placed_at,
            "released_at": hold.released_at,
        }
        with self._database.writing() as connection:
            connection.execute(self._database.insert(HOLDS).values(row).on_conflict_do_nothing())

    def release(self, hold_id: HoldId, at: datetime) -> PlacedHold:
        """End a hold.

        Raises:
            UnknownNameError: there is no such hold.
            StateError: it is released already.

        """
        this = HOLDS.c.hold_id == hold_id
        with self._database.writing() as connection:
            row = connection.execute(select(HOLDS).where(this).with_for_update()).one_or_none()
            if row is None:
                raise UnknownNameError(f"no hold {hold_id}", hint="see `retention hold list`")
            hold = _hold(row)
            if hold.released_at is not None:
                raise StateError(f"hold {hold_id} was released at {hold.released_at.isoformat()} already")
            connection.execute(update(HOLDS).where(this).values(released_at=at))
        return replace(hold, released_at=at)

    def all(self) -> tuple[PlacedHold, ...]:
        """Return every hold, oldest first."""
        query = select(HOLDS).order_by(HOLDS.c.placed_at, HOLDS.c.hold_id)
        with self._database.reading() as connection:
            return tuple(_hold(row) for row in connection.execute(query))


def _hold(row: Row[Any]) -> PlacedHold:
    return PlacedHold(
        hold_id=HoldId(row.hold_id),
        reason=row.reason,
        key_name=row.key_name,
        subject_digest=row.subject_digest,
        placed_at=row.placed_at,
        released_at=row.released_at,
    )
