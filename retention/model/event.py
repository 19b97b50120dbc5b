"""Something happened that starts, restarts or stops a clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Event:
    """One event as the ledger keeps it; the person appears as a keyed digest only.

    Events arrive late, twice and out of order: the same `event_id` is the same event, and an
    event that `corrects` another takes its place wherever it arrives.
    """

    event_id: str
    """The sender's id; makes a repeated delivery harmless."""
    kind: str
    """`account.closed`, `account.reopened`, `consent.withdrawn` …"""
    key_name: str
    """By which identity key the person was named: `user_id`."""
    subject_digest: str
    """HMAC of that key under the look-up key."""
    occurred_at: datetime
    recorded_at: datetime
    corrects: str | None = None
    """The `event_id` this one replaces; a withdrawal is a correction to kind `withdrawn`."""
    about: str | None = None
    """What it is about, by its kind (see `grammar.ABOUT`): a purpose, a version, a period; never personal."""
    source: str | None = None
    """A code: who sent it (`crm`), or in which file it came."""
