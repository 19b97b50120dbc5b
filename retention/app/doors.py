"""Use cases about what comes in: parcels, the dead among them, and what they set going."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retention.app import dead_letters, folding, receiving, urgent
from retention.app.context import Context
from retention.app.folding import Folded
from retention.app.parcels import read
from retention.app.urgent import Started
from retention.model.parcel import Parcel, ParcelState, Taken, Unfit


class Doors:
    """The part of `App` that is about what comes in."""

    context: Context

    def take_parcels(self, now: datetime, wait_seconds: int = 1) -> Taken:
        """See `receiving.take`."""
        return receiving.take(self.context, now, wait_seconds)

    def receive_parcels(self, bodies: Sequence[bytes], intake: str, now: datetime) -> Taken:
        """See `receiving.receive`."""
        return receiving.receive(self.context, bodies, intake, now)

    def unfit(self, sent: object, now: datetime) -> Unfit | None:
        """Say why what was sent is no event that could be folded; None: it is one."""
        found = read(self.context, sent, now)
        return found if isinstance(found, Unfit) else None

    def fold(self, now: datetime) -> Folded:
        """See `folding.fold`."""
        return folding.fold(self.context, now)

    def started(self) -> Started:
        """See `urgent.started`."""
        return urgent.started(self.context)

    def parcels(self) -> dict[ParcelState, int]:
        """Return how many parcels are in each state that has any."""
        return self.context.ledger.inbox.counts()

    def dead_letters(self) -> tuple[Parcel, ...]:
        """See `dead_letters.dead`."""
        return dead_letters.dead(self.context)

    def retry_parcels(self, numbers: Sequence[str]) -> int:
        """See `dead_letters.retry`."""
        return dead_letters.retry(self.context, numbers)

    def drop_parcels(self, numbers: Sequence[str], now: datetime) -> int:
        """See `dead_letters.drop`."""
        return dead_letters.drop(self.context, numbers, now)
