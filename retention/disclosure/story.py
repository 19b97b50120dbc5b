"""What is told beside the rows: for what data is held and until when, who else has it, what is not shown and why."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from retention.model.ids import CaseId, CategoryId, DatasetId
from retention.model.policy import Policy, Titles
from retention.model.terms import Right


@dataclass(frozen=True, slots=True)
class Keeping:
    """Until when fields of one category in some rows are kept, and why: in words, by language."""

    dataset: DatasetId
    category: CategoryId
    fields: tuple[str, ...]
    rows: int
    state: Titles
    until: Titles
    why: Titles


@dataclass(frozen=True, slots=True)
class Receiver:
    """Someone who holds data of such categories, or to whom the person's rows were given."""

    title: Titles
    kind: str
    """A value of `RecipientKind`, or `joint-user`."""
    categories: tuple[CategoryId, ...]
    purpose: Titles
    country: str | None = None
    rows: int | None = None
    """How many rows of the person are in what he was given; None where nobody counts."""
    until: datetime | None = None
    opt_out: str | None = None


@dataclass(frozen=True, slots=True)
class Unshown:
    """Something that is not shown, and why."""

    dataset: DatasetId
    fields: tuple[str, ...]
    rows: int
    why: str
    statute: str


@dataclass(frozen=True, slots=True)
class Story:
    """One answer, but for the rows. Instants in the zone in which they are shown."""

    case_id: CaseId
    right: Right
    controller: Titles
    address: str
    responsible: str
    asked_at: datetime
    made_at: datetime
    until: datetime
    known_by: tuple[str, ...]
    titles: Mapping[CategoryId, Titles]
    """How each category is called."""
    purposes: Mapping[CategoryId, tuple[Titles, ...]]
    held_in: Mapping[DatasetId, tuple[CategoryId, ...]]
    """Dataset → the categories of its fields."""
    looked_in: int
    """How many datasets were looked into."""
    keeping: tuple[Keeping, ...]
    receivers: tuple[Receiver, ...]
    unshown: tuple[Unshown, ...]
    laws: Mapping[str, Titles] = field(default_factory=dict)


def purposes_of(policy: Policy) -> dict[CategoryId, tuple[Titles, ...]]:
    """Return the titles of each category's purposes."""
    return {
        name: tuple(policy.purposes[purpose].title for purpose in category.purposes if purpose in policy.purposes)
        for name, category in policy.categories.items()
    }
