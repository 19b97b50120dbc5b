"""What follows an order: reminders, and how urgent they have become."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from retention.model.ids import OrderId


class Urgency(Enum):
    """How far a reminder goes."""

    ASKED = "asked"
    """The order itself went out by a road on which nothing comes back: a mail."""
    REMINDED = "reminded"
    """The processor was reminded before its day."""
    ESCALATED = "escalated"
    """Its day has passed: whoever answers for the contract was told."""


@dataclass(frozen=True, slots=True)
class Reminder:
    """Someone was reminded of an order."""

    order_id: OrderId
    urgency: Urgency
    sent_at: datetime
