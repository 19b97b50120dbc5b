"""Letters: written into the vault under a key of their own, handed to a carrier, forgotten.

Write first, send later: a letter that is due is in the ledger before anything goes out, and goes out again until
somebody has taken it. Its name follows from the case, the kind and the how manieth it is: who writes it twice writes
it once. What may arrive twice is a letter of which the taking was not heard; it has the same Message-ID.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias

from retention.app.context import Context
from retention.clocks import advance
from retention.errors import (
    AddressFailure,
    SettingsError,
    StateError,
    SystemFailure,
    TransientFailure,
    UnknownNameError,
)
from retention.evidence import page, plain, printing
from retention.evidence.letter import Written
from retention.model.ids import CaseId
from retention.model.letter import Happens, Letter, LetterId, LetterKind, LetterMove, Posted, Reach, Stage, Way
from retention.model.subject import SubjectKey
from retention.ports.letters import Carrier, Outgoing
from retention.requests.letters import is_answer, is_to_be_tried

_LEASE, _LEASED_FOR = "letters", timedelta(minutes=10)
_NAME = "letter"
_IN_A_ROW = 3
"""After so many letters in a row that a carrier could not take, the others are not tried on it now."""


@dataclass(frozen=True, slots=True)
class Ended:
    """A letter that was sent or given up, just before it is forgotten."""

    posted: Posted
    text: bytes = field(repr=False)
    happens: tuple[SubjectKey, Happens] | None = field(repr=False)
    """The event that its delivery is, and about whom."""


Told: TypeAlias = Callable[[Context, Ended, datetime], None]
"""Hears that a letter was sent or given up, and what it said."""


def _nobody(_: Context, __: Ended, ___: datetime) -> None:
    """Tell nobody."""


def _happens(content: dict[str, Any]) -> tuple[SubjectKey, Happens] | None:
    if "happens" not in content:
        return None
    name, value, event, about, even_if_lost = content["happens"]
    return SubjectKey(name, value), Happens(event, about, even_if_lost)


@dataclass(frozen=True, slots=True)
class Delivery:
    """What one round of sending did."""

    sent: tuple[LetterId, ...]
    handed_over: tuple[LetterId, ...]
    """They lie in the mail room."""
    later: tuple[LetterId, ...]
    refused: tuple[LetterId, ...]
    """A person has to print them, or find another address."""
    given_up: tuple[LetterId, ...]
    lacking: tuple[LetterId, ...] = ()
    """Due, and not written: the desk has to say something first."""
    late: tuple[CaseId, ...] = ()
    """Complaints of people whom nobody has contacted by the end of the working day."""


def keep_letter(
    context: Context,
    letter: LetterId,
    kind: LetterKind,
    *,
    reach: Reach,
    written: Written,
    now: datetime,
    happens: tuple[SubjectKey, Happens] | None = None,
) -> Posted:
    """Put a letter into the vault, ready to go; one that was written before stays as it is.

    Raises:
        SettingsError: no carrier goes that way.

    """
    _carrier(context, reach.way)
    about, _, _ = letter.partition(".")
    until = advance(now.astimezone(context.zone).date() + timedelta(days=1), context.letter_terms.keep_for)
    expires = datetime.combine(until, datetime.min.time(), context.zone)
    ledger = context.ledger
    ledger.letters.begin(Letter(letter, about, kind, reach.way, reach.language, now, expires))
    posted = ledger.letters.get(letter)
    if posted.stage is Stage.BEGUN:
        content = _packed(reach, written, happens, paper=reach.way is Way.POST or is_answer(kind))
        ledger.vault.put(envelope(letter), _NAME, content)
        digest = hmac.new(context.keys.create("letters"), content, hashlib.sha256).hexdigest()
        ledger.letters.note(LetterMove(letter, now, Stage.WRITTEN, digest=digest))
        posted = ledger.letters.get(letter)
    return posted


def deliver(context: Context, now: datetime, told: Told = _nobody) -> Delivery:
    """Hand over every letter whose time has come; give up what is too old; forget what is over.

    `told` hears of every letter that was sent or given up before it is forgotten; after a crash again.

    Raises:
        TransientFailure: another process is at it.

    """
    tally = _Tally()
    with _alone(context, now) as holder:
        for posted in context.ledger.letters.open():
            context.ledger.lease(_LEASE, holder, now, now + _LEASED_FOR)
            _deliver(context, posted, tally, told, now)
    return tally.result()


def finish(context: Context, posted: Posted, told: Told, now: datetime) -> None:
    """Let others know that a letter was sent, and forget it: shred its key, remove what its carrier keeps.

    Harmless to repeat: who died before the end finds the letter whole, or only the last line missing.
    """
    letter = posted.letter
    content: dict[str, Any] | None = None
    with suppress(StateError):  # shredded already: then it was told
        content = _read(context, posted)
    if content is not None:
        told(context, Ended(posted, content["text"].encode(), _happens(content)), now)
    if letter.way in context.carriers:
        context.carriers[letter.way].forget(letter.letter_id)
    context.ledger.vault.destroy(envelope(letter.letter_id))
    context.ledger.letters.note(LetterMove(letter.letter_id, now, Stage.FORGOTTEN))


def put_on_paper(context: Context, letter: LetterId, folder: Path, now: datetime) -> list[Path]:
    """Write one letter as page, text and paper (if it has any), for a person to print and post; return the files.

    Raises:
        UnknownNameError: there is no such letter.
        StateError: it is over, or not written yet.

    """
    posted = context.ledger.letters.get(letter)
    outgoing = opened(context, posted)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    contents = {"html": outgoing.html.encode(), "txt": outgoing.text.encode(), "pdf": outgoing.paper}
    files: list[Path] = []
    for suffix, content in contents.items():
        if content is not None:
            files.append(folder / f"{letter}.{suffix}")
            files[-1].write_bytes(content)
    context.ledger.letters.note(LetterMove(letter, now, Stage.HANDED_OVER, "printed"))
    return files


def note_posted(
    context: Context, letters: Collection[LetterId], now: datetime, told: Told = _nobody
) -> tuple[Posted, ...]:
    """Note that somebody has posted letters that were handed over; they are sent, and forgotten.

    Raises:
        UnknownNameError: there is no such letter.
        StateError: one of them was not handed over; then none of them is noted.

    """
    found = [context.ledger.letters.get(letter) for letter in letters]
    for posted in found:
        if posted.stage not in (Stage.HANDED_OVER, Stage.SENT):
            raise StateError(f"letter {posted.letter.letter_id} is {posted.stage.value}; nobody was given it to post")
    for posted in found:
        if posted.stage is Stage.HANDED_OVER:
            context.ledger.letters.note(LetterMove(posted.letter.letter_id, now, Stage.SENT))
        finish(context, context.ledger.letters.get(posted.letter.letter_id), told, now)
    return tuple(context.ledger.letters.get(posted.letter.letter_id) for posted in found)


def opened(context: Context, posted: Posted) -> Outgoing:
    """Take the letter out of the vault. Personal, all of it.

    Raises:
        StateError: it is not written yet, or forgotten.

    """
    letter, told = posted.letter, _read(context, posted)
    paper = None if told["paper"] is None else base64.b64decode(told["paper"])
    to = tuple(told["to"])
    return Outgoing(letter.letter_id, letter.language, to, told["subject"], told["text"], told["html"], paper)


def _read(context: Context, posted: Posted) -> dict[str, Any]:
    letter = posted.letter
    try:
        told: dict[str, Any] = json.loads(context.ledger.vault.get(envelope(letter.letter_id), _NAME))
    except (StateError, UnknownNameError):
        hint = "only that it was, and when, is still known" if posted.is_over else "write it first"
        raise StateError(f"letter {letter.letter_id} is {posted.stage.value}: it cannot be read", hint=hint) from None
    return told


def envelope(letter: LetterId) -> CaseId:
    """Return the vault's name of a letter: it has a key of its own."""
    return CaseId(letter.replace(".", "-"))


def _deliver(context: Context, posted: Posted, tally: _Tally, told: Told, now: datetime) -> None:
    letter = posted.letter
    if not posted.is_over and now >= letter.expires_at:
        context.ledger.letters.note(LetterMove(letter.letter_id, now, Stage.GIVEN_UP, "too-late"))
        posted = context.ledger.letters.get(letter.letter_id)
        tally.given_up.append(letter.letter_id)
    if posted.is_over:
        finish(context, posted, told, now)
    elif is_to_be_tried(posted, now) and tally.in_a_row[letter.way] < _IN_A_ROW:
        stage = _try(context, posted, now)
        tally.count(letter, stage)
        if stage is Stage.SENT:
            finish(context, context.ledger.letters.get(letter.letter_id), told, now)


def _try(context: Context, posted: Posted, now: datetime) -> Stage:
    """Hand one letter to its carrier; return what became of it."""
    letter, note = posted.letter, context.ledger.letters.note
    carrier = _carrier(context, letter.way)
    outgoing = opened(context, posted)
    note(LetterMove(letter.letter_id, now, Stage.TRYING))
    code = ""
    try:
        carrier.carry(outgoing, now=now)
        stage = Stage.SENT if carrier.delivers else Stage.HANDED_OVER
    except AddressFailure as error:
        stage, code = Stage.REFUSED, error.why
    except SystemFailure as error:
        # a server that refuses us all, or lacks TLS, is put right by somebody: the letter waits for that
        stage, code = Stage.LATER, error.code
    note(LetterMove(letter.letter_id, now, stage, code))
    return stage


@dataclass
class _Tally:
    """What happened in one round."""

    sent: list[LetterId] = field(default_factory=list)
    handed_over: list[LetterId] = field(default_factory=list)
    later: list[LetterId] = field(default_factory=list)
    refused: list[LetterId] = field(default_factory=list)
    given_up: list[LetterId] = field(default_factory=list)
    in_a_row: dict[Way, int] = field(default_factory=lambda: dict.fromkeys(Way, 0))

    def count(self, letter: Letter, stage: Stage) -> None:
        """Put the letter where it belongs."""
        lists = {Stage.SENT: self.sent, Stage.HANDED_OVER: self.handed_over, Stage.REFUSED: self.refused}
        lists.get(stage, self.later).append(letter.letter_id)
        self.in_a_row[letter.way] = self.in_a_row[letter.way] + 1 if stage is Stage.LATER else 0

    def result(self) -> Delivery:
        """Return it, frozen."""
        return Delivery(
            tuple(self.sent), tuple(self.handed_over), tuple(self.later), tuple(self.refused), tuple(self.given_up)
        )


@contextmanager
def _alone(context: Context, now: datetime) -> Iterator[str]:
    """Let one process send at a time: two would send the same letter."""
    holder = secrets.token_hex(8)
    if not context.ledger.lease(_LEASE, holder, now, now + _LEASED_FOR):
        raise TransientFailure("another process is sending letters", hint="run again in ten minutes")
    try:
        yield holder
    finally:
        context.ledger.give_back(_LEASE, holder)


def _carrier(context: Context, way: Way) -> Carrier:
    if way not in context.carriers:
        raise SettingsError(
            f"no letter can go by {way.value}", hint=f"retention.yaml: name a carrier under letters.{way.value}"
        )
    return context.carriers[way]


def _packed(reach: Reach, written: Written, happens: tuple[SubjectKey, Happens] | None, *, paper: bool) -> bytes:
    """Freeze the letter as it will go out; a mail brings paper only where it is the answer, to be kept."""
    printed = printing.to_pdf(written.document) if paper else None
    told: dict[str, Any] = {
        "to": list(reach.address),
        "subject": written.subject,
        "text": plain.render(written.document),
        "html": page.render(written.document),
        "paper": None if printed is None else base64.b64encode(printed).decode(),
    }
    if happens is not None:
        subject, event = happens
        told["happens"] = [subject.name, subject.value, event.event, event.about, event.even_if_lost]
    return json.dumps(told, ensure_ascii=False).encode()
