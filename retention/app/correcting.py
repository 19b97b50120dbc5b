"""What a person put right in his own account is put right by whoever received it (APPI 22, GDPR 19).

The application tells us `subject.corrected`, about a category of the policy. That opens a case; its letters go to all
who receive the category (`recipient_letters`), and those who work for us answer for it: the order is tracked like any
other. When all were told, and all who work for us have answered, the case is closed and its key shredded.
"""

from __future__ import annotations

import hashlib
from datetime import datetime

from retention.app.context import Context
from retention.app.recipient_letters import CORRECTED_CATEGORY, Post, due_for, letters, order_id
from retention.app.records import move, open_case
from retention.app.starts import keep_start
from retention.clocks import that_count
from retention.errors import StateError, UnknownNameError
from retention.grammar import CORRECTED
from retention.model.answer import Standing, standing
from retention.model.case import Case, CaseKind, CaseState
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.processing import NoteKind
from retention.model.subject import SubjectKey
from retention.model.terms import Right
from retention.planning.identity import locate


def follow_corrections(context: Context, now: datetime) -> None:
    """Open a case for each correction that has none yet, and close those of which everybody knows."""
    corrected = {_case_of(event): event for event in _corrections(context, now)}
    unopened = {case_id: event for case_id, event in corrected.items() if not _is_known(context, case_id)}
    for case_id, subject in _people(context, unopened, now).items():
        _open(context, case_id, unopened[case_id], subject, now)
    for case_id in corrected.keys() - unopened.keys():
        if context.ledger.cases.get(case_id).state is CaseState.OPEN and _all_know(context, case_id, now):
            context.ledger.vault.destroy(case_id)
            move(context, case_id, CaseState.CLOSED)


def _corrections(context: Context, now: datetime) -> list[Event]:
    events = that_count(context.ledger.events.of_kinds((CORRECTED,)), now)
    return [event for event in events if event.kind == CORRECTED]


def _case_of(event: Event) -> CaseId:
    """Return the number of the correction's case: the same for the same event, so that a crash opens none twice."""
    digest = hashlib.sha256(f"{CORRECTED}/{event.event_id}".encode()).hexdigest()
    return CaseId(f"C-{event.recorded_at:%Y%m%d}-{digest[:12]}")


def _is_known(context: Context, case_id: CaseId) -> bool:
    try:
        context.ledger.vault.get(case_id, CORRECTED_CATEGORY)
    except UnknownNameError:
        return False  # also after a crash in the middle of opening it
    except StateError:
        return True
    return True


def _people(context: Context, unopened: dict[CaseId, Event], now: datetime) -> dict[CaseId, SubjectKey]:
    """Return whom the corrections are about; of somebody in no store any more nobody needs to know."""
    wanted = {(event.key_name, event.subject_digest) for event in unopened.values()}
    if not wanted:
        return {}
    world, names = context.world(context.datamap, now), {name for name, _ in wanted}
    found = {
        (key.name, digest): key
        for key, digest in locate(world, names, lambda *who: who in wanted, context.lookup_digest)
    }
    known = {case_id: found.get((event.key_name, event.subject_digest)) for case_id, event in unopened.items()}
    return {case_id: key for case_id, key in known.items() if key is not None}


def _open(context: Context, case_id: CaseId, event: Event, subject: SubjectKey, now: datetime) -> None:
    due, kind = due_for(context, now), CaseKind.REQUEST
    at = event.recorded_at
    try:
        context.ledger.cases.get(case_id)
    except UnknownNameError:
        case = Case(case_id, kind, CaseState.OPEN, at, due, identified_at=at, decided_at=at, right=Right.CORRECTION)
        open_case(context, case)
    keep_start(context, case_id, "start", subject)
    context.ledger.vault.put(case_id, CORRECTED_CATEGORY, (event.about or "").encode())


def _all_know(context: Context, case_id: CaseId, now: datetime) -> bool:
    return all(_knows(context, post) for post in letters(context, case_id, now) if post.duty != "none")


def _knows(context: Context, post: Post) -> bool:
    """Whether he was told and, if he works for us, has answered that it is done or a person accepted what he said."""
    if post.told_at is None or post.duty != "order":
        return post.told_at is not None
    number = order_id(post.case_id, post.recipient)
    receipt = context.ledger.copies.order(number).receipt
    accepted = any(note.kind is NoteKind.ACCEPTED for note in context.ledger.processing.notes(number))
    return accepted or (receipt is not None and standing(receipt.answer) is Standing.ERASED)
