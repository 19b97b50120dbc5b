"""What is noted about an order beside answers: reminders, and that a person decided to go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from retention.model.ids import OrderId


class NoteKind(Enum):
    """What was noted."""

    ASKED = "asked"
    """The order went out by a road on which nothing comes back by itself: a mail."""
    REMINDED = "reminded"
    """The processor was reminded before its day."""
    ESCALATED = "escalated"
    """Its day has passed: whoever answers for the contract was told."""
    ACCEPTED = "accepted"
    """A person decided to go on although it refused or erased only a part; the person is told so."""


@dataclass(frozen=True, slots=True)
class Note:
    """Something about an order."""

    order_id: OrderId
    kind: NoteKind
    noted_at: datetime
    by_ref: str | None = None
    """HMAC of the decider's name under the staff key, for ACCEPTED."""
