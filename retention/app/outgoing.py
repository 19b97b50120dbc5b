"""Letters go out, and the lives of the requests they are about go on: a receipt confirms, an answer closes the file."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime

from retention.app import letters
from retention.app.answering import answer
from retention.app.context import Context
from retention.app.correspondence import Round, write_due
from retention.app.letters import Delivery, Ended
from retention.app.lives import has_life, life_of, lives
from retention.app.notices import record_delivery
from retention.app.requesting import acknowledge
from retention.model.ids import CaseId
from retention.model.letter import LetterId, LetterKind, Posted, Stage
from retention.model.request import OVER, RequestState
from retention.requests.letters import is_answer, is_contact_late

_OWED = frozenset(RequestState) - OVER
"""States in which the person has not been answered."""


def write_all(context: Context, now: datetime) -> dict[CaseId, Round]:
    """Write what is due for every request that is not closed; return what was written or lacks something."""
    rounds: dict[CaseId, Round] = {}
    for life in list(lives(context)):
        if life.state is not RequestState.CLOSED:
            found = write_due(context, life.case_id, now)
            if found.written or found.lacking:
                rounds[life.case_id] = found
    return rounds


def send(context: Context, now: datetime) -> Delivery:
    """Write what is due, and hand over every letter whose time has come; see `letters.deliver`.

    Raises:
        TransientFailure: another process is at it.

    """
    lacking = tuple(due.letter_id for found in write_all(context, now).values() for due, _ in found.lacking)
    done = letters.deliver(context, now, _go_on)
    late = tuple(life.case_id for life in lives(context) if is_contact_late(life, now))
    return replace(done, lacking=lacking, late=late)


def posted(context: Context, which: Collection[LetterId], now: datetime) -> tuple[Posted, ...]:
    """Note that somebody has posted letters, see `letters.note_posted`."""
    return letters.note_posted(context, which, now, _go_on)


def _go_on(context: Context, ended: Ended, now: datetime) -> None:
    """Note what it means for a request, or a person, that the letter was sent; repeated, it notes nothing."""
    posted = ended.posted
    if ended.happens is not None:
        record_delivery(context, posted, *ended.happens, now)
    case_id = CaseId(posted.letter.about)
    if posted.stage is not Stage.SENT or not has_life(context, case_id):
        return
    life = life_of(context, case_id)
    if posted.letter.kind in (LetterKind.RECEIPT, LetterKind.COMPLAINT):
        if life.acknowledged_at is None and life.state in _OWED:
            acknowledge(context, case_id, ended.text, None, now)
    elif is_answer(posted.letter.kind) and life.state in (*_OWED, RequestState.ANSWERED):
        answer(context, case_id, ended.text, None, now)
