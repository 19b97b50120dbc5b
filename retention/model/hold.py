"""Disposal is paused for a person, whatever the clocks say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.model.ids import CaseId, DatasetId, HoldId


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


@dataclass(frozen=True, slots=True)
class Deferred:
    """A row that its person has left and that a law keeps: to be disposed of when the law lets go of it."""

    dataset: DatasetId
    hold_id: HoldId
    digest: str
    """HMAC of the row's primary key under the suppression key."""
    case_id: CaseId
    """The case in which it was promised."""
    recorded_at: datetime
