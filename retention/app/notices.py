"""Letters about one thing to many: a new version of the policy, a breach, the end of a service, the lift of a stop.

Each person has a letter of his own, named by the notice and a keyed digest of his key: the same notice run again writes
to nobody twice. That it was delivered is recorded as an event about the person: clocks and versions wait for it.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from retention.app.context import Context
from retention.app.correspondence import read_reach
from retention.app.inbox import record_event
from retention.app.letter_facts import sender_of
from retention.app.letters import keep_letter
from retention.app.requests import parse_subject
from retention.errors import InputError, Problem
from retention.evidence.letter import write
from retention.evidence.letter_forms import shipped_forms
from retention.grammar import ABOUT, About
from retention.model.letter import Happens, LetterKind, Posted, Reach, Stage, Value, Way, letter_id
from retention.model.subject import SubjectKey

NOTICES = (LetterKind.POLICY_CHANGE, LetterKind.BREACH, LetterKind.SERVICE_ENDED, LetterKind.LIFT_AHEAD)
_ABOUT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_DIGITS = 12


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody who is told."""

    subject: SubjectKey = field(repr=False)
    reach: Reach = field(repr=False)


@dataclass(frozen=True, slots=True)
class Notice:
    """What many people are told."""

    kind: LetterKind
    name: str
    """Tells it from others of its kind: the version, the service, the breach's reference."""
    values: Mapping[str, Value] = field(repr=False)
    happens: Happens | None = None
    """What is recorded about each person when the letter was sent, or, `even_if_lost`, given up."""


def read_recipients(context: Context, lines: Iterable[str]) -> tuple[Recipient, ...]:
    """Read people, one JSON object a line: `{"subject": "user_id=u1", "to": "Name <mail>", "language": "ja"}`.

    `to` is a mail address, or with `"way": "post"` a name and the lines of an address.

    Raises:
        InputError: with every line that is none of that; nobody is written to.

    """
    found: list[Recipient] = []
    problems: list[Problem] = []
    for number, line in enumerate(lines, 1):
        try:
            found.append(_recipient(context, line))
        except InputError as error:
            problems.append(Problem(where=f"line {number}", expected="a person to write to", found=error.message))
    if problems:
        raise InputError("the people cannot be read", problems=tuple(problems), hint="nothing was written")
    return tuple(found)


def _recipient(context: Context, line: str) -> Recipient:
    try:
        told = json.loads(line)
        subject, to, way = str(told["subject"]), str(told["to"]), told.get("way", Way.EMAIL.value)
        language = told.get("language", "ja")
    except (ValueError, TypeError, KeyError, AttributeError):
        raise InputError('no {"subject": "KEY=VALUE", "to": "Name <address>"}') from None
    if language not in ("ja", "en"):
        raise InputError("a language that is neither ja nor en")
    return Recipient(parse_subject(context, subject), read_reach(to, way, language))


def write_notices(context: Context, notice: Notice, people: Iterable[Recipient], now: datetime) -> tuple[Posted, ...]:
    """Write the notice to each person who does not have it; send with `letters send`.

    Raises:
        InputError: the notice lacks something, or is none; nobody is written to.

    """
    if notice.kind not in NOTICES:
        expected = ", ".join(kind.value for kind in NOTICES)
        problem = Problem(where="KIND", expected=f"one of {expected}", found=f"`{notice.kind.value}`")
        raise InputError("that is no letter to many", problems=(problem,))
    _check_event(context, notice.happens)
    return tuple(_write(context, notice, person, now) for person in people)


def _check_event(context: Context, happens: Happens | None) -> None:
    """Refuse, before anybody is written to, an event that could not be recorded when the letters are sent."""
    if happens is None:
        return
    if ABOUT.get(happens.event) is About.PURPOSE:
        known, expected = happens.about in context.policy.purposes, ", ".join(sorted(context.policy.purposes))
        problem = Problem(where="--purpose", expected=f"a purpose of the policy ({expected})", found="something else")
    else:
        known = bool(_ABOUT.fullmatch(happens.about))
        problem = Problem(where="--name", expected="a version or reference like 2026-12", found="something else")
    if not known:
        raise InputError("nobody can say what the notice ends or tells of", problems=(problem,))


def _write(context: Context, notice: Notice, person: Recipient, now: datetime) -> Posted:
    today = now.astimezone(context.zone).date()
    about = _about(context, notice, person.subject)
    forms = shipped_forms("en" if person.reach.language == "en" else "ja")
    values = {
        **sender_of(context, context.policy.regimes),
        "case": _reference(notice),
        "date": today,
        "name": person.reach.name,
        **notice.values,
    }
    addressee = (*person.reach.address, person.reach.name) if person.reach.way is Way.POST else ()
    written = write(notice.kind, forms, values, addressee=addressee)
    letter = letter_id(about, notice.kind)
    happens = None if notice.happens is None else (person.subject, notice.happens)
    return keep_letter(context, letter, notice.kind, reach=person.reach, written=written, now=now, happens=happens)


def _about(context: Context, notice: Notice, subject: SubjectKey) -> str:
    """Name the person's own copy: by a keyed digest, so that the name tells nobody who it is."""
    named = json.dumps([notice.kind.value, notice.name, subject.name, subject.value]).encode()
    digest = hmac.new(context.keys.create("letters"), named, hashlib.sha256).hexdigest()[:_DIGITS]
    return f"N-{_reference(notice)[-8:]}-{digest}"


def _reference(notice: Notice) -> str:
    """Return the number under which people can ask about the notice: the same for all of them."""
    number = int(hashlib.sha256(f"{notice.kind.value}\0{notice.name}".encode()).hexdigest()[:8], 16) % 10**8
    return f"N-{number:08}"


def record_delivery(context: Context, posted: Posted, subject: SubjectKey, happens: Happens, now: datetime) -> None:
    """Record about the person that the notice reached him, or that nothing more can be done to reach him."""
    if posted.stage is Stage.SENT or happens.even_if_lost:
        record_event(
            context,
            subject,
            happens.event,
            event_id=f"letter:{posted.letter.letter_id}",
            occurred_at=now,
            now=now,
            about=happens.about,
            source="letters",
        )
