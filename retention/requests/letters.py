"""Which letters a request's moves ask for, and when a letter that was not taken is tried again. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from types import MappingProxyType

from retention.model.letter import LetterId, LetterKind, Posted, Stage, letter_id
from retention.model.request import OVER, Request
from retention.model.request_moves import (
    Asked,
    CarriedOut,
    Done,
    Extended,
    FeeAsked,
    Move,
    Received,
    Redirected,
    Refused,
    Wait,
    What,
    Withdrawn,
)
from retention.model.terms import Right
from retention.requests.workdays import calendar_of, next_workday

_NEEDS = MappingProxyType(
    {
        Wait.PAPERS: LetterKind.NEED_PAPERS,
        Wait.AUTHORITY: LetterKind.NEED_AUTHORITY,
        Wait.MASKING: LetterKind.NEED_MASKING,
        Wait.FEE: LetterKind.NEED_FEE,
        Wait.CLARIFICATION: LetterKind.NEED_CLARIFICATION,
        Wait.CHANNEL: LetterKind.OTHER_CHANNEL,
        Wait.CLOSURE: LetterKind.NEED_CLOSURE,
    }
)
_HANDED_OUT = frozenset(
    {Right.DISCLOSURE, Right.PROVISION_RECORD_DISCLOSURE, Right.PORTABILITY, Right.PURPOSE_NOTIFICATION}
)
_STOPPED = frozenset({Right.SUSPENSION, Right.RESTRICTION})
_OUTCOMES = frozenset(
    {
        LetterKind.REFUSAL,
        LetterKind.ALTERNATIVE,
        LetterKind.COMPLETION,
        LetterKind.SUSPENDED,
        LetterKind.DISCLOSURE,
        LetterKind.DONE,
    }
)
_FIRST_PAUSE, _LONGEST_PAUSE = timedelta(minutes=15), timedelta(hours=6)
"""A greylisting server wants a quarter of an hour or so; later attempts bother nobody more than four times a day."""


@dataclass(frozen=True, slots=True)
class DueLetter:
    """A letter that a move asks for."""

    letter_id: LetterId
    kind: LetterKind
    move: int
    """The number of that move; the first is 0."""


def letters_asked(request: Request, moves: Iterable[Move]) -> tuple[DueLetter, ...]:
    """Return every letter that the moves ask for, in their order.

    The how manieth letter of its kind it is follows from the moves alone: who asks again, after a crash or at the
    same time, asks for the same letter.
    """
    asked: Counter[LetterKind] = Counter()
    due: list[DueLetter] = []
    for number, move in enumerate(moves):
        for kind in _kinds(request, move.what):
            asked[kind] += 1
            due.append(DueLetter(letter_id(request.case_id, kind, asked[kind]), kind, number))
    return tuple(due)


def letters_due(request: Request, moves: Iterable[Move], sent: Collection[LetterId]) -> tuple[DueLetter, ...]:
    """Return the letters that the moves ask for and that are not among `sent`."""
    return tuple(due for due in letters_asked(request, moves) if due.letter_id not in sent)


def is_answer(kind: LetterKind) -> bool:
    """Whether a letter of the kind tells the outcome: before it is sent, the person has not been answered."""
    return kind in _OUTCOMES


def contact_by(request: Request) -> date:
    """Return the day by which somebody contacts whoever complains: the day itself, or the next that is worked."""
    return next_workday(request.day_of(request.received_at), calendar_of(request.zone))


def is_contact_late(request: Request, now: datetime) -> bool:
    """Whether somebody has complained, was not written to, and the day for that is over."""
    waits = request.right is Right.COMPLAINT and request.acknowledged_at is None and request.state not in OVER
    return waits and request.day_of(now) > contact_by(request)


def next_try(posted: Posted) -> datetime:
    """Return from when on a letter may be tried: at once, then after pauses of 15 minutes, 30, … up to 6 hours."""
    failures = [move for move in posted.moves if move.stage is Stage.LATER]
    if not failures:
        return posted.letter.begun_at
    pause = min(_FIRST_PAUSE * (1 << min(len(failures) - 1, 10)), _LONGEST_PAUSE)
    return failures[-1].at + pause


def is_to_be_tried(posted: Posted, now: datetime) -> bool:
    """Whether the letter is to be handed to its carrier now; who died while trying does not know, and tries again."""
    if posted.stage not in (Stage.WRITTEN, Stage.TRYING, Stage.LATER):
        return False
    return next_try(posted) <= now < posted.letter.expires_at


def _kinds(request: Request, what: What) -> Iterator[LetterKind]:
    match what:
        case Received():
            yield LetterKind.COMPLAINT if request.right is Right.COMPLAINT else LetterKind.RECEIPT
        case Asked(waits):
            yield from (_NEEDS[wait] for wait in waits)
        case FeeAsked():
            yield LetterKind.NEED_FEE
        case Extended():
            yield LetterKind.EXTENSION
        case Redirected():
            yield LetterKind.REDIRECT
        case Withdrawn():
            yield LetterKind.WITHDRAWN
        case _:
            outcome = _outcome(request, what)
            if outcome is not None:
                yield outcome


def _outcome(request: Request, what: What) -> LetterKind | None:
    """Return the letter that tells what became of the request."""
    match what:
        case Refused():
            return LetterKind.REFUSAL if what.alternative is None else LetterKind.ALTERNATIVE
        case CarriedOut(Done.BY_ROAD):
            if request.right in _HANDED_OUT:
                return LetterKind.DISCLOSURE
            return LetterKind.SUSPENDED if request.right in _STOPPED else LetterKind.COMPLETION
        case CarriedOut():
            return LetterKind.DONE
        case _:
            return None
