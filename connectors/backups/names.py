"""Names of copies: what evidence may hold, and the day that stands in a name."""

from __future__ import annotations

import hashlib
import re
from datetime import UTC, date, datetime, time

from retention.model.ids import CopyId, SystemId

_PLAIN = re.compile(r"[A-Za-z0-9_:-]{1,62}(?:[/.][A-Za-z0-9_:-]{1,62}){0,4}")
_EXACT = re.compile(r"\d{4}-\d{2}-\d{2}")
_WITHIN = re.compile(r"(?<!\d)(\d{4})-?(\d{2})-?(\d{2})(?!\d)")


def copy_id(system: SystemId, name: str) -> CopyId:
    """Return the copy's id: the system's name and its own; a digest where that could hold free text."""
    plain = name if _PLAIN.fullmatch(name) else f"sha256-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
    return CopyId(f"{system}/{plain}")


def exact_day(name: str) -> date | None:
    """Return the day that the whole name is (`2026-11-22`), or None."""
    return _day(name) if _EXACT.fullmatch(name) else None


def day_within(name: str) -> date | None:
    """Return the first day that stands in the name (`shop-20261122T0300.dump`), or None."""
    found = (_day("-".join(match)) for match in _WITHIN.findall(name))
    return next((day for day in found if day is not None), None)


def midnight(day: date) -> datetime:
    """Return the day's first moment in UTC."""
    return datetime.combine(day, time(), tzinfo=UTC)


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
