"""Holds that people placed, and rows that wait for the end of a law's hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, replace
from datetime import datetime
from itertools import islice
from typing import Any

from sqlalchemy import Row, select, update

from retention.errors import StateError, UnknownNameError
from retention.model.hold import Deferred, PlacedHold
from retention.model.ids import CaseId, DatasetId, HoldId
from retention.store.engine import Database
from retention.store.tables import DEFERRED, HOLDS

BATCH = 1000
"""Rows in memory at a time."""


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

    def defer(self, rows: Iterable[Deferred]) -> None:
        """Keep rows that are to go when their hold ends; one a dataset, hold and digest."""
        insert = self._database.insert(DEFERRED).on_conflict_do_nothing()
        values = (asdict(row) for row in rows)
        with self._database.writing() as connection:
            while batch := list(islice(values, BATCH)):
                connection.execute(insert, batch)

    def deferred(self) -> Iterator[Deferred]:
        """Yield every row that was deferred, whether it has gone meanwhile or not."""
        with self._database.reading() as connection:
            for row in connection.execute(select(DEFERRED), execution_options={"yield_per": BATCH}):
                yield Deferred(
                    dataset=DatasetId(row.dataset),
                    hold_id=HoldId(row.hold_id),
                    digest=row.digest,
                    case_id=CaseId(row.case_id),
                    recorded_at=row.recorded_at,
                )


def _hold(row: Row[Any]) -> PlacedHold:
    return PlacedHold(
        hold_id=HoldId(row.hold_id),
        reason=row.reason,
        key_name=row.key_name,
        subject_digest=row.subject_digest,
        placed_at=row.placed_at,
        released_at=row.released_at,
    )
