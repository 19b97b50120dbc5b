"""What is remembered between processes. Implemented in `retention.store` with SQLAlchemy.

Every method is one transaction, durable when it returns; writes with the same key are
idempotent (the first stays) unless they say otherwise. No method stores a personal value in
the clear: people appear as keyed digests, and the vault holds only ciphertext.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol, TypeAlias

from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Horizon, PlacedOrder, Receipt
from retention.model.event import Event
from retention.model.hold import Deferred, PlacedHold
from retention.model.ids import CaseId, HoldId, OrderId, PlanId, StatementId, StepId
from retention.model.policy import Policy, Rule
from retention.ports.copies import CopyNotes
from retention.ports.suppressions import Suppressions
from retention.ports.vaults import Vaults

KeyDigest: TypeAlias = tuple[str, str]
"""One key of a person as the ledger knows it: the identity key's name, and the keyed digest."""
DueKeys: TypeAlias = tuple[Rule, Iterable[KeyDigest]]


@dataclass(frozen=True, slots=True)
class StoredPlan:
    """A plan as it was frozen."""

    plan_id: PlanId
    case_id: CaseId
    digest: str
    """SHA-256 (hex) of `body`."""
    body: bytes
    """Canonical JSON."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """Someone's word on exactly one digest."""

    plan_id: PlanId
    digest: str
    approver_ref: str
    approved: bool
    standing: bool
    decided_at: datetime


class Phase(Enum):
    """How far a step is."""

    INTENT = "intent"
    """About to be carried out; holds what was counted and expected before."""
    DONE = "done"
    """Its effect is durable in the system."""
    EVIDENCE = "evidence"
    """Its statement is durable in the log."""
    VERIFIED = "verified"
    """Verification has looked and passed."""
    FAILED = "failed"
    """An attempt failed; there may be several. Not final."""


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One line of a plan's journal."""

    plan_id: PlanId
    step_id: StepId
    phase: Phase
    at: datetime
    body: str
    """JSON: counts, digests and codes."""


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One leaf of the evidence log."""

    index: int
    statement_id: StatementId
    case_id: CaseId | None
    envelope: bytes
    """The DSSE envelope's bytes: exactly what is hashed into the leaf."""


@dataclass(frozen=True, slots=True)
class LogDraft:
    """An entry to be; the log gives it an index."""

    statement_id: StatementId
    case_id: CaseId | None
    envelope: bytes


@dataclass(frozen=True, slots=True)
class LogHead:
    """How far the log in the ledger is, and the hashes over all of it."""

    size: int
    frontier: bytes
    """The roots of the largest complete subtrees, left to right, 32 bytes each (RFC 6962 hashes)."""
    seal: bytes | None
    """What `Seal` made of exactly this size and root; None if the last append was not sealed."""


Seal: TypeAlias = Callable[[int, bytes], bytes]
"""From the size and root after an append to a signature over them, kept with the append in one transaction."""


class Cases(Protocol):
    """Cases and their states."""

    def add(self, case: Case) -> None:
        """Remember a new case."""
        ...

    def get(self, case_id: CaseId) -> Case:
        """Return the case; raises UnknownNameError."""
        ...

    def replace(self, case: Case) -> None:
        """Write the case's new state and dates; raises StateError if `case.NEXT` does not allow the move."""
        ...

    def all(self, kind: CaseKind | None = None, states: Sequence[CaseState] = ()) -> tuple[Case, ...]:
        """Return cases, newest first; all states if none is named."""
        ...


class Vault(Protocol):
    """Ciphertext by case and name, under the case's own key (AES-256-GCM; case and name authenticated)."""

    def put(self, case_id: CaseId, name: str, plaintext: bytes) -> None:
        """Encrypt and keep; replaces what had that name."""
        ...

    def get(self, case_id: CaseId, name: str) -> bytes:
        """Decrypt and return; raises UnknownNameError if absent, StateError if the case's key is shredded."""
        ...

    def key_check(self, case_id: CaseId) -> str:
        """Return the first 16 hex digits of HMAC-SHA-256(case key, "kcv"), kept even after the shredding."""
        ...

    def destroy(self, case_id: CaseId) -> None:
        """Shred the case's key and remove its ciphertext."""
        ...


class Plans(Protocol):
    """Plans and what people said of them."""

    def add(self, plan: StoredPlan) -> None:
        """Keep a plan."""
        ...

    def get(self, plan_id: PlanId) -> StoredPlan:
        """Return the plan; raises UnknownNameError."""
        ...

    def of_case(self, case_id: CaseId) -> tuple[StoredPlan, ...]:
        """Return the case's plans, newest first."""
        ...

    def approve(self, approval: Approval) -> None:
        """Keep an approval or a rejection; one a person and plan."""
        ...

    def approvals(self, plan_id: PlanId) -> tuple[Approval, ...]:
        """Return what was said of the plan, oldest first."""
        ...


class Journal(Protocol):
    """Intent, done, evidence, verified: once each a step."""

    def write(self, entry: JournalEntry) -> JournalEntry:
        """Write the line; if the step has that phase already, return the line that stands. FAILED repeats."""
        ...

    def entries(self, plan_id: PlanId) -> tuple[JournalEntry, ...]:
        """Return the plan's lines in the order they were written."""
        ...


class Events(Protocol):
    """The durable inbox."""

    def record(self, events: Iterable[Event]) -> int:
        """Keep the events that are new by `event_id`; return how many were."""
        ...

    def of_kinds(self, kinds: Sequence[str], key_name: str | None = None) -> Iterator[Event]:
        """Yield events of these kinds and every correction of them, grouped by subject."""
        ...

    def of_keys(self, keys: Iterable[KeyDigest], kinds: Iterable[str]) -> Iterator[Event]:
        """Yield the events of these kinds about these keys that nothing has corrected."""
        ...

    def due(self, rule: Rule, policy: Policy, now: datetime) -> Iterator[KeyDigest]:
        """Yield each key whose events make the rule due, as if it were its person's only one; streamed.

        A key may come several times. Nothing for a rule that starts from a date of the row.
        """
        ...

    def due_of(self, rules: Sequence[Rule], policy: Policy, now: datetime) -> Iterator[DueKeys]:
        """Yield what `due` says of each rule, in order; the rules may be asked side by side."""
        ...

    def perhaps_due_of(self, rules: Sequence[Rule], policy: Policy, now: datetime) -> Iterator[DueKeys]:
        """Yield what `perhaps_due` says of each rule, in order; the rules may be asked side by side."""
        ...

    def perhaps_due(self, rule: Rule, policy: Policy, now: datetime) -> Iterator[KeyDigest]:
        """Yield at least one key, perhaps several times, of everyone for whom the rule is due by all his keys."""
        ...


class Holds(Protocol):
    """Holds that people placed, and what waits for the end of a law's hold."""

    def place(self, hold: PlacedHold) -> None:
        """Keep a hold."""
        ...

    def release(self, hold_id: HoldId, at: datetime) -> PlacedHold:
        """End a hold; raises UnknownNameError, StateError if it is released already."""
        ...

    def all(self) -> tuple[PlacedHold, ...]:
        """Return every hold, oldest first."""
        ...

    def defer(self, rows: Iterable[Deferred]) -> None:
        """Keep rows that are to go when their hold ends; one a dataset, hold and digest."""
        ...

    def deferred(self) -> Iterator[Deferred]:
        """Yield every row that was deferred, whether it has gone meanwhile or not."""
        ...


class Copies(Suppressions, CopyNotes, Protocol):
    """Horizons, orders to processors, and who must not come back."""

    def add_horizon(self, horizon: Horizon) -> None:
        """Keep a horizon; one a case, system and `what`, the later `until` wins, None over any."""
        ...

    def mark_gone(self, horizon: Horizon, at: datetime) -> None:
        """Note that what remained was looked for and is gone."""
        ...

    def horizons(self, case_id: CaseId | None = None) -> tuple[Horizon, ...]:
        """Return horizons, earliest first."""
        ...

    def put_order(self, order: PlacedOrder) -> None:
        """Keep an order, or its newest receipt."""
        ...

    def orders(self, case_id: CaseId | None = None) -> tuple[PlacedOrder, ...]:
        """Return orders, earliest due first."""
        ...

    def order(self, order_id: OrderId) -> PlacedOrder:
        """Return the order; raises UnknownNameError."""
        ...

    def receipts(self, order_id: OrderId) -> tuple[Receipt, ...]:
        """Return every receipt of the order, oldest first."""
        ...


class LogSequence(Protocol):
    """The order of the evidence log; the tiles are made from it."""

    def append(
        self, statement_id: StatementId, case_id: CaseId | None, envelope: bytes, seal: Seal | None = None
    ) -> LogEntry:
        """Give the statement the next index; if its case has it already, return the entry that stands."""
        ...

    def append_many(self, drafts: Sequence[LogDraft], seal: Seal | None = None) -> tuple[int, ...]:
        """Append all or none, in their order, in one transaction; return the index of each statement.

        A statement that has an index already (or stands twice in the batch) keeps the first.
        """
        ...

    def head(self) -> LogHead:
        """Return size, hashes and seal as of one moment."""
        ...

    def size(self) -> int:
        """Return how many entries there are."""
        ...

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[LogEntry]:
        """Yield entries by index."""
        ...

    def of_case(self, case_id: CaseId) -> tuple[LogEntry, ...]:
        """Return the case's entries by index."""
        ...


class Ledger(Vaults, Protocol):
    """All of it."""

    @property
    def cases(self) -> Cases:
        """Cases."""
        ...

    @property
    def vault(self) -> Vault:
        """Ciphertext."""
        ...

    @property
    def plans(self) -> Plans:
        """Plans and approvals."""
        ...

    @property
    def journal(self) -> Journal:
        """The journal."""
        ...

    @property
    def events(self) -> Events:
        """Events."""
        ...

    @property
    def holds(self) -> Holds:
        """Holds."""
        ...

    @property
    def copies(self) -> Copies:
        """Horizons, orders, suppressions."""
        ...

    @property
    def log(self) -> LogSequence:
        """The log's order."""
        ...

    def lease(self, name: str, holder: str, now: datetime, until: datetime) -> bool:
        """Take a lease (one process applies a plan); False if someone else holds it and it has not run out."""
        ...

    def holder(self, name: str) -> str | None:
        """Return who holds the lease, or None."""
        ...

    def give_back(self, name: str, holder: str) -> None:
        """End the holder's lease."""
        ...

    def secret_reference(self, name: str) -> str:
        """Return a stable opaque reference for the name of a person on our staff (HMAC under the staff key)."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...
