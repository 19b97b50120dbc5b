"""Copies that outlive the original for a while, and orders to processors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.answer import Answer, Proof
from retention.model.ids import CaseId, CopyId, HoldId, OrderId, StepId, SystemId
from retention.model.period import Period
from retention.model.subject import Key


class CopyKind(Enum):
    """What sort of copy it is."""

    FOLDER = "dated-folder"
    VERSIONS = "noncurrent-versions"
    """Versions of a bucket's objects that became noncurrent on one day."""
    REPLICA = "replica"
    """A dated folder in a bucket that another one is replicated to."""
    AUTOMATED_SNAPSHOT = "automated-snapshot"
    MANUAL_SNAPSHOT = "manual-snapshot"
    RECOVERY_POINT = "recovery-point"
    DUMP = "dump"
    ARCHIVE_DAY = "archive-day"
    """One day of a write-ahead archive: what a point-in-time restore is made from."""


class Why(Enum):
    """Why a copy is there until its date, or without one."""

    DECLARED = "declared"
    """A program of ours removes it by then; retention.yaml says so."""
    STORE = "store"
    """A live store keeps something of the erased for itself (a write-ahead log)."""
    LIFECYCLE = "lifecycle-rule"
    RETENTION = "retention-period"
    """Of automated snapshots, or of a recovery point's plan."""
    OBJECT_LOCK = "object-lock"
    VAULT_LOCK = "vault-lock"
    LEGAL_HOLD = "legal-hold"
    NO_EXPIRY = "no-expiry"
    """Nothing in the store removes it."""
    LATE = "late"
    """Its date has passed, and it was seen to be there."""


@dataclass(frozen=True, slots=True)
class End:
    """One reason why a copy is there, and until when."""

    why: Why
    until: datetime | None
    """None if nobody can say."""


@dataclass(frozen=True, slots=True)
class Copy:
    """One backup of one or more systems."""

    copy_id: CopyId
    keeper: SystemId
    """The backup system that holds it."""
    of_systems: tuple[SystemId, ...]
    taken_at: datetime
    """How old what it holds is; for a copy of a copy, when the first one was taken."""
    expires_at: datetime | None
    """When it is physically gone: the latest of all its ends; None if nobody can say."""
    ends: tuple[End, ...] = ()
    """What was declared and what the store itself says; see `retention.model.horizons`."""
    kind: CopyKind = CopyKind.FOLDER
    region: str | None = None
    """Where the store says it lies; None where a store knows no regions."""

    @property
    def why(self) -> Why:
        """Return what keeps it longest; the store's word before what was declared."""
        return next((end.why for end in reversed(self.ends) if end.until == self.expires_at), Why.DECLARED)


class Fault(Enum):
    """What is wrong with a copy, or with what should remove it."""

    LATER = "later-than-declared"
    """The store keeps it longer than retention.yaml says."""
    EARLIER = "earlier-than-declared"
    """The store removes it earlier: whoever needs it to restore will miss it."""
    NO_EXPIRY = "no-expiry"
    """Nothing in the store removes it."""
    RULE_DISABLED = "rule-disabled"
    """A lifecycle rule would remove it and is switched off."""
    MARKERS_STAY = "markers-stay"
    """Delete markers are never removed: they hold no data, and they name objects."""
    OTHER_REGION = "other-region"
    SHARED = "shared"
    """Another account can read or restore it."""
    STUCK = "stuck"
    """The store itself says that it tried to delete it and could not."""
    LATE = "late"
    """Its horizon has passed and it is still there."""
    MOVED = "horizon-moved"
    """It remains longer than the case has been told."""
    FOUND_LATER = "found-later"
    """A copy from before the erasure that was not there, or not seen, when the live data was erased."""
    HOLD_NOT_IN_STORE = "hold-not-in-store"
    """A hold is to keep it, and the store will delete it all the same."""
    NO_SUCH_SYSTEM = "no-such-system"
    """A case waits for a copy in a system that retention.yaml does not name any more: nobody can look for it."""
    NOT_BEYOND_USE = "not-beyond-use"
    """Someone answered "no" to one of the four tests."""


@dataclass(frozen=True, slots=True)
class CopyFinding:
    """One thing that is wrong; codes, names of systems and dates only."""

    fault: Fault
    system: SystemId
    what: str
    """The copy, or what of the system's settings."""
    expected: str
    found: str


@dataclass(frozen=True, slots=True)
class Registered:
    """One system of copies as it really is."""

    system: SystemId
    layout: str
    """How copies lie there, as declared: `folders`, `rds`, …"""
    expire: Period
    """After which time a copy is gone, as declared."""
    cadence: Period | None
    """How often one is taken, as declared."""
    removed_by: str
    """`job` or `store`, as declared."""
    region: str | None
    """Where it lies, by the store's word."""
    lock: str | None
    """What forbids to delete copies: `governance P30D`, `vault P7D`."""
    copies: tuple[Copy, ...]
    findings: tuple[CopyFinding, ...]


@dataclass(frozen=True, slots=True)
class Horizon:
    """The date by which something of a case is physically gone."""

    case_id: CaseId
    system: SystemId
    what: str
    """A code or copy id: `nightly/2026-11-22`, `write-ahead-log`."""
    until: datetime | None
    """None if nobody can say."""
    gone_at: datetime | None = None
    """When its absence was seen; None while it remains."""
    why: Why = Why.STORE
    kind: CopyKind | None = None
    """None for what a live store keeps for itself."""
    region: str | None = None
    noted_at: datetime | None = None
    """When the live data had been erased: copies taken later do not hold the person."""


@dataclass(frozen=True, slots=True)
class CopyHold:
    """A hold that keeps one copy, whoever else's erasure waits for it."""

    system: SystemId
    what: str
    hold_id: HoldId
    placed_at: datetime


@dataclass(frozen=True, slots=True)
class UseTests:
    """Someone's answers to the four tests of "beyond use" for a system of copies (ICO, right to erasure)."""

    system: SystemId
    no_decisions: bool
    """It is not used for any decision about the person, nor in a way that affects them."""
    no_access: bool
    """No other organisation is given access."""
    secured: bool
    """It is guarded by technical and organisational measures."""
    will_delete: bool
    """It is committed to permanent deletion if, or when, that becomes possible."""
    attester_ref: str
    """HMAC of the name of who answered, under the staff key."""
    attested_at: datetime

    @property
    def beyond_use(self) -> bool:
        """Whether all four were answered with yes."""
        return self.no_decisions and self.no_access and self.secured and self.will_delete


@dataclass(frozen=True, slots=True)
class Order:
    """An order to erase, with the least data the processor needs."""

    order_id: OrderId
    """A UUID, the same on every retry: the processor sees one order."""
    keys: Mapping[str, tuple[Key, ...]] = field(repr=False)
    """Identity key → values."""
    submitted_at: datetime
    regulation: str
    """`appi`, `gdpr` or `ccpa`."""
    reference: str | None = None
    """The processor's own number for it, once it has given one."""
    acknowledgement: str | None = field(default=None, repr=False)
    """A signed token, good once and for a while: whoever brings it back answers for them."""
    may_have_arrived: bool = False
    """Whether it was sent before and the answer was lost: it must not become a second deletion."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """A processor's answer, with what shows that it is theirs."""

    order_id: OrderId
    answer: Answer
    received_at: datetime
    expected_completion_at: datetime | None
    body_digest: str
    """SHA-256 (hex) of bytes that hold nothing of the person: it stands in the public log."""
    key_id: str | None
    """SHA-256 (hex) of the certificate or key that verified them; None where nothing was signed."""
    proof: Proof = Proof.SIGNATURE
    reference: str | None = None
    """The processor's own number for the order; stays with us."""


@dataclass(frozen=True, slots=True)
class PlacedOrder:
    """An order as the ledger keeps it: no keys."""

    order_id: OrderId
    case_id: CaseId
    step_id: StepId
    processor: SystemId
    due_at: datetime
    receipt: Receipt | None


@dataclass(frozen=True, slots=True)
class Suppression:
    """Someone who must not come back with a backup or an import: a keyed digest, no name."""

    key_name: str
    digest: str
    """HMAC of the key under the suppression key, which lies elsewhere."""
    scope: str
    """`request`, or the id of the rule that disposed."""
    case_id: CaseId
    recorded_at: datetime
    expires_at: datetime | None
    """When no copy could hold the person any more, plus a margin; None while not known."""
    lifted_at: datetime | None = None
    """When somebody decided that the person may come back; data from then on is legitimate."""
