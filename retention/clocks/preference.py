"""How long a person wants data to be kept: may shorten what the policy promised, never lengthen it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from retention.grammar import PREFERENCE
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import Keep


def preferred(happened: Iterable[Event]) -> Period | None:
    """Return the period of the latest preference among events that count; None if there is none.

    One that names no period takes earlier ones back.
    """
    latest = max(
        (e for e in happened if e.kind == PREFERENCE),
        key=lambda e: (e.occurred_at, e.recorded_at, e.event_id),
        default=None,
    )
    return None if latest is None else period_of(latest.about)


def period_of(about: str | None) -> Period | None:
    """Return the period that a preference is about, or None if it is about none."""
    try:
        return None if about is None else Period.parse(about)
    except ValueError:
        return None


def as_wished(keep: Keep, period: Period) -> Keep:
    """Return the clock with the person's period; a filing deadline or a purpose's own time stays before it."""
    return replace(keep, keep_for=period)
