"""Kinds of events, and which of them move a clock."""

from __future__ import annotations

from retention.grammar import EVENT_KINDS, STOPS, WITHDRAWN

__all__ = ["EVENT_KINDS", "STOPS", "WITHDRAWN", "kinds_that_move"]


def kinds_that_move(start_kind: str) -> tuple[str, ...]:
    """Return the kinds that start or stop the clock, sorted: what to ask the ledger for."""
    return tuple(sorted({start_kind, *STOPS.get(start_kind, ())}))
