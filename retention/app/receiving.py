"""Events come in from elsewhere: kept here, committed, and only then deleted where they came from.

Kill it anywhere: what was not committed is still in the queue, what was committed and not deleted comes again
and is known. Nothing is read at the door, so that nothing that is sent can stop the queue.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retention.app.context import Context
from retention.app.envelopes import content_of, name_of, read_json
from retention.errors import TransientFailure
from retention.model.parcel import Parcel, Taken
from retention.ports.queues import Message, Queue

MOST = 10_000
"""Messages of one queue in one call: others wait for their turn too."""
_BATCH = 200
"""Messages of one commit."""


def receive(context: Context, bodies: Sequence[bytes], intake: str, now: datetime) -> Taken:
    """Keep what was sent, durable when this returns.

    Raises:
        TransientFailure: the ledger cannot be reached; nothing was kept.

    """
    return context.ledger.inbox.take([_parcel(context, body, intake, now) for body in bodies])


def take(context: Context, now: datetime, wait_seconds: int = 1) -> Taken:
    """Empty every queue into the inbox; each is waited for that long when it seems empty.

    Raises:
        TransientFailure: the ledger or a queue cannot be reached; the other queues were emptied nevertheless.

    """
    taken, missed = Taken(0, 0), []
    for name, queue in context.intake.queues.items():
        try:
            taken += _emptied(context, name, queue, now, wait_seconds)
        except TransientFailure as failure:
            missed.append(f"{name}: {failure.message}")
    if missed:
        raise TransientFailure("; ".join(missed), hint="run again: nothing of it is lost")
    return taken


def _emptied(context: Context, name: str, queue: Queue, now: datetime, wait_seconds: int) -> Taken:
    taken, seen = Taken(0, 0), 0
    while seen < MOST and (batch := _batch(queue, wait_seconds)):
        taken += receive(context, [message.body for message in batch], name, now)
        queue.delete(batch)
        seen += len(batch)
    return taken


def _batch(queue: Queue, wait_seconds: int) -> list[Message]:
    batch: list[Message] = []
    while len(batch) < _BATCH and (some := queue.receive(wait_seconds)):
        batch += some
    return batch


def _parcel(context: Context, body: bytes, intake: str, now: datetime) -> Parcel:
    inbox, sent = context.ledger.inbox, read_json(body)
    name = name_of(sent)
    if name is None:
        content = inbox.stamp(body)
        return Parcel(content, content, intake, now, body)
    return Parcel(inbox.stamp("\0".join(name).encode()), inbox.stamp(content_of(sent)), intake, now, body)
