"""Which requests go together in which batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from retention.model.case import CaseState
from retention.model.ids import CaseId


@dataclass(frozen=True, slots=True)
class Member:
    """A request in a batch."""

    case_id: CaseId
    share: bytes
    """Its `model.batch.Share`, as canonical JSON: numbers and codes only."""


class Batches(Protocol):
    """Requests by their batch. A request is in one batch at most."""

    def keep(self, batch: CaseId, members: Sequence[Member]) -> None:
        """Let the batch consist of exactly these requests; all or none.

        Raises StateError if one does not stand where the batch stands, or another batch is under way with it.
        """
        ...

    def members(self, batch: CaseId) -> tuple[Member, ...]:
        """Return the batch's requests, by case number."""
        ...

    def states(self, batch: CaseId) -> Mapping[CaseId, CaseState]:
        """Return where each of the batch's requests stands, by case number."""
        ...

    def batch_of(self, case_id: CaseId) -> CaseId | None:
        """Return the batch that the request is in."""
        ...

    def leave(self, case_id: CaseId) -> None:
        """Let the request be in no batch."""
        ...

    def move(self, batch: CaseId, state: CaseState) -> None:
        """Move the batch, and with it every request that stands where it stood: all in one transaction.

        Raises UnknownNameError, and StateError if `case.NEXT` does not allow it.
        """
        ...

    def seal(self, cases: Iterable[CaseId]) -> None:
        """Move verified requests to SEALED, all in one transaction; those that are there stay."""
        ...
