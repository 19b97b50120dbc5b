"""Orders to processors. An answer counts only if its signature verifies."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId


class Processor(Protocol):
    """One processor.

    Every method raises TransientFailure (not reached, 429, 5xx), TerminalFailure (refused) or
    SignatureFailure (the answer is not the processor's).
    """

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Place the order; the same `order_id` again returns what became of the first."""
        ...

    def status(self, order_id: OrderId, *, now: datetime) -> Receipt:
        """Ask how far the order is."""
        ...

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
        """Check a call that the processor made to us, and return what it says."""
        ...
