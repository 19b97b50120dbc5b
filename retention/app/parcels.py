"""What a parcel says: an event and who it is about, or why it is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeAlias

from retention.app.context import Context
from retention.app.envelopes import Envelope, read_envelope
from retention.app.inbox import make_event
from retention.app.requests import parse_subject
from retention.errors import InputError
from retention.model.event import Event
from retention.model.parcel import Unfit
from retention.model.subject import SubjectKey

Read: TypeAlias = tuple[Event, SubjectKey] | Unfit
_REASONS = {"kind": Unfit.UNKNOWN_KIND, "about": Unfit.WRONG_ABOUT, "at": Unfit.NO_ZONE}
"""Where an event's problem is → the parcel's reason."""


def read(context: Context, sent: object, now: datetime) -> Read:
    """Return the event and who it is about, or why it is none.

    The event's id is the sender's with the source before it: two senders may count alike.
    """
    envelope = read_envelope(sent)
    return envelope if isinstance(envelope, Unfit) else _read(context, envelope, now)


def _read(context: Context, envelope: Envelope, now: datetime) -> Read:
    try:
        subject = parse_subject(context, envelope.subject, or_tenant=True)
    except InputError:
        return Unfit.NO_SUBJECT
    try:
        event = make_event(
            context,
            subject,
            envelope.kind,
            event_id=f"{envelope.source}#{envelope.number}",
            occurred_at=envelope.occurred_at,
            now=now,
            corrects=None if envelope.corrects is None else f"{envelope.source}#{envelope.corrects}",
            about=envelope.about,
        )
    except InputError as error:
        return _REASONS[error.problems[0].where]
    return replace(event, source=envelope.sender), subject
