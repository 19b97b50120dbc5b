"""Steps on keys of people, under which applications encrypt."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from retention.model.because import Because
from retention.model.ids import CategoryId, CopyId, HoldId, StepId, SystemId
from retention.model.subject import KeySet


@dataclass(frozen=True, slots=True)
class ShredKeys:
    """Destroy keys of people under which an application encrypted a category of their data."""

    step_id: StepId
    system: SystemId
    """The system of subject keys."""
    category: CategoryId
    key_name: str
    """The identity key whose values own the keys."""
    keys: KeySet
    """Those values; each has a living key, and no row that stays needs it."""
    until: datetime
    """By when an old copy of the wrapped keys is worth nothing either."""
    because: Because


@dataclass(frozen=True, slots=True)
class LeaveUnreadable:
    """Backups of which nobody can read what concerns these people once their keys are gone; replayed on restore."""

    step_id: StepId
    system: SystemId
    """The backup system."""
    copies: tuple[CopyId, ...]
    """Known at planning time."""
    until: datetime | None
    """When they are unreadable for good; None when there is no copy."""
    expires_at: datetime | None
    """When the last of them is gone: until then a restore would bring unreadable rows back."""
    because: Because


KeyStep: TypeAlias = ShredKeys | LeaveUnreadable


@dataclass(frozen=True, slots=True)
class KeptKeys:
    """Keys of people that stay, since a law or a hold keeps something that only they open."""

    system: SystemId
    category: CategoryId
    keys: int
    hold_id: HoldId
    statute: str
    until: datetime | None
