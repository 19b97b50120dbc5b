"""Addresses in doubt: verified by somebody, or disposed of as the policy says (GDPR 5(1)(d), APPI 22).

Each sweep notes of whom mail came back three times, as `contact.unverified`; a rule of the policy gives the time to
verify from that day on. `contact.verified` or `subject.corrected` stops it; bounces taken back take it back.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.clocks import WITHDRAWN, in_doubt, started_at
from retention.grammar import BOUNCED, CORRECTED, UNVERIFIED, VERIFIED
from retention.model.event import Event

_KINDS = (BOUNCED, UNVERIFIED, VERIFIED, CORRECTED)


@dataclass(frozen=True, slots=True)
class ToVerify:
    """An address that somebody has to verify; whose it is, the sender of the bounce knows by the event's id."""

    event_id: str
    """Of the bounce that put it in doubt."""
    source: str | None
    since: datetime


def doubt_contacts(context: Context, now: datetime) -> None:
    """Note whose address came into doubt, and whose doubt rests on bounces that were taken back."""
    for events in _by_key(context).values():
        bounce, since = in_doubt(events, now), started_at(events, UNVERIFIED, now)
        if bounce is not None and since is None:
            context.ledger.events.record([_doubt(bounce, now)])
        elif bounce is None and since is not None:
            context.ledger.events.record([_taken_back(event, now) for event in events if event.kind == UNVERIFIED])


def contacts_to_verify(context: Context, now: datetime) -> tuple[ToVerify, ...]:
    """Return the addresses that wait to be verified, the longest in doubt first."""
    doubt_contacts(context, now)
    found = []
    for events in _by_key(context).values():
        bounce, since = in_doubt(events, now), started_at(events, UNVERIFIED, now)
        if bounce is not None and since is not None:
            found.append(ToVerify(bounce.event_id, bounce.source, since))
    return tuple(sorted(found, key=lambda each: (each.since, each.event_id)))


def _by_key(context: Context) -> dict[tuple[str, str], list[Event]]:
    """Return what is recorded under each key that mail ever came back from; a doubt taken back stands no more."""
    bounced = {(e.key_name, e.subject_digest) for e in context.ledger.events.of_kinds((BOUNCED, UNVERIFIED))}
    found: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in context.ledger.events.of_keys(bounced, _KINDS):
        found[event.key_name, event.subject_digest].append(event)
    return found


def _doubt(bounce: Event, now: datetime) -> Event:
    event_id = f"{UNVERIFIED}:{bounce.event_id}:{now:%Y%m%dT%H%M%S}"
    return Event(event_id, UNVERIFIED, bounce.key_name, bounce.subject_digest, now, now, source="sweep")


def _taken_back(doubt: Event, now: datetime) -> Event:
    event_id, who = f"{doubt.event_id}:withdrawn", (doubt.key_name, doubt.subject_digest)
    return Event(event_id, WITHDRAWN, *who, now, now, corrects=doubt.event_id, source="sweep")
