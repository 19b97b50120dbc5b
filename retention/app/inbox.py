"""Events in: each becomes a keyed digest at the door."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime

from retention.app.context import Context
from retention.app.requests import parse_subject
from retention.clocks import EVENT_KINDS
from retention.errors import InputError, Problem
from retention.model.event import Event
from retention.model.subject import SubjectKey


def record_event(
    context: Context, subject: SubjectKey, kind: str, *, event_id: str, occurred_at: datetime, now: datetime
) -> bool:
    """Take one event; return whether it was new."""
    return (
        context.ledger.events.record(
            [_event(context, subject, kind, event_id=event_id, occurred_at=occurred_at, now=now)]
        )
        == 1
    )


def import_events(context: Context, lines: Iterable[str], label: str, now: datetime) -> int:
    """Take events from JSON Lines: `{"id", "kind", "subject": "user_id=…", "at", "corrects"?}`.

    Returns how many were new.

    Raises:
        InputError: with every line that is wrong; then nothing is taken.

    """
    problems: list[Problem] = []
    events = list(_read(context, lines, label, now, problems))
    if problems:
        raise InputError(f"{label} was not imported", problems=tuple(problems))
    return context.ledger.events.record(events)


def _read(
    context: Context, lines: Iterable[str], label: str, now: datetime, problems: list[Problem]
) -> Iterator[Event]:
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            subject = parse_subject(context, row["subject"])
            at = datetime.fromisoformat(row["at"])
            yield _event(
                context,
                subject,
                row["kind"],
                event_id=row["id"],
                occurred_at=at,
                now=now,
                corrects=row.get("corrects"),
            )
        except InputError as error:
            problems.extend(replace(p, where=f"{label}:{number} {p.where}") for p in error.problems)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            expected = 'an object with "id", "kind", "subject" and "at" (ISO 8601 with a zone)'
            problems.append(Problem(where=f"{label}:{number}", expected=expected, found=type(error).__name__))


def _event(
    context: Context,
    subject: SubjectKey,
    kind: str,
    *,
    event_id: str,
    occurred_at: datetime,
    now: datetime,
    corrects: str | None = None,
) -> Event:
    if kind not in EVENT_KINDS and not corrects:
        problem = Problem(where="kind", expected=f"one of {', '.join(sorted(EVENT_KINDS))}", found=repr(kind[:40]))
        raise InputError("the event is of no known kind", problems=(problem,))
    if occurred_at.tzinfo is None:
        problem = Problem(where="at", expected="an instant with a zone", found="one without")
        raise InputError("nobody can say when the event happened", problems=(problem,))
    return Event(event_id, kind, subject.name, context.lookup_digest(subject), occurred_at, now, corrects)
