"""Folding events: since when a person's clock runs, whatever order the events came in.

What is corrected never counts: a correction stands in its target's place, wherever and
whenever either arrives. So the answer is a function of the set of events:

1. deliveries of the same `event_id` are one event;
2. an event that another one corrects is gone; of several corrections of one event, the one
   recorded last stands. Events that correct each other in a circle are all gone: they
   contradict each other, and a clock that does not run keeps the data;
3. a correction of kind `withdrawn` stands for nothing: no clock starts or stops with that kind;
4. what happens after `now` does not count yet;
5. the clock runs from the earliest start after the last stop. Start and stop at the same
   instant: stopped, since erasing too late can be mended and erasing too early cannot.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from retention.clocks.catalogue import STOPS
from retention.model.event import Event


def started_at(events: Iterable[Event], start_kind: str, now: datetime) -> datetime | None:
    """Return since when the clock of one person runs, or None if it does not.

    Args:
        events: All events about the person that start or stop the clock, with every correction; any order.
        start_kind: The kind that starts it (`account.closed`).
        now: Later events do not count yet.

    """
    return first_after_last(that_count(events, now), start_kind, STOPS.get(start_kind, frozenset()))


def first_after_last(happened: Iterable[Event], start_kind: str, stops: frozenset[str]) -> datetime | None:
    """Return the earliest start after the last stop among events that count, or None."""
    happened = list(happened)
    last_stop = max((event.occurred_at for event in happened if event.kind in stops), default=None)
    starts = (event.occurred_at for event in happened if event.kind == start_kind)
    return min((start for start in starts if last_stop is None or start > last_stop), default=None)


def that_count(events: Iterable[Event], now: datetime) -> list[Event]:
    """Return the events that count at `now`: each once, none corrected, none still to come."""
    return [event for event in uncorrected(events) if event.occurred_at <= now]


def uncorrected(events: Iterable[Event]) -> list[Event]:
    """Return the events that stand: each once, none corrected. Applying it again changes nothing."""
    # The ledger keeps the first delivery; choosing by content makes the answer independent of order here too.
    once = {event.event_id: event for event in sorted(events, key=_rank, reverse=True)}
    latest: dict[str, Event] = {}
    for event in sorted(once.values(), key=_rank):
        if event.corrects is not None:
            latest[event.corrects] = event
    return [
        event
        for event in once.values()
        if event.event_id not in latest and (event.corrects is None or latest[event.corrects] is event)
    ]


def _rank(event: Event) -> tuple[datetime, datetime, str, str, str, str]:
    return event.recorded_at, event.occurred_at, event.event_id, event.kind, event.corrects or "", event.about or ""
