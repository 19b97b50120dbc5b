"""Silences of processors, notes on orders, and links that were used."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from retention.model.answer import Silence
from retention.model.ids import OrderId, SystemId
from retention.model.processing import Note, NoteKind
from retention.store.engine import Database
from retention.store.tables import ORDER_NOTES, SILENCES, USED_LINKS


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

    def note(self, note: Note) -> None:
        """Keep a note; the same once."""
        row = {"order_id": note.order_id, "kind": note.kind.value, "noted_at": note.noted_at, "by_ref": note.by_ref}
        with self._database.writing() as connection:
            connection.execute(self._database.insert(ORDER_NOTES).values(row).on_conflict_do_nothing())

    def notes(self, order_id: OrderId | None = None) -> tuple[Note, ...]:
        """Return notes on an order, or all, oldest first."""
        query = select(ORDER_NOTES).order_by(ORDER_NOTES.c.noted_at, ORDER_NOTES.c.seq)
        if order_id is not None:
            query = query.where(ORDER_NOTES.c.order_id == order_id)
        with self._database.reading() as connection:
            rows = connection.execute(query)
            return tuple(Note(OrderId(row.order_id), NoteKind(row.kind), row.noted_at, row.by_ref) for row in rows)

    def use_link(self, digest: str, order_id: OrderId, at: datetime) -> bool:
        """Use up a link; False if it was used before."""
        insert = self._database.insert(USED_LINKS).values(digest=digest, order_id=order_id, used_at=at)
        with self._database.writing() as connection:
            once = insert.on_conflict_do_nothing().returning(USED_LINKS.c.digest)
            return connection.scalar(once) is not None
