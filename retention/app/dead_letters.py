"""Parcels that nobody can read: named by number and reason; tried again, or dropped for good.

What they say is never shown: a person who must see it asks the sender.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retention.app.context import Context
from retention.errors import UnknownNameError
from retention.model.parcel import Parcel, ParcelState

SHORT = 12
"""Digits of a parcel's number that are shown."""
_MOST = 10_000


def dead(context: Context) -> tuple[Parcel, ...]:
    """Return dead letters, oldest first."""
    return context.ledger.inbox.of_state(ParcelState.DEAD, _MOST)


def retry(context: Context, numbers: Sequence[str]) -> int:
    """Let dead letters wait again, all if none is named; a contradiction (`conflict`) stays dead.

    Returns:
        How many wait again.

    Raises:
        UnknownNameError: one of them is no dead letter; nothing was changed.

    """
    return context.ledger.inbox.revive(_named(context, numbers) or [parcel.parcel_id for parcel in dead(context)])


def drop(context: Context, numbers: Sequence[str], now: datetime) -> int:
    """Remove for good what dead letters say; return how many there were.

    Raises:
        UnknownNameError: one of them is no dead letter; nothing was changed.

    """
    return context.ledger.inbox.drop(_named(context, numbers), now)


def _named(context: Context, numbers: Sequence[str]) -> list[str]:
    known = [parcel.parcel_id for parcel in dead(context)] if numbers else []
    named: list[str] = []
    for number in numbers:
        found = [parcel_id for parcel_id in known if parcel_id.startswith(number)]
        if len(number) < SHORT or len(found) != 1:
            raise UnknownNameError(f"no dead letter {number[:SHORT]}", hint="see `retention event dead list`")
        named += found
    return named
