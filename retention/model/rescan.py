"""Looking again for people who must not come back, some days after their case was completed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from retention.model.ids import CaseId, DatasetId
from retention.model.period import Period


class Seen(Enum):
    """What a re-scan saw, and what became of it."""

    CLEAN = "clean"
    RETURNED = "returned"
    """Somebody is there again; a return case erases it."""
    ERASED = "erased"
    """What had come back is gone, and other code looked."""


@dataclass(frozen=True, slots=True)
class RescanTerms:
    """When cases are looked at again: the section `rescans` of retention.yaml."""

    after: tuple[Period, ...] = (Period(days=7), Period(days=30))
    late_after: Period = field(default_factory=lambda: Period(days=3))
    """How long after its day a re-scan is still in time."""
    trust_dates: bool = True
    """Whether a store's own date of arrival is believed. Not where a bucket receives replicas: those keep theirs."""


@dataclass(frozen=True, slots=True)
class Round:
    """One re-scan of one case, as the ledger keeps it."""

    case_id: CaseId
    name: str
    """The period after completion, `P7D`; `asked` for a look that a person asked for."""
    due_at: datetime
    seen: Seen | None = None
    """None while nobody has looked."""
    looked_at: datetime | None = None
    return_case: CaseId | None = None
    """The case that erases what came back."""


@dataclass(frozen=True, slots=True)
class Sighting:
    """Somebody who must not come back was offered to us again: by digest, counted, and nothing else is kept."""

    key_name: str
    digest: str
    """Under the suppression key."""
    source: str
    """A code: who sent it."""
    what: str
    """The event's kind, or `row`."""
    dataset: DatasetId | None
    """For rows: where they were to go."""
    at: datetime
    reference: str = ""
    """For an event: the sender's id of it, so that it can be sent again should this have been a mistake."""


@dataclass(frozen=True, slots=True)
class Offered:
    """Sightings that differ only in when, counted."""

    sighting: Sighting
    """The latest."""
    times: int
    first_at: datetime


@dataclass(frozen=True, slots=True)
class FoundIn:
    """Where somebody is again, and where that came from."""

    dataset: DatasetId
    rows: int
    since: datetime | None
    """When the store received the earliest of it, or the sender offered it; None if neither can be told."""
    sources: tuple[str, ...]
    """Codes of who had offered these people since their erasure; empty if nobody is known to have."""


@dataclass(frozen=True, slots=True)
class Rescanned:
    """A completed case was looked at again, in every mapped store, by keyed digest."""

    round: str
    due_at: datetime
    state: str
    """`clean`, `returned` or `erased`; see `Seen`."""
    late: bool
    looked_in: int
    """How many datasets know people by the keys in question."""
    keys: int
    """Keyed digests that were looked for."""
    found: int
    """Of them, those that were there and should not be."""
    found_in: tuple[FoundIn, ...]
    return_case: CaseId | None


@dataclass(frozen=True, slots=True)
class Readmitted:
    """Somebody who was erased has come back as he may: what is kept of him from then on is legitimate."""

    reason: str
    """The kind of the event by which he came back, or a person's reason."""
    statutes: tuple[str, ...]
    keys: int
    erased_at: datetime
    decider_ref: str | None
    """HMAC of the decider's name under the staff key; None where an event says so."""


def sources_of(offered: Iterable[Offered]) -> tuple[str, ...]:
    """Return who offered, sorted."""
    return tuple(sorted({each.sighting.source for each in offered}))
