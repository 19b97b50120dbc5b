"""Keys of people: each wrapped by the key-encryption key of an epoch, which is destroyed when the epoch ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import NewType, TypeAlias

from retention.model.ids import CategoryId, SystemId
from retention.model.subject import SubjectKey

KeyRef = NewType("KeyRef", str)
"""HMAC-SHA-256 (hex) of whose key it is, under the system's index key: says nothing about the person."""


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose key, and for which category of his data: a hold on one category keeps one key."""

    subject: SubjectKey
    category: CategoryId


@dataclass(frozen=True, slots=True)
class WrappedKey:
    """A data key that lives, unreadable without the key-encryption key of its epoch."""

    ref: KeyRef
    epoch: int
    wrapped: bytes = field(repr=False)
    check_value: str
    """First 16 hex digits of HMAC-SHA-256(data key, "kcv"): tells keys apart, tells nothing of the key."""


@dataclass(frozen=True, slots=True)
class ShreddedKey:
    """What is left of a data key: nothing may be encrypted for its owner in its place."""

    ref: KeyRef
    epoch: int
    """The epoch of its last wrapping: older copies of it are readable until that epoch's key is gone."""
    check_value: str
    shredded_at: datetime


StandingKey: TypeAlias = WrappedKey | ShreddedKey


class EpochState(Enum):
    """What becomes of a key-encryption key."""

    CURRENT = "current"
    """New data keys are wrapped by it."""
    RETIRING = "retiring"
    """Living data keys are being wrapped anew by the next one."""
    DESTROYED = "destroyed"
    """No living data key needs it; it is gone, or goes at `gone_at`."""


@dataclass(frozen=True, slots=True)
class KeyEpoch:
    """One key-encryption key, and when it is used."""

    number: int
    """From 1."""
    kek: str
    """By what its holder knows the key-encryption key; not secret."""
    made_at: datetime
    state: EpochState = EpochState.CURRENT
    gone_at: datetime | None = None
    """When nobody can bring it back any more; None while it is needed."""


@dataclass(frozen=True, slots=True)
class EpochCount:
    """What an epoch wraps."""

    epoch: KeyEpoch
    living: int
    shredded: int
    """Keys whose last wrapping was this epoch's."""


@dataclass(frozen=True, slots=True)
class KeysShown:
    """A system of subject keys, in numbers only."""

    system: SystemId
    epochs: tuple[EpochCount, ...]
    rotate_by: datetime | None
    """When the current epoch should have ended; None before the first key."""
