"""Disposal is paused for a person, whatever the clocks say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.model.ids import HoldId


@dataclass(frozen=True, slots=True)
class PlacedHold:
    """A hold that a person placed (litigation, dispute, investigation).

    It follows the person by keyed digest and never resets a clock: when it is released, what
    fell due meanwhile is due.
    """

    hold_id: HoldId
    reason: str
    """A code: `litigation`, `dispute`, `investigation`, `authority-order`."""
    key_name: str
    subject_digest: str
    placed_at: datetime
    released_at: datetime | None = None
