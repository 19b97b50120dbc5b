"""Restriction asked for (GDPR art. 18): from the grant on the person's data is stored and nothing else.

The grant places it, so that nothing of the person is disposed of, whatever falls due meanwhile; the case's plan takes
the rows out of use. It ends when the case that lifts it is sealed, and that one is opened only after the person was
told (18(3)). A grant that is taken back leaves it placed: it ends by a notice and a lifting as well.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from retention.app.context import Context
from retention.clocks import Unrestricted, restricted
from retention.errors import RefusedError
from retention.grammar import LIFTED, NOTIFIED, PLACED
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey


def place(context: Context, case_id: CaseId, subject: SubjectKey, now: datetime) -> None:
    """Record that the person's data is restricted; the same case again changes nothing."""
    digest = context.lookup_digest(subject)
    context.ledger.events.record([Event(_event_id(case_id), PLACED, subject.name, digest, now, now)])


def refuse_untold(context: Context, case_id: CaseId, now: datetime) -> None:
    """Refuse to lift what the case restricted before the person was told that it ends.

    Raises:
        RefusedError: no such notice stands since it was placed.

    """
    placed = _placed(context, case_id)
    if placed is None:
        return
    known = list(context.ledger.events.of_keys([(placed.key_name, placed.subject_digest)], (PLACED, NOTIFIED, LIFTED)))
    if not isinstance(restricted([*known, _lifting(placed, case_id, now)], now), Unrestricted):
        raise RefusedError(
            f"{case_id} restricts a person's data, and the person was not told that this ends; nothing was lifted",
            hint="retention letters notice lift-ahead, and lift it when the letter is sent",
        )


def lift(context: Context, case_id: CaseId, now: datetime) -> None:
    """Record that what the case restricted is so no more; nothing if it restricted nothing."""
    placed = _placed(context, case_id)
    if placed is not None:
        context.ledger.events.record([_lifting(placed, case_id, now)])


def _placed(context: Context, case_id: CaseId) -> Event | None:
    events = context.ledger.events.of_kinds((PLACED,))
    return next((event for event in events if event.event_id == _event_id(case_id)), None)


def _lifting(placed: Event, case_id: CaseId, now: datetime) -> Event:
    """Return the end of what was placed: it names the person by the same digest, so that no key is needed."""
    return replace(placed, event_id=f"{_event_id(case_id)}-lifted", kind=LIFTED, occurred_at=now, recorded_at=now)


def _event_id(case_id: CaseId) -> str:
    return f"{case_id}:restriction"
