"""Events in: each becomes a keyed digest at the door."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from retention.app.context import Context
from retention.app.keeping_out import let_in
from retention.app.requests import parse_subject
from retention.app.sources import source_of_file
from retention.clocks import EVENT_KINDS, WITHDRAWN
from retention.errors import InputError, Problem, RefusedError
from retention.grammar import ABOUT, RESTRICTION_LIFT, About
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import Policy
from retention.model.subject import SubjectKey

_VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of a file of events."""

    new: int
    kept_out: int
    """Late words about people who were erased: counted with their sender, and not kept."""


def record_event(
    context: Context,
    subject: SubjectKey,
    kind: str,
    *,
    event_id: str,
    occurred_at: datetime,
    now: datetime,
    about: str | None = None,
    source: str | None = None,
) -> bool:
    """Take one event; return whether it was new.

    Raises:
        InputError: the kind is not in the catalogue, the instant has no zone, or the policy does not know
            what the event is about.
        RefusedError: it is a late word about somebody who was erased; counted with its sender, and not kept.

    """
    event = make_event(context, subject, kind, event_id=event_id, occurred_at=occurred_at, now=now, about=about)
    if not let_in(context, [(replace(event, source=source), subject)], now):
        raise RefusedError(
            f"event {event_id} is older than the erasure of the person it is about; nothing was kept",
            hint="tell the sender that the person was erased; if he may be back: retention readmit, then send it again",
        )
    return context.ledger.events.record([replace(event, source=source)]) == 1


def import_events(
    context: Context, lines: Iterable[str], label: str, now: datetime, source: str | None = None
) -> Imported:
    """Take events from JSON Lines: `{"id", "kind", "subject": "user_id=…", "at", "corrects"?, "about"?}`.

    `source` is who sent them, as a code; the file's name if left out.

    Raises:
        InputError: with every line that is wrong; then nothing is taken.

    """
    problems: list[Problem] = []
    sender = source_of_file(label) if source is None else source
    events = [(replace(e, source=sender), who) for e, who in _read(context, lines, label, now, problems)]
    if problems:
        raise InputError(f"{label} was not imported", problems=tuple(problems))
    kept = let_in(context, events, now)
    return Imported(context.ledger.events.record(kept), len(events) - len(kept))


def _read(
    context: Context, lines: Iterable[str], label: str, now: datetime, problems: list[Problem]
) -> Iterator[tuple[Event, SubjectKey]]:
    for number, line in enumerate(lines, 1):
        try:
            row = json.loads(line)
            subject = parse_subject(context, row["subject"], or_tenant=True)
            at = datetime.fromisoformat(row["at"])
            event = make_event(
                context,
                subject,
                row["kind"],
                event_id=row["id"],
                occurred_at=at,
                now=now,
                corrects=row.get("corrects"),
                about=row.get("about"),
            )
            yield event, subject
        except InputError as error:
            problems.extend(replace(p, where=f"{label}:{number} {p.where}") for p in error.problems)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            expected = 'an object with "id", "kind", "subject" and "at" (ISO 8601 with a zone)'
            problems.append(Problem(where=f"{label}:{number}", expected=expected, found=type(error).__name__))


def make_event(
    context: Context,
    subject: SubjectKey,
    kind: str,
    *,
    event_id: str,
    occurred_at: datetime,
    now: datetime,
    corrects: str | None = None,
    about: str | None = None,
) -> Event:
    """Return the event as the ledger keeps it: the person is a keyed digest from here on.

    Raises:
        InputError: it cannot be taken; the problem is with `kind`, `at` or `about`.

    """
    kinds = EVENT_KINDS | {WITHDRAWN} if corrects else EVENT_KINDS
    if kind not in kinds:
        problem = Problem(where="kind", expected=f"one of {', '.join(sorted(kinds))}", found=repr(kind[:40]))
        raise InputError("the event is of no known kind", problems=(problem,))
    if occurred_at.tzinfo is None:
        problem = Problem(where="at", expected="an instant with a zone", found="one without")
        raise InputError("nobody can say when the event happened", problems=(problem,))
    if about is not None and not _is_known(context.policy, kind, about):
        words = ABOUT[kind].value if kind in ABOUT else "nothing: this kind is about the person only"
        problem = Problem(where="about", expected=f"a {words} that the policy knows", found="something else")
        raise InputError("nobody can say what the event is about", problems=(problem,))
    return Event(event_id, kind, subject.name, context.lookup_digest(subject), occurred_at, now, corrects, about)


def _is_known(policy: Policy, kind: str, about: str) -> bool:
    match ABOUT.get(kind):
        case About.PURPOSE:
            return about in policy.purposes
        case About.CATEGORY:
            return about in policy.categories
        case About.PERIOD:
            return _is_period(about)
        case About.NOTICE:
            return about == RESTRICTION_LIFT or bool(_VERSION.fullmatch(about))
        case About.VERSION:
            return bool(_VERSION.fullmatch(about))
        case None:
            return False
        case unknown:
            assert_never(unknown)


def _is_period(text: str) -> bool:
    try:
        Period.parse(text)
    except ValueError:
        return False
    return True
