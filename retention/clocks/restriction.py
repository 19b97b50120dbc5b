"""Restriction of processing: while it stands, nothing of the person is disposed of (GDPR art. 18).

It ends when it is lifted, and the person must be told before that (art. 18(3)): a lifting that
no notice went before changes nothing. Safe side first: whatever happens at the instant of a
placing happens before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from retention.clocks.fold import that_count
from retention.grammar import LIFTED, NOTIFIED, PLACED, RESTRICTION_LIFT
from retention.model.event import Event


@dataclass(frozen=True, slots=True)
class Unrestricted:
    """Nothing stands, or what stood was lifted after the person had been told."""


@dataclass(frozen=True, slots=True)
class RestrictedSince:
    """Placed, and nobody has tried to lift it."""

    placed_at: datetime


@dataclass(frozen=True, slots=True)
class LiftWithoutNotice:
    """Lifted before the person was told: it still stands, and someone must tell the person and lift again."""

    placed_at: datetime
    lifted_at: datetime
    """The latest attempt."""


Restriction: TypeAlias = Unrestricted | RestrictedSince | LiftWithoutNotice


def restricted(events: Iterable[Event], now: datetime) -> Restriction:
    """Return whether the person's data may be disposed of.

    Args:
        events: All events about the person, under every key; any order.
        now: Later events do not count yet.

    """
    happened = that_count(events, now)
    placings = sorted(event.occurred_at for event in happened if event.kind == PLACED)
    lifts = sorted(event.occurred_at for event in happened if event.kind == LIFTED)
    notices = [e.occurred_at for e in happened if e.kind == NOTIFIED and e.about == RESTRICTION_LIFT]
    effective = [lift for lift in lifts if _told(lift, placings, notices)]
    open_since = [placed for placed in placings if not effective or placed >= effective[-1]]
    if not open_since:
        return Unrestricted()
    attempts = [lift for lift in lifts if lift > open_since[-1]]
    return LiftWithoutNotice(open_since[0], attempts[-1]) if attempts else RestrictedSince(open_since[0])


def _told(lift: datetime, placings: list[datetime], notices: list[datetime]) -> bool:
    """Whether a notice went out between the last placing before the lift, and the lift."""
    before = [placed for placed in placings if placed < lift]
    return bool(before) and any(before[-1] < told <= lift for told in notices)
