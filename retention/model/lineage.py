"""What a plan did to which columns of which dataset: names, counts and ids; nothing about a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from retention.model.ids import DatasetId, PlanId, RuleId


class Change(Enum):
    """What became of a column's values."""

    ERASED = "erased"
    """Whole rows went."""
    REDACTED = "redacted"
    ANONYMIZED = "anonymized"
    PSEUDONYMIZED = "pseudonymized"
    SUSPENDED = "suspended"
    """Out of use, and kept."""
    LIFTED = "lifted"
    """In use again."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What one step did to the columns of one dataset."""

    dataset: DatasetId
    change: Change
    columns: tuple[str, ...]
    """In the order of their names."""
    rows: int
    """How many rows it met, all attempts together."""
    rules: tuple[RuleId, ...]
    """Empty where a person asked."""


@dataclass(frozen=True, slots=True)
class Lineage:
    """What one plan did."""

    plan_id: PlanId
    digest: str
    finished_at: datetime
    touched: tuple[Touched, ...]
