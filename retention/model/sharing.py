"""What was handed to joint users, under which keys, and who touched those keys. No personal value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType

from retention.model.ids import CaseId, DatasetId

ExportId = NewType("ExportId", str)
"""One set that was handed over: `X-20261123-7f3k2q`."""
KeyName = NewType("KeyName", str)
"""The name of a token key in the key store; says nothing of what it opens."""


IN_PLACE = "in-place"
"""The recipient of tokens that stay where the rows lie: we ourselves."""


def is_set(dataset: str) -> bool:
    """Whether it names a set we made (`joint.MEMBER.SET.X-…`, `statistics.NAME.X-…`), not one of the data map."""
    return dataset.rpartition(".")[2].startswith("X-")


class SetState(Enum):
    """Where a handed-over set is."""

    WRITING = "writing"
    """Noted before its first byte is written, so that no copy is ever unknown."""
    LIVE = "live"
    WITHDRAWN = "withdrawn"
    """Gone from where we put it; the joint user was told to delete his own copy."""


@dataclass(frozen=True, slots=True)
class SharedSet:
    """One set in one joint user's hands."""

    export_id: ExportId
    joint_use: str
    set_name: str
    member: str
    purpose: str
    dataset: DatasetId
    """The original."""
    key_name: KeyName | None
    """The token key it was made under; None if it has no tokens."""
    epoch: int
    person_column: str | None
    """The column that holds a token of the person, by which an erasure finds the rows; None: none does."""
    label: str
    """`pseudonymous` or `anonymous`: what tests said of the file."""
    rows: int
    manifest_digest: str
    """SHA-256 (hex) of the manifest; empty while it is being written."""
    case_id: CaseId
    made_at: datetime
    until: datetime
    """When it must be withdrawn at the latest."""
    state: SetState

    @property
    def folder(self) -> str:
        """Where its files lie in the store of exports."""
        return f"{self.member}/{self.joint_use}/{self.set_name}/{self.export_id.lower()}"

    @property
    def place(self) -> DatasetId:
        """What evidence calls it."""
        return DatasetId(f"joint.{self.member}.{self.set_name}.{self.export_id}")


@dataclass(frozen=True, slots=True)
class TokenKey:
    """Deletion information (APPI 41(2), Enforcement Rules 32): the key that ties tokens to people.

    Tokens are computed and no table is kept, so that who has the key and an original can tell,
    and nobody can once it is destroyed.
    """

    key_name: KeyName
    purpose: str
    recipient: str
    dataset: DatasetId
    epoch: int
    """Counts the keys of one purpose, recipient and dataset, from 1."""
    check_value: str
    """First 16 hex digits of HMAC-SHA-256(key, "kcv")."""
    made_at: datetime
    leaked_at: datetime | None = None
    destroyed_at: datetime | None = None

    @property
    def is_good(self) -> bool:
        """Whether new tokens may be made under it."""
        return self.leaked_at is None and self.destroyed_at is None


class KeyUse(Enum):
    """For what a token key was taken out."""

    EXPORT = "export"
    PSEUDONYMIZATION = "pseudonymization"
    """Of rows where they lie."""
    ERASURE = "erasure"
    """To find a person's rows in what was handed over."""
    VERIFICATION = "verification"
    DESTRUCTION = "destruction"


@dataclass(frozen=True, slots=True)
class KeyAccess:
    """Someone, or a run, took a token key out (Enforcement Rules 32 (iii): only the authorised do)."""

    key_name: KeyName
    use: KeyUse
    by: str
    """A plan's number, or the keyed reference of a name."""
    at: datetime


@dataclass(frozen=True, slots=True)
class PublishedNotice:
    """A notice of joint use that was made public; exports need the one that says what holds today."""

    joint_use: str
    digest: str
    """SHA-256 (hex) of the notice's text, all languages."""
    published_at: datetime
    address: str
    """Where anybody can read it."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of making a set."""

    rows: int
    label: str
    manifest: bytes = field(repr=False)
    files: Mapping[str, bytes] = field(repr=False)
    """Parquet by name."""
