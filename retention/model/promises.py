"""What was promised to people in place of what was refused: it is kept by itself when the time has come."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from retention.model.ids import CaseId, CategoryId


@dataclass(frozen=True, slots=True)
class Promise:
    """Someone's data of some categories goes when the law that keeps it lets go of it (APPI art. 35, provisos)."""

    case_id: CaseId
    """The request in which it was promised."""
    key_name: str
    digest: str
    """Of one of the person's keys, under the suppression key."""
    categories: tuple[CategoryId, ...]
    due_on: date
    """First day on which no law keeps it."""
    recorded_at: datetime
    kept_at: datetime | None = None
    """When a sweep found nothing of the person any more."""
