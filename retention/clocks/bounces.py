"""Mail that comes back: from the third time on somebody must look whether the address is still right (APPI 22)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from retention.clocks.fold import that_count
from retention.grammar import BOUNCED, CORRECTED, VERIFIED
from retention.model.event import Event

IN_DOUBT_AFTER = 3


def in_doubt(events: Iterable[Event], now: datetime) -> Event | None:
    """Return the bounce that puts a person's address in doubt, or None.

    Args:
        events: Everything recorded under one key; any order.
        now: Later events do not count yet.

    """
    happened = that_count(events, now)
    right = max((event.occurred_at for event in happened if event.kind in (VERIFIED, CORRECTED)), default=None)
    bounces = [event for event in happened if event.kind == BOUNCED and (right is None or event.occurred_at > right)]
    ordered = sorted(bounces, key=lambda event: (event.occurred_at, event.event_id))
    return ordered[IN_DOUBT_AFTER - 1] if len(ordered) >= IN_DOUBT_AFTER else None
