"""What the ledger remembers of people beside cases: openings of commitments by epoch, and canaries.

As everywhere in the ledger, nobody stands here in the clear.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from retention.model.canary import Canary, CanaryId
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey
from retention.ports.access import Access
from retention.ports.agents import AgentRequests
from retention.ports.alerts import HasDeliveries
from retention.ports.batches import Batches, Kept, ManyVaults
from retention.ports.clients import ClientRequests
from retention.ports.disclosures import Disclosures
from retention.ports.inbox import Inboxes
from retention.ports.letters import HasLetters
from retention.ports.processing import Processing
from retention.ports.requests import Promises, Requests
from retention.ports.rescans import Returns
from retention.ports.restores import Restores
from retention.ports.sharing import Sharing
from retention.ports.suspensions import Suspensions
from retention.ports.tallies import HasTallies
from retention.ports.volume import HasVolumes


@dataclass(frozen=True, slots=True)
class Epoch:
    """One year's vault of openings: who has its key can ask for a person whom he knows."""

    name: str
    """The year."""
    key_check: str
    """First 16 hex digits of HMAC-SHA-256(epoch key, "kcv"); stays when the key is gone."""
    destroy_at: datetime
    """From when on it may be destroyed: promised in every statement of the epoch."""
    destroyed_at: datetime | None


class Openings(Protocol):
    """What ties a person to a case's commitment, as ciphertext under the epoch's key, found by keyed digest."""

    def begin(self, name: str, destroy_at: datetime) -> Epoch:
        """Return the epoch, made if there is none; the first date stays. Raises StateError if it is destroyed."""
        ...

    def epochs(self) -> tuple[Epoch, ...]:
        """Return all epochs, oldest first."""
        ...

    def put(self, epoch: str, case_id: CaseId, openings: Iterable[tuple[SubjectKey, bytes]]) -> None:
        """Keep openings of a case; replaces those of the same person and case. Raises StateError if destroyed."""
        ...

    def put_many(self, epoch: str, kept: Iterable[Kept]) -> None:
        """Keep openings and receipts of several cases, as `put` and `put_receipt` do of one; all or none."""
        ...

    def find(self, epoch: str, key: SubjectKey) -> tuple[tuple[CaseId, bytes], ...]:
        """Return the person's openings; raises StateError if the epoch is destroyed."""
        ...

    def put_receipt(self, epoch: str, case_id: CaseId, content: bytes, expires_at: datetime) -> None:
        """Keep what a person's receipt is made from until it expires; the first stays."""
        ...

    def receipt(self, case_id: CaseId) -> bytes | None:
        """Return it, or None if there is none (any more)."""
        ...

    def expire_receipts(self, now: datetime) -> int:
        """Remove those that have expired; return how many."""
        ...

    def destroy(self, name: str, now: datetime) -> Epoch:
        """Destroy the epoch's key and rows. A repeat ends in the same state. Raises UnknownNameError."""
        ...


class Canaries(Protocol):
    """Synthetic people, by keyed digest."""

    def add(self, canary: Canary) -> None:
        """Keep a canary, before its first row is written."""
        ...

    def looked(self, canary: Canary) -> None:
        """Write the canary's state and when it was looked for."""
        ...

    def get(self, canary_id: CanaryId) -> Canary:
        """Return the canary; raises UnknownNameError."""
        ...

    def all(self) -> tuple[Canary, ...]:
        """Return every canary, oldest first."""
        ...


class Vaults(Returns, HasLetters, HasDeliveries, HasTallies, HasVolumes, Inboxes, Protocol):
    """The parts of the ledger that stand beside cases."""

    @property
    def batches(self) -> Batches:
        """Requests that go together."""
        ...

    @property
    def many_vaults(self) -> ManyVaults:
        """The ciphertext of many cases at once."""
        ...

    @property
    def canaries(self) -> Canaries:
        """Canaries."""
        ...

    @property
    def openings(self) -> Openings:
        """What ties people to commitments."""
        ...

    @property
    def processing(self) -> Processing:
        """Processors, beside orders and receipts."""
        ...

    @property
    def restores(self) -> Restores:
        """Restored stores, and what the gate said of them."""
        ...

    @property
    def sharing(self) -> Sharing:
        """Joint use."""
        ...

    @property
    def disclosures(self) -> Disclosures:
        """Exports for people."""
        ...

    @property
    def suspensions(self) -> Suspensions:
        """Whose data is suspended."""
        ...

    @property
    def clients(self) -> ClientRequests:
        """What clients ask of us."""
        ...

    @property
    def access(self) -> Access:
        """Who may ask over the wire."""
        ...

    @property
    def agents(self) -> AgentRequests:
        """What authorized agents asked for."""
        ...

    @property
    def promises(self) -> Promises:
        """What was promised in place of what was refused."""
        ...

    @property
    def requests(self) -> Requests:
        """The life of people's requests."""
        ...
