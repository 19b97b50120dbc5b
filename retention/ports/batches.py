"""Which requests go together in which batch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from retention.model.case import CaseState
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey


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


class ManyVaults(Protocol):
    """The vaults of many cases at once; what `ports.ledger.Vault` says of one holds of each."""

    def read(self, cases: Iterable[CaseId], name: str) -> Mapping[CaseId, bytes]:
        """Decrypt and return what has that name, of the cases that have it.

        Raises StateError if the key of one is shredded.
        """
        ...

    def shred(self, cases: Iterable[CaseId]) -> Mapping[CaseId, str]:
        """Shred the cases' keys and remove their ciphertext; return the check values of the keys."""
        ...


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept of one request's person when it is sealed: see `ports.vaults.Openings`."""

    case_id: CaseId
    openings: tuple[tuple[SubjectKey, bytes], ...] = field(repr=False)
    receipt: bytes = field(repr=False)
    expires_at: datetime
    """When the receipt may go."""
