"""What was granted is done and looked at again; the person is told; the papers go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from retention.app.closing import close_account
from retention.app.context import Context
from retention.app.inbox import record_event
from retention.app.lives import digest_of, life_of, record_move
from retention.app.papers import destroy_papers
from retention.app.records import move
from retention.app.starts import start_of
from retention.app.warning import warn
from retention.errors import RefusedError, StateError
from retention.model.case import CaseState
from retention.model.ids import CaseId
from retention.model.request import Request, RequestState
from retention.model.request_moves import Answered, CarriedOut, Done, Refused
from retention.model.terms import Right
from retention.requests import DONE_BY

_ENDS = frozenset({CaseState.SEALED, CaseState.CLOSED})
_EVENTS = {Right.CONSENT_WITHDRAWAL: "consent.withdrawn", Right.OBJECTION: "objection"}


def carried_out(context: Context, case_id: CaseId, now: datetime) -> Request:
    """Return the request, carried out if its case is sealed or its event stands: read back, never taken on trust."""
    request = life_of(context, case_id)
    if request.state is not RequestState.DECIDED or isinstance(request.decision, Refused):
        return request
    case, plans = context.ledger.cases.get(case_id), context.ledger.plans.of_case(case_id)
    if Done.BY_ROAD in DONE_BY[request.right] and case.state in _ENDS and plans:
        return record_move(context, case_id, CarriedOut(Done.BY_ROAD, plans[0].digest), None, now)
    return request


def done_by_hand(context: Context, case_id: CaseId, report: bytes, by: str, now: datetime) -> Request:
    """Note that what was granted was done in the systems by hand, and that this person looked again.

    Raises:
        RefusedError: the right is not done by hand, or the same person decided it.

    """
    request = record_move(context, case_id, CarriedOut(Done.BY_HAND, digest_of(context, report)), by, now)
    close_account(context, case_id, now)
    return _end_case(context, request)


def done_by_event(context: Context, case_id: CaseId, purposes: Sequence[str], now: datetime) -> Request:
    """Take the event that stops what relied on consent, or was objected to; clocks and gates follow it by themselves.

    Args:
        context: The workspace.
        case_id: The request.
        purposes: The purposes that it is about, as the policy names them.
        now: The moment.

    Raises:
        StateError, RefusedError: it is not granted, or is not done by an event.
        InputError: the policy knows no such purpose.

    """
    request = life_of(context, case_id)
    kind = _EVENTS.get(request.right)
    if kind is None or request.state is not RequestState.DECIDED:
        raise StateError(f"{case_id} asks for {request.right.value} and is {request.state.value}: no event does that")
    subject = start_of(context, case_id, "start")
    for purpose in purposes:
        event_id = f"{case_id}:{purpose}"
        record_event(context, subject, kind, event_id=event_id, occurred_at=request.received_at, now=now, about=purpose)
    digest = context.lookup_digest(subject)
    standing = {event.event_id for event in context.ledger.events.of_keys([(subject.name, digest)], [kind])}
    if not purposes or any(f"{case_id}:{purpose}" not in standing for purpose in purposes):
        raise RefusedError(f"{case_id}: the event does not stand", hint="--about PURPOSE, for each purpose")
    done = CarriedOut(Done.BY_EVENT, digest_of(context, ",".join(sorted(purposes)).encode()))
    return _end_case(context, record_move(context, case_id, done, None, now))


def answer(context: Context, case_id: CaseId, letter: bytes, by: str | None, now: datetime) -> Request:
    """Note that the person was told the outcome, with this text; the papers are destroyed and the file is closed.

    The desk is warned first of what is late, so that no late answer goes out unnoticed.

    Raises:
        StateError, RefusedError: what was granted is not done and verified yet.

    """
    if life_of(context, case_id).state in (RequestState.ANSWERED, RequestState.CLOSED):
        return destroy_papers(context, case_id, now)
    warn(context, case_id, now)
    request, digest = carried_out(context, case_id, now), digest_of(context, letter)
    if isinstance(request.decision, Refused) and context.ledger.cases.get(case_id).state is not CaseState.DENIED:
        raise StateError(f"{case_id} is refused and its case goes on", hint=f"retention request decide {case_id} deny")
    granted = request.state is RequestState.DECIDED and not isinstance(request.decision, Refused)
    has_plan = bool(context.ledger.plans.of_case(case_id))  # then it goes the road to its end
    if granted and Done.BY_ANSWER in DONE_BY[request.right] and not has_plan:
        _end_case(context, record_move(context, case_id, CarriedOut(Done.BY_ANSWER, digest), by, now))
    record_move(context, case_id, Answered(digest), by, now)
    return destroy_papers(context, case_id, now)


def _end_case(context: Context, request: Request) -> Request:
    """Close the case of what is done without a plan: its key is shredded."""
    context.ledger.vault.destroy(request.case_id)
    move(context, request.case_id, CaseState.CLOSED)
    return request
