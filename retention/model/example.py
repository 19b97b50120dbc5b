"""An example beside a policy: what has happened, and what should become of the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum

from retention.model.event import Event
from retention.model.ids import CategoryId, RuleId


class Fate(Enum):
    """What becomes of the data at a moment."""

    DUE = "due"
    KEPT = "kept"
    """Its clock does not run yet, or is not over."""
    HELD = "held"
    """It would go, and a hold keeps it."""
    PAUSED = "paused"
    """The person has had the processing restricted."""
    OPEN_PURPOSE = "open-purpose"
    """Its clock is over, and a purpose is not."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """A fate with its reason."""

    fate: Fate
    until: date | None
    """The first day on which it may go, or might have gone; None if nobody can say."""
    because: tuple[str, ...]
    """Rule, events, purposes, holds and statutes that the fate rests on."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the writer expects; what is None is not looked at."""

    fate: Fate
    until: date | None
    because: str | None
    """One of the reasons."""


@dataclass(frozen=True, slots=True)
class Example:
    """One question of a lawyer, with the answer that is expected."""

    name: str
    place: str
    """Where it stands in the file: `tests[3]`."""
    at: datetime
    rule: RuleId | None
    category: CategoryId | None
    """Exactly one of rule and category is given."""
    events: tuple[Event, ...]
    dates: Mapping[str, date]
    """The row's dates, by the names that clocks use."""
    field: str | None
    """`payments.amount`: holds on this field apply."""
    holds: tuple[str, ...]
    """Holds that people have placed."""
    expected: Expected
