"""The order of the evidence log: indexes without gaps, whoever appends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Row, select, update

from retention.model.ids import CaseId, StatementId
from retention.ports.ledger import LogEntry
from retention.store.engine import Database
from retention.store.tables import LOG, LOG_SIZE

BATCH = 512
"""Entries in memory at a time."""


class SqlLogSequence:
    """Implements `ports.ledger.LogSequence`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def append(self, statement_id: StatementId, case_id: CaseId | None, envelope: bytes) -> LogEntry:
        """Give the statement the next index; if it has one already, return the entry that stands."""
        with self._database.writing() as connection:
            # one row, locked until the commit: appenders queue, and a death gives the index back
            size: int = connection.execute(select(LOG_SIZE.c.size).with_for_update()).scalar_one()
            standing = connection.execute(select(LOG).where(LOG.c.statement_id == statement_id)).one_or_none()
            if standing is not None:
                return _entry(standing)
            row = {"position": size, "statement_id": statement_id, "case_id": case_id, "envelope": envelope}
            connection.execute(self._database.insert(LOG).values(row))
            connection.execute(update(LOG_SIZE).values(size=size + 1))
        return LogEntry(index=size, statement_id=statement_id, case_id=case_id, envelope=envelope)

    def size(self) -> int:
        """Return how many entries there are."""
        with self._database.reading() as connection:
            size: int = connection.execute(select(LOG_SIZE.c.size)).scalar_one()
        return size

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[LogEntry]:
        """Yield entries from index `start` up to and without `stop`; memory is bounded by a batch."""
        end = self.size() if stop is None else stop
        for first in range(start, end, BATCH):
            query = select(LOG).where(LOG.c.position >= first, LOG.c.position < min(first + BATCH, end))
            with self._database.reading() as connection:
                rows = list(connection.execute(query.order_by(LOG.c.position)))
            if not rows:
                return
            yield from (_entry(row) for row in rows)

    def of_case(self, case_id: CaseId) -> tuple[LogEntry, ...]:
        """Return the case's entries by index."""
        query = select(LOG).where(LOG.c.case_id == case_id).order_by(LOG.c.position)
        with self._database.reading() as connection:
            return tuple(_entry(row) for row in connection.execute(query))


def _entry(row: Row[Any]) -> LogEntry:
    return LogEntry(
        index=row.position,
        statement_id=StatementId(row.statement_id),
        case_id=None if row.case_id is None else CaseId(row.case_id),
        envelope=row.envelope,
    )
