"""Exactly what will be touched. A plan is frozen, canonical and holds no personal value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from retention.model.because import Because as Because  # noqa: PLC0414 -- re-exported: every step has one
from retention.model.case import CaseKind
from retention.model.disclosure import DisclosureStep, Undisclosed
from retention.model.ids import CaseId, CopyId, DatasetId, HoldId, PlanId, StepId, SystemId
from retention.model.key_steps import KeptKeys, KeyStep
from retention.model.period import Period
from retention.model.predicate import Predicate
from retention.model.sharing import ExportId, KeyName
from retention.model.subject import Key, KeySet
from retention.model.suspension import Suspension
from retention.model.transform import Transform


@dataclass(frozen=True, slots=True)
class EraseRows:
    """Remove whole rows."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    rows: int
    """Real count at planning time."""
    of_rows: int
    """All rows of the dataset at planning time."""
    because: Because


@dataclass(frozen=True, slots=True)
class RedactFields:
    """Empty fields of rows that must stay."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    fields: tuple[str, ...]
    rows: int
    of_rows: int
    because: Because
    stand_ins: Mapping[str, Key] = field(default_factory=lambda: MappingProxyType({}))
    """What the fields hold afterwards that cannot be null; not personal."""


@dataclass(frozen=True, slots=True)
class AnonymizeRows:
    """Transform rows so that nobody can be told any more; erase those too few others are like."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    transforms: Mapping[str, Transform]
    quasi: tuple[str, ...]
    """Columns that remain and together might tell: rows are compared on them."""
    k: int
    rare: KeySet | None
    """Vault name of the classes (see `transform.class_of`) with fewer than k rows."""
    rows: int
    rows_rare: int
    """Of `rows`, how many are in rare classes and are erased instead."""
    of_rows: int
    because: Because


@dataclass(frozen=True, slots=True)
class PseudonymizeRows:
    """Put keyed tokens in the place of what ties rows to people, where they lie; the rows stay personal data."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    transforms: Mapping[str, Transform]
    """What is done to the other columns."""
    tokens: tuple[str, ...]
    """Columns that get tokens."""
    key_name: KeyName
    rows: int
    of_rows: int
    because: Because


@dataclass(frozen=True, slots=True)
class SuspendRows:
    """Stop the use of rows that are kept."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    """Rows whose use is not stopped yet."""
    how: Suspension
    rows: int
    of_rows: int
    because: Because
    until: datetime | None = None
    """None: until somebody lifts it."""


@dataclass(frozen=True, slots=True)
class LiftRows:
    """Allow the use of suspended rows again."""

    step_id: StepId
    dataset: DatasetId
    """Where they, or their keys, stand while they are suspended."""
    where: Predicate
    how: Suspension
    rows: int
    of_rows: int
    because: Because
    reason: str
    """A code: why it is lifted."""
    decider_ref: str
    """Keyed reference of who decided it."""


@dataclass(frozen=True, slots=True)
class TellProcessor:
    """Order a processor to erase."""

    step_id: StepId
    system: SystemId
    key_name: str
    keys: KeySet
    answer_within: Period
    because: Because
    before: tuple[DatasetId, ...] = ()
    """Datasets whose rows wait until it has finished: the link that it revokes, the address that it writes to."""


@dataclass(frozen=True, slots=True)
class ExpireCopies:
    """Put backups beyond use: replay on restore until each has expired."""

    step_id: StepId
    system: SystemId
    copies: tuple[CopyId, ...]
    """Known at planning time; those taken until the live erasure count as well."""
    until: datetime | None
    """The latest expiry; None when there is no copy, or when nobody can say how long one stays."""
    because: Because


@dataclass(frozen=True, slots=True)
class ExportSet:
    """Hand a set to a joint user."""

    step_id: StepId
    dataset: DatasetId
    """The original."""
    where: Predicate
    """Its rows that go out: none that stands still, or that a client decides over."""
    joint_use: str
    set_name: str
    member: str
    purpose: str
    columns: tuple[str, ...]
    """All that goes out."""
    label: str
    """What tests of the file must say: `pseudonymous` or `anonymous`."""
    key_name: KeyName | None
    """The token key, if there are tokens."""
    epoch: int
    person_column: str | None
    export_id: ExportId
    until: datetime
    """By when it is withdrawn."""
    rows: int
    of_rows: int
    because: Because


@dataclass(frozen=True, slots=True)
class ForgetInSet:
    """Erase a person's rows in what a joint user was given, and tell him to do the same."""

    step_id: StepId
    dataset: DatasetId
    """The set's place: `joint.MEMBER.SET.EXPORT`."""
    export_id: ExportId
    keys: KeySet
    """Values of the original's column behind the set's person column."""
    rows: int
    of_rows: int
    answer_within: Period
    because: Because


@dataclass(frozen=True, slots=True)
class WithdrawSet:
    """Take a whole set back, and tell the joint user to delete his copy."""

    step_id: StepId
    dataset: DatasetId
    """As above."""
    export_id: ExportId
    reason: str
    """A code: `member-left`, `key-leaked`, `time-over` or `no-longer-shared`."""
    rows: int
    answer_within: Period
    because: Because


@dataclass(frozen=True, slots=True)
class PublishCounts:
    """Count people for partners; small cells, and those that would give them away, are left out."""

    step_id: StepId
    dataset: DatasetId
    """What evidence calls the counts: `statistics.NAME.EXPORT`."""
    source: DatasetId
    where: Predicate
    name: str
    person: str
    columns: tuple[str, ...]
    transforms: Mapping[str, Transform]
    at_least: int
    recipients: tuple[str, ...]
    rows: int
    of_rows: int
    because: Because


@dataclass(frozen=True, slots=True)
class DestroyTokenKey:
    """Delete deletion information that nothing needs any more (APPI 41(5)); always after the sets made with it."""

    step_id: StepId
    key_name: KeyName
    because: Because


SharingStep: TypeAlias = ExportSet | ForgetInSet | WithdrawSet | PublishCounts | DestroyTokenKey
SuspensionStep: TypeAlias = SuspendRows | LiftRows
DisposalStep: TypeAlias = EraseRows | RedactFields | AnonymizeRows
ExactStep: TypeAlias = DisposalStep | SuspensionStep
"""Steps whose result can be computed from rows and step alone; a pseudonymizing one becomes one with its key."""
RowStep: TypeAlias = ExactStep | PseudonymizeRows
Step: TypeAlias = RowStep | TellProcessor | ExpireCopies | KeyStep | SharingStep | DisclosureStep


@dataclass(frozen=True, slots=True)
class Withholding:
    """Rows or fields that stay, and why."""

    dataset: DatasetId
    fields: tuple[str, ...]
    rows: int
    hold_id: HoldId
    statute: str
    until: datetime | None
    """When the last of it may go; None while nobody can say (litigation)."""


@dataclass(frozen=True, slots=True)
class Deferral:
    """Rows that their person leaves while a law keeps fields of them: to be found again when it lets go."""

    dataset: DatasetId
    hold_id: HoldId
    rows: KeySet
    """Their primary keys."""


@dataclass(frozen=True, slots=True)
class Untold:
    """People of whom a processor is not told, since it could not tell whose records it would erase."""

    system: SystemId
    people: int
    why: str
    """A code: `tenant-controlled`: something of theirs stays under another authority; `holds-more`: it was given
    items that were not asked for as well."""


@dataclass(frozen=True, slots=True)
class Unlinked:
    """A dataset in which nothing is taken as the person's, and why that is so."""

    dataset: DatasetId
    known_by: tuple[str, ...]
    """Names of the keys by which it knows people."""
    why: str
    """A code.

    `not-tied`: rows tie such keys to others, and none ties one to his.
    `no-link`: the data map ties none of them to any key of his.
    `apart`: rows lie under a key that goes with him and was not taken as his.
    `merged`: in a sweep, people whom rows tie to several of this dataset's primary keys, left out for a
    person to decide.
    """
    rows: int = 0
    """For `apart` the rows, for `merged` the people; in a batch, for the other codes the people of whom it is so."""


@dataclass(frozen=True, slots=True)
class Exempt:
    """A handed-over set that the person's request does not reach (APPI 41(9))."""

    dataset: DatasetId
    """The set's place."""
    statute: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Somebody whom no system connects and who has to be written to, by a person of ours."""

    recipient: str
    """A name under the policy's `recipients`."""
    duty: str
    """A code.

    `order`: works for us and erases on our word (APPI art. 25, GDPR art. 28).
    `notice`: answers for his own copy; he is told, and nothing is claimed of him (GDPR arts. 17(2), 19).
    `none`: an authority holds it under a law of its own; nobody is written to.
    """
    named: tuple[str, ...] = ()
    """Companies of that name to which these rows were given, where the data says so."""


@dataclass(frozen=True, slots=True)
class Crossing:
    """A limit that the plan crosses; it needs a second approver."""

    limit: str
    """`subjects` or `fraction:app.customers`."""
    allowed: str
    found: str


@dataclass(frozen=True, slots=True)
class Replay:
    """What has to be done again should a backup be restored: kept as keyed digests."""

    key_name: str
    keys: KeySet
    scope: str
    """`request`, or a rule's id."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One plan of one case. Same input, same bytes, same digest."""

    plan_id: PlanId
    case_id: CaseId
    kind: CaseKind
    made_at: datetime
    policy_digest: str
    datamap_digest: str
    holds_digest: str
    """SHA-256 over the holds in force: an approval does not outlive a new hold."""
    subjects: int
    steps: tuple[Step, ...]
    withheld: tuple[Withholding, ...]
    crossings: tuple[Crossing, ...]
    replays: tuple[Replay, ...]
    undated: Mapping[DatasetId, int]
    """Rows whose clock cannot start because the date is missing; they never fall due by themselves."""
    untold: tuple[Untold, ...] = ()
    deferrals: tuple[Deferral, ...] = ()
    unlinked: tuple[Unlinked, ...] = ()
    """Where nobody can be the person of a request, and whom a sweep left out."""
    kept_keys: tuple[KeptKeys, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    letters: tuple[Letter, ...] = ()
    """Whom a person has to write to; the case does not wait for it."""
    lifts: tuple[CaseId, ...] = ()
    """Cases whose suspension it lifts."""
    undisclosed: tuple[Undisclosed, ...] = ()
    """What an answer to the person does not show, and why."""
    shares: KeySet | None = None
    """For a batch: each request in it with the digest of its share (`model.batch`), so that both are approved."""
