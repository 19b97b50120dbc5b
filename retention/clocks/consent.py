"""Whether a person's consent stands: given, and not withdrawn since, whatever order the events came in."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from retention.clocks.fold import first_after_last, that_count
from retention.model.event import Event

CONSENT_KINDS = frozenset({"consent.given", "consent.withdrawn"})
_WITHDRAWALS = frozenset({"consent.withdrawn"})


def consents(events: Iterable[Event], purpose: str, now: datetime) -> bool:
    """Return whether the person agrees to the purpose at `now`.

    A withdrawal that names no purpose withdraws every consent; a consent that names none gives none: it must be
    known what was agreed to. Given and withdrawn at the same instant: withdrawn.
    """
    happened = that_count(events, now)
    given = [event for event in happened if event.kind == "consent.given" and event.about == purpose]
    taken = [event for event in happened if event.kind in _WITHDRAWALS and event.about in (None, purpose)]
    return first_after_last([*given, *taken], "consent.given", _WITHDRAWALS) is not None
