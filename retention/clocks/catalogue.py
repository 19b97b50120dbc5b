"""Kinds of events, and which of them move a clock."""

from __future__ import annotations

from retention.grammar import EVENT_KINDS, STOPS, WITHDRAWN

__all__ = ["EVENT_KINDS", "STOPS", "WITHDRAWN", "stops_of"]

_CONSENTED = frozenset({"consent.given"})


def stops_of(start_kind: str, about: str | None) -> frozenset[str]:
    """Return the kinds that stop a clock of that start; `about` is the purpose whose end it is, if it is one.

    A purpose lives again when the person consents to it again, however it had ended.
    """
    stops = STOPS.get(start_kind, frozenset())
    return stops if about is None else stops | _CONSENTED
