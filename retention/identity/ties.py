"""What one row says of keys."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.ids import DatasetId
from retention.model.subject import SubjectKey


class Relation(Enum):
    """How far a key in a row tells whose row it is."""

    IDENTIFIES = "identifies"
    """One person's and nobody else's: whoever has it is followed."""
    ASSOCIATES = "associates"
    """It goes with the person and may go with others (a device, a household): never followed."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a tie was read, and when."""

    dataset: DatasetId
    read_at: datetime


@dataclass(frozen=True, slots=True)
class Tie:
    """One row's word: the identifying keys are one person's, and the associated ones go with him."""

    identifying: frozenset[SubjectKey] = field(repr=False)
    associated: frozenset[SubjectKey] = field(repr=False)
    source: Source
