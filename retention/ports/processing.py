"""What the ledger remembers of processors beside orders and receipts."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from retention.model.answer import Silence
from retention.model.ids import OrderId, SystemId
from retention.model.processing import Note


class Processing(Protocol):
    """One transaction a method, durable when it returns; no personal value."""

    def silence(self, processor: SystemId) -> Silence:
        """Return how the processor has failed to answer of late."""
        ...

    def put_silence(self, processor: SystemId, silence: Silence) -> None:
        """Keep it."""
        ...

    def note(self, note: Note) -> None:
        """Keep a note; the same once."""
        ...

    def notes(self, order_id: OrderId | None = None) -> tuple[Note, ...]:
        """Return notes on an order, or all, oldest first."""
        ...

    def use_link(self, digest: str, order_id: OrderId, at: datetime) -> bool:
        """Use up a link; False if it was used before."""
        ...
