"""A use beyond its purpose that has happened: kept about each person, so that a later request finds its ground itself.

APPI 18(1) forbids it, and 35(1) makes it a ground for suspension and erasure; GDPR 5(1)(b), 17(1)(d), 18(1)(b).
An attempt that `using.left_out` refuses is none: nothing was read.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from datetime import datetime

from retention.app.context import Context
from retention.app.inbox import make_event
from retention.app.keeping_out import let_in
from retention.app.using import Use, bars
from retention.grammar import OVERUSED
from retention.model.subject import SubjectKey
from retention.planning.gate import Bar

_BEYOND = frozenset({"purpose-undeclared", "out-of-purpose"})


def note_use(context: Context, use: Use, keys: Iterable[SubjectKey], now: datetime) -> tuple[tuple[Bar, ...], int]:
    """Return what of the use went beyond the purpose, and about how many people that is new; noticed now.

    The same use noticed again on the same day is the same violation. Nothing is kept of a use within its purpose.

    Raises:
        InputError: the data map has no such dataset or column.

    """
    today = now.astimezone(context.zone).date()
    found = tuple(bar for bar in bars(context.policy, context.datamap, use, today) if bar.code in _BEYOND)
    if not found:
        return (), 0
    what = json.dumps([use.purpose, sorted(use.data), use.recipient, today.isoformat()])
    number = hashlib.sha256(what.encode()).hexdigest()[:16]
    events = []
    for key in keys:
        event_id = f"use:{number}:{context.lookup_digest(key)[:32]}"
        event = make_event(context, key, OVERUSED, event_id=event_id, occurred_at=now, now=now)
        events.append((event, key))
    return found, context.ledger.events.record(let_in(context, events, now))
