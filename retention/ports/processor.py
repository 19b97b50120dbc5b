"""Orders to processors. An answer counts only if it is shown to be theirs (`Receipt.proof`).

What the case becomes follows from the answer alone (`retention.model.answer.standing`):

    completed     erased there, unless a look-up contradicts it
    best effort   asked; never called erased
    pending       waits
    manual        waits for a person
    unreachable   waits; after the deadline it is escalated
    partial       stuck: the case is PARTIAL with the reason
    refused       stuck: the case is PARTIAL with the reason
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from retention.model.copies import Order, Receipt
from retention.model.ids import OrderId


class Processor(Protocol):
    """One processor.

    A refusal with a reason, and work that is half done, are answers and no errors. Every method
    raises TransientFailure (not reached, 429, 5xx; `retry_at` where they said when), TerminalFailure
    (not understood; our settings are wrong) or SignatureFailure (the answer is not the processor's).
    """

    def submit(self, order: Order, *, now: datetime) -> Receipt:
        """Place the order; the same `order_id` again returns what became of the first.

        Where the processor cannot tell a repeat by the id and `order.may_have_arrived` is set, the
        connector looks before it sends, or answers `ByHand`: never a second deletion by accident.
        """
        ...

    def status(self, order: Order, *, now: datetime) -> Receipt:
        """Ask how far the order is; `order.reference` is the number that the processor gave it."""
        ...

    def callback(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> Receipt:
        """Check a call that the processor made to us, and return what it says."""
        ...


class RemindingProcessor(Processor, Protocol):
    """A processor that can be reminded over its own road (`Capabilities.reminds`)."""

    def remind(self, order_id: OrderId, due_at: datetime, *, late: bool, now: datetime) -> None:
        """Remind of an order, without a word about the person; raises as `Processor` does."""
        ...


class CheckableProcessor(Processor, Protocol):
    """A processor that can be called without changing anything (`Capabilities.checks`)."""

    def check(self, *, now: datetime) -> bool:
        """Send a harmless call; False if none is known. Raises as `Processor` does."""
        ...


class ProbingProcessor(Processor, Protocol):
    """A processor that has a look-up (`Capabilities.probes`)."""

    def knows(self, order: Order, *, now: datetime) -> bool:
        """Look whether it still knows the person; raises as `Processor` does.

        "They said so" is not "it is gone": a look-up that finds the person beats every answer.
        """
        ...
