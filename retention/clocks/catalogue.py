"""Kinds of events, and which of them move a clock."""

from __future__ import annotations

from retention.grammar import EVENT_KINDS, STOPS, WITHDRAWN

__all__ = ["EVENT_KINDS", "STOPS", "WITHDRAWN", "kinds_that_move", "stops_of"]

_CONSENTED = frozenset({"consent.given"})


def kinds_that_move(start_kind: str) -> tuple[str, ...]:
    """Return the kinds that start or stop the clock, sorted: what to ask the ledger for."""
    return tuple(sorted({start_kind, *STOPS.get(start_kind, ())}))


def stops_of(start_kind: str, about: str | None) -> frozenset[str]:
    """Return the kinds that stop a clock of that start; `about` is the purpose whose end it is, if it is one.

    A purpose lives again when the person consents to it again, however it had ended.
    """
    stops = STOPS.get(start_kind, frozenset())
    return stops if about is None else stops | _CONSENTED
