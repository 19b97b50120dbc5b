"""What evidence states: one record a fact, all values enums, codes, counts, digests and instants.

No free text and no personal value can stand in a fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from retention.model.approval_facts import NotApproved
from retention.model.batch_facts import BatchShare
from retention.model.disclosure import Disclosed
from retention.model.ids import (
    CaseId,
    CopyId,
    DatasetId,
    HoldId,
    PlanId,
    RuleId,
    StatementId,
    StepId,
    SystemId,
)
from retention.model.media import MediaSanitized
from retention.model.outcome import Effect
from retention.model.processor_facts import Answered, ContractStated, OrderNoted, Probed
from retention.model.request_facts import PapersGone
from retention.model.rescan import Readmitted, Rescanned
from retention.model.restores import RestoreGated


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan was made; its digest names it from here on."""

    plan_id: PlanId
    plan_digest: str
    steps: int
    subjects: int


@dataclass(frozen=True, slots=True)
class Approved:
    """Someone allowed exactly this plan."""

    plan_id: PlanId
    plan_digest: str
    approver_ref: str
    """HMAC of the approver's name under the staff key."""
    standing: bool
    """By the policy's standing approval."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Someone refused the plan."""

    plan_id: PlanId
    plan_digest: str
    approver_ref: str
    reason: str
    """A code: `too-much`, `too-little`, `wrong-person`, `not-now`, `other`."""


@dataclass(frozen=True, slots=True)
class Disposed:
    """A step on rows is done."""

    step_id: StepId
    plan_digest: str
    action: str
    """`erase`, `redact` or `anonymize`."""
    dataset: DatasetId
    rules: tuple[RuleId, ...]
    statutes: tuple[str, ...]
    rows_planned: int
    effect: Effect
    started_at: datetime
    finished_at: datetime
    resumed: bool
    """An earlier process died in the middle of it."""


@dataclass(frozen=True, slots=True)
class Looked:
    """Verification looked at a dataset again, by other code, after all its steps."""

    plan_digest: str
    dataset: DatasetId
    passed: bool
    rows_before: int
    rows_after: int
    residual: int
    """Rows that the steps should have dealt with and that are still there, old versions included."""
    expected_digest: str
    """What the whole dataset should digest to, computed before."""
    found_digest: str
    smallest_class: int | None
    """For anonymized rows: the smallest equivalence class found."""
    expectations: int
    """How many expectations Great Expectations evaluated."""
    suite_digest: str
    """SHA-256 of the redacted summary of the Great Expectations run."""


@dataclass(frozen=True, slots=True)
class Remains:
    """A copy is beyond use and physically there until its horizon."""

    system: SystemId
    what: str
    until: datetime | None
    """None while nobody can say."""
    why: str = "store"
    """A code: `declared`, `lifecycle-rule`, `legal-hold` and so on; see `model.copies.Why`."""


@dataclass(frozen=True, slots=True)
class BeyondUse:
    """Someone answered the four tests of "beyond use" for a system that holds copies of the case's data."""

    system: SystemId
    no_decisions: bool
    no_access: bool
    secured: bool
    will_delete: bool
    attester_ref: str
    """HMAC of the name of who answered, under the staff key."""
    attested_at: datetime


@dataclass(frozen=True, slots=True)
class Expired:
    """A copy was looked for after its horizon and is gone."""

    system: SystemId
    copy_id: CopyId


@dataclass(frozen=True, slots=True)
class Kept:
    """Fields that stay because a law or a hold says so."""

    plan_digest: str
    dataset: DatasetId
    fields: tuple[str, ...]
    rows: int
    hold_id: HoldId
    statute: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Denied:
    """A request was refused, with the reason's code."""

    reason: str


@dataclass(frozen=True, slots=True)
class KeyDestroyed:
    """A case's or an epoch's key is gone: what it encrypted cannot be read by anybody."""

    key_ref: str
    """SHA-256 of the key's name."""
    check_value: str
    """First 16 hex digits of HMAC(key, "kcv"): tells keys apart, tells nothing of the key."""


@dataclass(frozen=True, slots=True)
class SubjectsCommitted:
    """Whose data a sealed plan was about, as one root over salted commitments: it can be shown, not found out.

    Stated only when every step is done and verified and every processor has answered.
    """

    plan_digest: str
    count: int
    """Commitments: one for each key of each person."""
    commit_root: str
    """Root (hex) of the Merkle tree over the commitments."""
    scheme: str
    """`hmac-sha256-salted/v1`; see docs/evidence/receipt.md."""
    epoch: str
    """The epoch whose key opens the vault of openings: a year."""
    openings_destroy_at: datetime
    """From when on nobody, ourselves included, may be able to say who was meant."""


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    """Disposal was paused for someone."""

    hold_id: HoldId
    reason: str


@dataclass(frozen=True, slots=True)
class HoldReleased:
    """The pause ended."""

    hold_id: HoldId


@dataclass(frozen=True, slots=True)
class Replayed:
    """Erasures were replayed on a restored store before it opened."""

    system: SystemId
    suppressions: int
    """Entries of the suppression ledger that were looked for."""
    found: int
    """People of them whom the backup had brought back."""


@dataclass(frozen=True, slots=True)
class Pseudonymized:
    """A step on rows replaced what identifies people by keyed tokens; the rows are still personal data."""

    step_id: StepId
    plan_digest: str
    dataset: DatasetId
    rules: tuple[RuleId, ...]
    statutes: tuple[str, ...]
    domain: str
    """The pseudonymisation domain (EDPB 01/2025): tokens of two domains cannot be linked without the key."""
    key_ref: str
    """SHA-256 of the domain key's name."""
    rows_planned: int
    effect: Effect
    started_at: datetime
    finished_at: datetime
    resumed: bool
    """An earlier process died in the middle of it."""


@dataclass(frozen=True, slots=True)
class Suspended:
    """The use of rows was stopped, or allowed again (APPI 35, GDPR 18); nothing was erased."""

    step_id: StepId
    plan_digest: str
    dataset: DatasetId
    state: str
    """`suspended` or `lifted`."""
    rules: tuple[RuleId, ...]
    statutes: tuple[str, ...]
    rows: int
    until: datetime | None
    """None while nobody can say."""
    reason: str | None = None
    """A code: why it was lifted; None while it stands."""
    decider_ref: str | None = None
    """Keyed reference of who decided to lift it."""


@dataclass(frozen=True, slots=True)
class Corrected:
    """An earlier statement of the same case was wrong. It stays in the log, and counts no longer."""

    supersedes: StatementId
    reason: str
    """A code: `wrong-count`, `wrong-time`, `wrong-scope`, `not-done`, `other`."""
    replaced_by: StatementId | None
    """The statement that stands in its place, or None if nothing does."""


@dataclass(frozen=True, slots=True)
class CanaryLooked:
    """A synthetic person was planted, or looked for after its erasure, in every mapped store."""

    canary_ref: str
    """SHA-256 of the canary's number: the same in all statements about it."""
    state: str
    """`planted`, `absent` or `survived`."""
    looked_in: int
    """How many datasets were looked at."""
    survived_in: tuple[DatasetId, ...]
    """Where it was found although it should be gone; empty unless it survived."""


@dataclass(frozen=True, slots=True)
class Indexed:
    """What the log holds about each case, rule and dataset, so that nothing can be left out of a bundle."""

    entries: int
    """It covers the log's entries from 0 up to and without this one."""
    keys: int
    """How many cases, rules and datasets those entries name."""
    root: str
    """Merkle root (hex) over one line a key; see `evidence/index.py`."""


@dataclass(frozen=True, slots=True)
class IdentityDecided:
    """A person decided who is meant, where keys did not tell: before the plan, and about these keys only."""

    question: str
    """Commitment (hex) to the keys in doubt, under the case's salt."""
    answer: str
    """`together` or `apart`."""
    datasets: tuple[DatasetId, ...]
    """In which the doubt lies."""
    values: int
    """How many values of a key of which each person has one, over all doubts."""
    rows: int
    """How many rows under keys that only go with the person."""
    decider_ref: str
    """HMAC of the decider's name under the staff key."""


@dataclass(frozen=True, slots=True)
class MapLooked:
    """Great Expectations looked whether a dataset is what the data map says, before anything was done to it."""

    plan_digest: str | None
    """The plan that it was looked at for; None for a look at the map alone."""
    dataset: DatasetId
    passed: bool
    expectations: int
    failed: int
    suite_digest: str
    """SHA-256 of the redacted summary of the Great Expectations run."""


Fact: TypeAlias = (
    Planned
    | Approved
    | Rejected
    | NotApproved
    | Disposed
    | Looked
    | Answered
    | Probed
    | OrderNoted
    | ContractStated
    | Remains
    | BeyondUse
    | Expired
    | Kept
    | Denied
    | KeyDestroyed
    | SubjectsCommitted
    | HoldPlaced
    | HoldReleased
    | Replayed
    | Pseudonymized
    | Suspended
    | Corrected
    | CanaryLooked
    | Indexed
    | IdentityDecided
    | MapLooked
    | RestoreGated
    | Rescanned
    | Readmitted
    | MediaSanitized
    | PapersGone
    | Disclosed
    | BatchShare
)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A fact, of which case, when."""

    case_id: CaseId | None
    """None for what belongs to no case: holds, canaries, epoch keys, looks at the map, indexes of the log."""
    at: datetime
    fact: Fact
