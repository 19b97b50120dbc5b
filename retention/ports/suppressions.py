"""Who must not come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Protocol

from retention.model.copies import Suppression
from retention.model.ids import CaseId


class Suppressions(Protocol):
    """The suppression ledger: keyed digests, for as long as some copy could hold the person."""

    def suppress(self, suppressions: Iterable[Suppression]) -> None:
        """Keep who must not come back; the later `expires_at` wins, None (unknown) wins over any."""
        ...

    def suppressions(self, now: datetime) -> Iterator[Suppression]:
        """Yield those that have not expired, lifted ones too: an older copy may hold what was erased."""
        ...

    def suppressed(self, keys: Iterable[tuple[str, str]], now: datetime) -> Iterator[Suppression]:
        """Yield those of these keys (name, keyed digest) that have neither expired nor been lifted; one look-up."""
        ...

    def prolong_suppressions(self, case_id: CaseId, expires_at: datetime | None) -> None:
        """Keep the case's people at least until then, because a copy stays longer; None: until further notice."""
        ...

    def settle_suppressions(self, case_id: CaseId, expires_at: datetime) -> None:
        """Give those of the case's people that had no date one, since no copy is left."""
        ...

    def suppressions_of(self, cases: Iterable[CaseId]) -> Iterator[Suppression]:
        """Yield the cases' own, expired or not; those that were lifted are left out."""
        ...

    def lift_suppressions(self, keys: Iterable[tuple[str, str]], at: datetime) -> int:
        """Let these keys (name, digest) come back, so far as they were erased before then; return how many."""
        ...

    def expire_suppressions(self, now: datetime) -> int:
        """Remove those that have expired; return how many."""
        ...
