"""Silences of processors, reminders, and links that were used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from retention.model.answer import Silence
from retention.model.ids import OrderId, SystemId
from retention.model.processing import Reminder, Urgency
from retention.store.engine import Database
from retention.store.tables import REMINDERS, SILENCES, USED_LINKS


class SqlProcessing:
    """Implements `ports.processing.Processing`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def silence(self, processor: SystemId) -> Silence:
        """Return how the processor has failed to answer of late."""
        with self._database.reading() as connection:
            row = connection.execute(select(SILENCES).where(SILENCES.c.processor == processor)).one_or_none()
        return Silence() if row is None else Silence(row.failures, row.since, row.not_before)

    def put_silence(self, processor: SystemId, silence: Silence) -> None:
        """Keep it; the newest stands."""
        told = {"failures": silence.failures, "since": silence.since, "not_before": silence.not_before}
        insert = self._database.insert(SILENCES).values(processor=processor, **told)
        with self._database.writing() as connection:
            connection.execute(insert.on_conflict_do_update(index_elements=["processor"], set_=told))

    def remind(self, reminder: Reminder) -> None:
        """Keep that someone was reminded; the same once."""
        row = {"order_id": reminder.order_id, "level": reminder.urgency.value, "sent_at": reminder.sent_at}
        with self._database.writing() as connection:
            connection.execute(self._database.insert(REMINDERS).values(row).on_conflict_do_nothing())

    def reminders(self, order_id: OrderId | None = None) -> tuple[Reminder, ...]:
        """Return reminders of an order, or all, oldest first."""
        query = select(REMINDERS).order_by(REMINDERS.c.sent_at, REMINDERS.c.seq)
        if order_id is not None:
            query = query.where(REMINDERS.c.order_id == order_id)
        with self._database.reading() as connection:
            rows = connection.execute(query)
            return tuple(Reminder(OrderId(row.order_id), Urgency(row.level), row.sent_at) for row in rows)

    def use_link(self, digest: str, order_id: OrderId, at: datetime) -> bool:
        """Use up a link; False if it was used before."""
        insert = self._database.insert(USED_LINKS).values(digest=digest, order_id=order_id, used_at=at)
        with self._database.writing() as connection:
            once = insert.on_conflict_do_nothing().returning(USED_LINKS.c.digest)
            return connection.scalar(once) is not None
