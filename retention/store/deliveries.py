"""What was told to whom, by the message's own id."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select

from retention.store.engine import Database
from retention.store.outside_tables import DELIVERIES

_AT_ONCE = 500
"""Ids in one query: SQLite takes no more than some thousands."""


class SqlDeliveries:
    """Implements `ports.alerts.Deliveries`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def told(self, messages: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return (message, way) of those among them that were told."""
        asked, table = sorted(messages), DELIVERIES.c
        found: set[tuple[str, str]] = set()
        with self._database.reading() as connection:
            for start in range(0, len(asked), _AT_ONCE):
                these = table.message.in_(asked[start : start + _AT_ONCE])
                found |= {(row.message, row.way) for row in connection.execute(select(DELIVERIES).where(these))}
        return frozenset(found)

    def note(self, message: str, way: str, at: datetime) -> None:
        """Keep that it was told; what is known stays as it is."""
        insert = self._database.insert(DELIVERIES).on_conflict_do_nothing()
        with self._database.writing() as connection:
            connection.execute(insert, {"message": message, "way": way, "told_at": at})
