"""Pause disposal for a person, and end the pause."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.app.records import new_id
from retention.model.facts import HoldPlaced, HoldReleased
from retention.model.hold import PlacedHold
from retention.model.ids import HoldId
from retention.model.subject import SubjectKey


def place_hold(
    context: Context, subject: SubjectKey, reason: str, now: datetime, hold_id: HoldId | None = None
) -> PlacedHold:
    """Pause disposal for the person; plans made before no longer apply.

    With a `hold_id` chosen before, a placing that was interrupted is finished.
    """
    digest = context.lookup_digest(subject)
    hold = PlacedHold(hold_id or HoldId(new_id("H", now)), reason, subject.name, digest, now)
    context.ledger.holds.place(hold)
    context.record(None, HoldPlaced(hold.hold_id, reason), now)
    context.log.publish()
    return hold


def release_hold(context: Context, hold_id: HoldId, now: datetime) -> PlacedHold:
    """End the pause; what fell due meanwhile is due with the next sweep."""
    hold = context.ledger.holds.release(hold_id, now)
    context.record(None, HoldReleased(hold_id), now)
    context.log.publish()
    return hold
