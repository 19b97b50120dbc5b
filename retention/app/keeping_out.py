"""Late words about people who were erased: not kept; counted with their sender, by digest only."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retention.app.context import Context
from retention.app.sources import UNNAMED
from retention.model.event import Event
from retention.model.rescan import Sighting
from retention.model.subject import SubjectKey
from retention.planning.spotting import erasures_of, needed_by_holds, stays_out

_BATCH = 500
"""Events of one look-up."""


def let_in(context: Context, events: Sequence[tuple[Event, SubjectKey]], now: datetime) -> list[Event]:
    """Return the events that may be kept, in their order; the others are counted, and their ids noted.

    Raises:
        TransientFailure: the ledger cannot be reached: nobody knows, so nothing comes in.

    """
    needed = needed_by_holds(context.policy)
    kept: list[Event] = []
    for batch in _batches(events):
        digests = [(key.name, context.suppression_digest(key)) for _, key in batch]
        erased = erasures_of(context.ledger.copies.suppressed(set(digests), now))
        out = [stays_out(event, erased.get(who, ()), needed) for (event, _), who in zip(batch, digests, strict=True)]
        kept += [event for (event, _), is_out in zip(batch, out, strict=True) if not is_out]
        seen = [_sighting(event, who, now) for (event, _), who, o in zip(batch, digests, out, strict=True) if o]
        context.ledger.sightings.note(seen)
    return kept


def _sighting(event: Event, who: tuple[str, str], now: datetime) -> Sighting:
    return Sighting(*who, event.source or UNNAMED, event.kind, None, now, event.event_id)


def _batches(events: Sequence[tuple[Event, SubjectKey]]) -> list[Sequence[tuple[Event, SubjectKey]]]:
    return [events[start : start + _BATCH] for start in range(0, len(events), _BATCH)]
