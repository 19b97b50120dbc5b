"""A person is shown what we hold of him: steps that read and never change a row, and the export that they make."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias

from retention.model.because import Because
from retention.model.ids import CaseId, DatasetId, PlanId, StepId
from retention.model.predicate import Predicate
from retention.model.sharing import ExportId
from retention.model.subject import KeySet
from retention.model.terms import Right

DISCLOSING: Final = frozenset(
    {Right.DISCLOSURE, Right.PROVISION_RECORD_DISCLOSURE, Right.PURPOSE_NOTIFICATION, Right.PORTABILITY}
)
"""Rights that are answered by showing (APPI arts. 32(2), 33; GDPR arts. 15, 20): they go down the road read-only."""


SHOWN: Final = "disclosure"
"""The scope under which a plan names whom it shows his data: people who stay."""


@dataclass(frozen=True, slots=True)
class DiscloseRows:
    """Read a person's rows of one dataset for the export."""

    step_id: StepId
    dataset: DatasetId
    where: Predicate
    columns: tuple[str, ...]
    """All that goes out, masked ones included; empty: only how many rows there are."""
    masked: tuple[str, ...]
    """Of them, those that speak of somebody else: the person sees that something stands there, and not what."""
    own: Mapping[str, KeySet]
    """In shared rows: column that says whose share it is → the person's own values, the only ones shown."""
    rows: int
    """Real count at planning time; what comes in until the export is made goes out as well."""
    of_rows: int
    because: Because


@dataclass(frozen=True, slots=True)
class DeliverExport:
    """Put what the steps before it have read into one encrypted file."""

    step_id: StepId
    dataset: DatasetId
    """What evidence calls the export: `disclosure.X-…`."""
    export_id: ExportId
    right: str
    """A value of `terms.Right`."""
    until: datetime
    """When the file and its key are destroyed."""
    because: Because


DisclosureStep: TypeAlias = DiscloseRows | DeliverExport


@dataclass(frozen=True, slots=True)
class Undisclosed:
    """Something of the person that is not shown, and why."""

    dataset: DatasetId
    fields: tuple[str, ...]
    rows: int
    why: str
    """A code.

    `secret`: a password, token or the like, which belongs in no export.
    `encrypted`: the application encrypts it, and we cannot read it.
    `tenant-controlled`: a client decides over it (APPI 16(4)).
    `not-provided`: inferred by us; `other-basis`: neither consent nor contract (both: GDPR 20(1)).
    Or the refusal that a person decided on: `rights-of-others`, `business-hindrance`, `other-law`.
    """
    statute: str
    """Empty where none is needed."""


class ExportState(Enum):
    """Where an export is."""

    WRITING = "writing"
    """Noted before its first byte is written, so that no file is ever unknown."""
    LIVE = "live"
    GONE = "gone"
    """Time was over, or a newer one took its place; file and key are destroyed."""


@dataclass(frozen=True, slots=True)
class Export:
    """One export as the ledger keeps it; no personal value."""

    export_id: ExportId
    case_id: CaseId
    plan_id: PlanId
    step_id: StepId
    right: Right
    rows: int
    file_digest: str
    """SHA-256 (hex) of the encrypted file; empty while it is being written."""
    made_at: datetime
    until: datetime
    state: ExportState

    @property
    def path(self) -> str:
        """Where the file lies in the store of exports; the name says nothing of whom."""
        return f"disclosures/{self.export_id.lower()}/your-data.html"

    def is_of(self, content: bytes) -> bool:
        """Whether this is the file that was made."""
        return hashlib.sha256(content).hexdigest() == self.file_digest

    @property
    def key_name(self) -> str:
        """The key that the pass phrase is drawn from."""
        return f"disclosure/{self.export_id.lower()}"

    @property
    def place(self) -> DatasetId:
        """What evidence calls it."""
        return place_of(self.export_id)


def place_of(export_id: ExportId) -> DatasetId:
    """Return what evidence calls an export."""
    return DatasetId(f"disclosure.{export_id}")


@dataclass(frozen=True, slots=True)
class Disclosed:
    """A step of a disclosure is done, or its file was destroyed when its time was over."""

    step_id: StepId
    plan_digest: str
    dataset: DatasetId
    right: str
    state: str
    """`read`, `delivered` or `gone`."""
    rows: int
    columns: int
    masked: int
    """How many of the columns are masked."""
    statutes: tuple[str, ...]
    content_digest: str
    """Of rows read, a digest under the case's salt: nobody can try values against it. Of a file, SHA-256 of it."""
    until: datetime | None


NOTHING_OWN: Final[Mapping[str, KeySet]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Part:
    """What was read of one dataset: as JSON has it, sorted. Personal."""

    dataset: DatasetId
    columns: tuple[str, ...]
    rows: tuple[tuple[object, ...], ...] = field(repr=False)
    count: int
    """Rows found; `rows` may be empty where only the number is told."""
