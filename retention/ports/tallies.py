"""Counting the ledger as a whole, in the database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from retention.model.case import CaseKind, CaseState


@dataclass(frozen=True, slots=True)
class Tally:
    """What stands in the ledger at one moment."""

    cases: Mapping[tuple[CaseKind, CaseState], int]
    newest: datetime | None
    """When the newest case was opened, whatever became of it."""
    oldest_open: datetime | None
    """When the oldest case that is not over was opened."""
    next_due: datetime | None
    """The earliest statutory date of a case that is not over."""
    late: int
    """How many of those dates have passed."""
    holds: int
    horizons: int
    horizons_late: int
    orders: int
    """Without any answer."""
    orders_late: int


class Tallies(Protocol):
    """Counts, each one query."""

    def at(self, now: datetime) -> Tally:
        """Return what stands."""
        ...


class HasTallies(Protocol):
    """The part of the ledger that counts."""

    @property
    def tallies(self) -> Tallies:
        """Counts."""
        ...
