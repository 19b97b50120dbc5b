"""The durable inbox: raw events, kept as ciphertext from the door until they are folded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from retention.model.ids import CaseId
from retention.model.parcel import Parcel, ParcelState, Settled, Taken


class Inbox(Protocol):
    """Parcels; one a parcel id. Every method is one transaction, durable when it returns."""

    def stamp(self, text: bytes) -> str:
        """Return the keyed digest (hex) by which the inbox knows such bytes."""
        ...

    def take(self, parcels: Sequence[Parcel]) -> Taken:
        """Keep parcels that are new, all or none; one that contradicts a known one is kept as dead."""
        ...

    def of_state(self, state: ParcelState, limit: int) -> tuple[Parcel, ...]:
        """Return parcels in that state, opened, in the order in which they came."""
        ...

    def settle(self, settled: Sequence[Settled], now: datetime) -> int:
        """Write what became of waiting parcels, and their events, all or none; return how many still waited.

        The ciphertext goes, save of those that are dead or whose case is being opened.
        """
        ...

    def opened(self, parcel_id: str, case_id: CaseId | None, now: datetime) -> None:
        """Note which case the parcel set going, None for none after all: its ciphertext goes."""
        ...

    def revive(self, parcel_ids: Sequence[str]) -> int:
        """Let dead letters wait again; return how many were dead."""
        ...

    def drop(self, parcel_ids: Sequence[str], now: datetime) -> int:
        """Remove what dead letters say; that they came, and why they were dead, stays. Return how many were."""
        ...

    def counts(self) -> dict[ParcelState, int]:
        """Return how many parcels are in each state that has any."""
        ...

    def started(self) -> tuple[Parcel, ...]:
        """Return the parcels that set a case going, without what they say, newest first."""
        ...


class Inboxes(Protocol):
    """The part of the ledger about events that have come and are not folded."""

    @property
    def inbox(self) -> Inbox:
        """Parcels."""
        ...
