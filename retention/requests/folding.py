"""What a request's moves add up to; nothing is judged here. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from typing import assert_never

from retention.errors import StateError
from retention.model.ids import CaseId
from retention.model.request import Charge, FeeState, Request, RequestState
from retention.model.request_moves import (
    Acknowledged,
    Answered,
    Asked,
    CarriedOut,
    Clock,
    DeskWarned,
    Extended,
    FeeAsked,
    FeePaid,
    FeeWaived,
    Granted,
    GrantedInPart,
    Identified,
    Investigated,
    Move,
    PaperKept,
    PapersDestroyed,
    PaperSeen,
    Received,
    Redirected,
    Refused,
    Supplied,
    Wait,
    Withdrawn,
)


def begin(case_id: CaseId, move: Move) -> Request:
    """Return the request that a first move makes.

    Raises:
        StateError: the move is not its receipt.

    """
    what = move.what
    if not isinstance(what, Received):
        raise StateError(f"{case_id} begins with its receipt, not with {type(what).__name__}")
    return Request(
        case_id=case_id,
        right=what.right,
        regime=what.regime,
        state=RequestState.RECEIVED,
        received_at=what.received_at,
        zone=what.zone,
        clocks=what.clocks,
        channel=what.channel,
        language=what.language,
        filer=what.filer,
        reach=what.reach,
        items=what.items,
        ground=what.ground,
        laws=what.laws,
        moved_at=move.at,
        moves=1,
        resumes=RequestState.RECEIVED,
    )


def fold(case_id: CaseId, moves: Iterable[Move]) -> Request:
    """Return what the moves, in their order, add up to.

    Raises:
        StateError: the first is not a receipt, or there is none.

    """
    several = iter(moves)
    first = next(several, None)
    if first is None:
        raise StateError(f"{case_id} has no moves: it is no person's request")
    request = begin(case_id, first)
    for move in several:
        request = moved(request, move)
    return request


def moved(request: Request, move: Move) -> Request:
    """Return the request after one more move, whether or not it was allowed.

    Raises:
        StateError: it was received already.

    """
    after = _changed(request, move)
    return replace(after, moved_at=move.at, moves=request.moves + 1)


def _changed(request: Request, move: Move) -> Request:
    what = move.what
    match what:
        case Received():
            raise StateError(f"{request.case_id} was received already")
        case Asked() | Supplied() | FeeAsked() | FeePaid() | FeeWaived():
            return _waited(request, what, request.day_of(move.at))
        case Identified() | Investigated():
            return _looked_into(request, what)
        case Granted() | GrantedInPart() | Refused():
            open_ = _waiting(request, frozenset(), request.day_of(move.at))
            return replace(open_, state=RequestState.DECIDED, decision=what, decided_by=move.by, decided_at=move.at)
        case PaperKept() | PaperSeen() | PapersDestroyed():
            return _papers(request, what)
        case Acknowledged() | DeskWarned() | Extended() | CarriedOut() | Answered() | Redirected() | Withdrawn():
            return _on_its_way(request, what, move)
        case _:
            assert_never(what)


def _waited(request: Request, what: Asked | Supplied | FeeAsked | FeePaid | FeeWaived, today: date) -> Request:
    match what:
        case Asked(waits):
            return _waiting(request, request.waiting_for | set(waits), today)
        case Supplied(waits):
            return _waiting(request, request.waiting_for - set(waits), today)
        case FeeAsked(amount, currency):
            charge = Charge(amount, currency, FeeState.ASKED)
            return _waiting(replace(request, charge=charge), request.waiting_for | {Wait.FEE}, today)
        case FeePaid() | FeeWaived():
            state = FeeState.PAID if isinstance(what, FeePaid) else FeeState.WAIVED
            charged = None if request.charge is None else replace(request.charge, state=state)
            return _waiting(replace(request, charge=charged), request.waiting_for - {Wait.FEE}, today)
        case _:
            assert_never(what)


def _waiting(request: Request, waits: frozenset[Wait], today: date) -> Request:
    """Return it waiting for exactly these; clocks stand still or go on."""
    return replace(
        request,
        state=RequestState.WAITING if waits else request.resumes,
        waiting_for=waits,
        asked_for=request.asked_for | waits,
        clocks=tuple(_running(clock, waits, today) for clock in request.clocks),
    )


def _running(clock: Clock, waits: frozenset[Wait], today: date) -> Clock:
    """Return the clock stopped from today, or going on by as many days later as it stood still."""
    stands = bool(clock.stops_for & waits)
    if stands and clock.stopped_on is None:
        return replace(clock, stopped_on=today)
    if stands or clock.stopped_on is None:
        return clock
    stood = today - clock.stopped_on
    return replace(clock, due_on=clock.due_on + stood, longest_on=_later(clock.longest_on, stood), stopped_on=None)


def _later(day: date | None, by: timedelta) -> date | None:
    return None if day is None else day + by


def _looked_into(request: Request, what: Identified | Investigated) -> Request:
    match what:
        case Identified(document, authority):
            state = RequestState.IDENTIFIED
            after = replace(request, document=document, authority=authority)
        case Investigated(finding):
            state = RequestState.INVESTIGATING
            after = replace(request, finding=finding, decision=None, decided_by=None, decided_at=None)
        case _:
            assert_never(what)
    return replace(after, resumes=state, state=RequestState.WAITING if request.waiting_for else state)


def _papers(request: Request, what: PaperKept | PaperSeen | PapersDestroyed) -> Request:
    match what:
        case PaperKept(paper):
            return request if paper in request.papers else replace(request, papers=(*request.papers, paper))
        case PaperSeen():
            return request
        case PapersDestroyed():
            return replace(request, state=RequestState.CLOSED, papers=())
        case _:
            assert_never(what)


def _on_its_way(
    request: Request,
    what: Acknowledged | DeskWarned | Extended | CarriedOut | Answered | Redirected | Withdrawn,
    move: Move,
) -> Request:
    match what:
        case Acknowledged():
            return replace(request, acknowledged_at=move.at)
        case DeskWarned():
            return replace(request, warned=request.warned | {what})
        case Extended(regime, until):
            clocks = tuple(
                replace(clock, due_on=until, extended=True) if clock.regime == regime else clock
                for clock in request.clocks
            )
            return replace(request, clocks=clocks)
        case CarriedOut():
            return replace(request, state=RequestState.CARRIED_OUT, done=what)
        case Answered():
            return replace(request, state=RequestState.ANSWERED, answered_at=move.at)
        case Redirected():
            return replace(request, state=RequestState.REDIRECTED, answered_at=move.at, waiting_for=frozenset())
        case Withdrawn():
            return replace(request, state=RequestState.WITHDRAWN, waiting_for=frozenset())
        case _:
            assert_never(what)
