"""Letters become events that the clocks know: each once, in whatever order they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.envelopes import read_json
from retention.app.keeping_out import let_in
from retention.app.late_files import are_objects
from retention.app.leases import leased
from retention.app.letters import read
from retention.app.records import new_id
from retention.app.urgent import Started, open_cases, started
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.letter import Letter, LetterState, Settled, Unfit, Urgency
from retention.model.subject import SubjectKey

_BATCH = 500
"""Letters of one transaction."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What became of the letters that waited."""

    folded: int
    kept_out: int
    dead: int
    cases: tuple[CaseId, ...]
    """Opened now, because an event cannot wait."""
    started: Started
    """What waits to be carried out, from earlier calls as well."""


def fold(context: Context, now: datetime) -> Folded:
    """Fold all that waits; then open what cannot wait.

    Each letter and its event are one transaction. A case that is to be opened is written down first and opened
    after: killed in between, the next call opens it, under the same number.

    Raises:
        TransientFailure: the ledger cannot be reached, or another process is folding.

    """
    became: Counter[LetterState] = Counter()
    with leased(context, "inbox", now, "another process is folding the inbox"):
        while letters := context.ledger.inbox.of_state(LetterState.WAITING, _BATCH):
            settled = _settled(context, letters, now)
            context.ledger.inbox.settle(settled, now)
            became.update(each.state for each in settled)
        cases = open_cases(context, now)
    return Folded(
        folded=became[LetterState.FOLDED] + became[LetterState.OPENING],
        kept_out=became[LetterState.KEPT_OUT],
        dead=became[LetterState.DEAD],
        cases=cases,
        started=started(context),
    )


def _settled(context: Context, letters: Sequence[Letter], now: datetime) -> list[Settled]:
    settled: list[Settled] = []
    events: list[tuple[Letter, Event, SubjectKey]] = []
    for letter in letters:
        sent = read_json(letter.body or b"")
        if are_objects(sent):
            settled.append(_objects(context, letter))
            continue
        match read(context, sent, now):
            case Unfit() as reason:
                settled.append(Settled(letter.letter_id, LetterState.DEAD, reason=reason))
            case (event, subject):
                events.append((letter, event, subject))
    kept = {event.event_id for event in let_in(context, [(event, who) for _, event, who in events], now)}
    return settled + [_folded(context, letter, event, kept, now) for letter, event, _ in events]


def _objects(context: Context, letter: Letter) -> Settled:
    if letter.intake not in context.intake.objects_of:
        return Settled(letter.letter_id, LetterState.DEAD, reason=Unfit.OBJECTS_OF_NOBODY)
    return Settled(letter.letter_id, LetterState.OPENING)


def _folded(context: Context, letter: Letter, event: Event, kept: set[str], now: datetime) -> Settled:
    if event.event_id not in kept:
        return Settled(letter.letter_id, LetterState.KEPT_OUT)
    match context.intake.urgent.get(event.kind):
        case None:
            return Settled(letter.letter_id, LetterState.FOLDED, event)
        case Urgency.SWEEP:
            return Settled(letter.letter_id, LetterState.OPENING, event)
        case Urgency.SUSPENSION | Urgency.ERASURE:
            return Settled(letter.letter_id, LetterState.OPENING, event, case_id=CaseId(new_id("C", now)))
