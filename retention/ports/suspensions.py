"""Whose data is suspended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from retention.model.ids import CaseId
from retention.model.suspension import SuspendedKey


class Suspensions(Protocol):
    """The ledger of suspensions: keyed digests."""

    def suspend(self, keys: Iterable[SuspendedKey]) -> None:
        """Keep them; one a case, key name and digest."""
        ...

    def lift(self, case_id: CaseId, by: CaseId, at: datetime) -> None:
        """Note that what the case suspended is lifted; the first word stands."""
        ...

    def all(self, case_id: CaseId | None = None) -> tuple[SuspendedKey, ...]:
        """Return every key, lifted or not, oldest first; of one case if it is named."""
        ...

    def standing(self) -> tuple[SuspendedKey, ...]:
        """Return those that are not lifted, oldest first."""
        ...
