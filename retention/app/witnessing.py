"""Have the newest checkpoint cosigned; print it for the audit binder."""

from __future__ import annotations

from datetime import datetime

from retention.app.context import Context
from retention.evidence.binder import checkpoint_page
from retention.evidence.stamping import stamp
from retention.evidence.witnessing import Witnessed, ask, cosigned_note


def ask_witnesses(context: Context, now: datetime) -> Witnessed | None:
    """Publish, and ask whoever has not cosigned the newest checkpoint; None if the log has no witnesses.

    A witness that is dead, slow or lying is named in the answer and holds nobody up.

    Raises:
        FoundError: the log cannot be published.

    """
    is_stamped(context)
    if context.witnesses is None:
        context.log.publish()
        return None
    return ask(context.log, context.witnesses, now)


def is_stamped(context: Context) -> bool | None:
    """Have the newest checkpoint stamped; return whether it is, None if nobody is to be asked.

    An authority that is dead, slow or says no holds nobody up.
    """
    return None if context.timestamper is None else stamp(context.log, context.timestamper)


def print_checkpoint(context: Context, now: datetime) -> str:
    """Return the newest checkpoint as a page for the binder, with all cosignatures that can be had now."""
    witnessed = ask_witnesses(context, now)
    checkpoint = context.log.publish()
    note = cosigned_note(context.log.tiles, checkpoint)
    return checkpoint_page(checkpoint, note, context.log.vkey, witnessed, now.astimezone(context.zone))
