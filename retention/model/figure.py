"""What is measured of the whole: counts and ages, by kinds and states, of nobody in particular."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum


class Measure(Enum):
    """Every figure there is. All are gauges: what stands now; docs/metrics.md says when each is worth an alarm."""

    CASES = "retention.cases"
    """Cases by `kind` and `state`."""
    DUE = "retention.due"
    """Cases that are not over: neither closed nor sealed, denied or rejected."""
    DONE = "retention.done"
    """Cases that are sealed or closed."""
    LATE = "retention.late"
    """Cases that are not over and whose statutory date has passed."""
    WITHHELD = "retention.withheld"
    """Holds in force."""
    FAILED = "retention.failed"
    """Cases in which something could not be done or verified (partial), or came back (returned)."""
    OLDEST_OPEN = "retention.oldest_open_seconds"
    """The age of the oldest case that is not over; 0 if there is none."""
    NEXT_DEADLINE = "retention.next_deadline_seconds"
    """Until the next statutory date of a case that is not over; negative once one has passed; absent without one."""
    HORIZONS = "retention.horizons_outstanding"
    """Copies that are not gone yet."""
    HORIZONS_LATE = "retention.horizons_late"
    """Copies that should be gone by now."""
    ORDERS = "retention.orders_outstanding"
    """Orders that no processor has answered at all."""
    ORDERS_LATE = "retention.orders_late"
    """Of these, orders whose day has passed."""
    UNPUBLISHED = "retention.log_unpublished"
    """Entries of the log in the ledger that are not published."""
    OUTBOX = "retention.outbox_waiting"
    """Letters that are neither sent nor given up."""
    INBOX = "retention.inbox_waiting"
    """Parcels that are taken and not folded."""
    DEAD = "retention.dead_letters"
    """Parcels that nobody could read."""
    CANARIES = "retention.canaries_alive"
    """Canaries that are planted and not proven absent."""
    CANARIES_SURVIVED = "retention.canaries_survived"
    """Canaries that were found where they should be gone."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; labels are words of ours, never ids."""

    measure: Measure
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
