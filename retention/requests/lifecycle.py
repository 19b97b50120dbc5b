"""The life of a request: which move may follow. Pure.

The rules of the moves, in one place:

    received        once; nothing is wrong enough with a letter to lose its date of arrival
    asked           for papers, authority, masking, clarification, another channel: until it is decided; proven
                    identity is not asked for again
    fee asked       by a person, and only where the law and the policy let one be taken
    supplied, paid  only what was asked for; then the life goes on where it stood
    identified      by a person; nothing may be open that he was to see; an agent shows his authority too
    investigated    when it is known who asks; also after a grant, which it takes back
    granted         by a person; nobody is waited for; identity proven, and something found, where that comes first;
                    that the account ends with it is confirmed, where it does
    refused         by a person, with reasons that may be given here; for what is missing only after it was asked for;
                    for cost or difficulty only with another measure
    extended        by a person, once, within the law's first period, never beyond its longest
    carried out     what was granted, and someone or something looked again, in a way that fits the right
    answered        when it is carried out or refused; a late answer only after the desk was warned of it
    redirected      by a person, before a decision
    withdrawn       any time before it is carried out
    papers          come while it is open, are seen by people only, and are destroyed when nothing is owed any more

`folding` says what the moves add up to and never judges again: what was recorded under yesterday's rules stays.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from retention.errors import IdentityError, RefusedError, StateError
from retention.model.ids import CategoryId
from retention.model.request import OVER, FeeState, Request, RequestState
from retention.model.request_moves import (
    Acknowledged,
    Answered,
    Asked,
    CarriedOut,
    Clock,
    DeskWarned,
    Done,
    Extended,
    FeeAsked,
    FeePaid,
    FeeWaived,
    Finding,
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
    Warned,
    Withdrawn,
)
from retention.model.terms import Filer, Refusal, Right
from retention.requests.closing import ending
from retention.requests.folding import moved

UNDECIDED = frozenset(
    {RequestState.RECEIVED, RequestState.WAITING, RequestState.IDENTIFIED, RequestState.INVESTIGATING}
)
_TO_IDENTIFY = frozenset({Wait.PAPERS, Wait.MASKING, Wait.AUTHORITY})
_ASKED_FIRST: dict[Refusal, frozenset[Wait]] = {
    Refusal.IDENTITY_UNPROVEN: frozenset({Wait.PAPERS, Wait.MASKING}),
    Refusal.AGENT_UNPROVEN: frozenset({Wait.AUTHORITY}),
    Refusal.FORM_DEFECTIVE: frozenset({Wait.CLARIFICATION, Wait.CHANNEL, Wait.MASKING, Wait.PAPERS, Wait.CLOSURE}),
    Refusal.FEE_UNPAID: frozenset({Wait.FEE}),
}
"""Nobody is refused for something missing that he was not asked for and that is not missing still."""
_ROAD = frozenset({Done.BY_ROAD})
_HAND = frozenset({Done.BY_HAND})
DONE_BY: dict[Right, frozenset[Done]] = {
    Right.DISCLOSURE: _ROAD,
    Right.PROVISION_RECORD_DISCLOSURE: _ROAD,
    Right.PORTABILITY: _ROAD,
    Right.ERASURE: _ROAD,
    Right.ITEM_DELETION: _ROAD | _HAND,
    Right.SUSPENSION: _ROAD,
    Right.RESTRICTION: _ROAD,
    Right.STOP_PROVISION: _ROAD | _HAND,
    Right.CORRECTION: _HAND,
    Right.ADDITION: _HAND,
    Right.DELETION: _HAND,
    Right.OBJECTION: frozenset({Done.BY_EVENT, Done.BY_HAND}),
    Right.CONSENT_WITHDRAWAL: frozenset({Done.BY_EVENT}),
    Right.PURPOSE_NOTIFICATION: frozenset({Done.BY_ANSWER, Done.BY_ROAD}),
    Right.COMPLAINT: frozenset({Done.BY_ANSWER}),
}
"""How it can be known that what was granted is done."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """What the law and the policy allow in one request's life."""

    refusals: frozenset[Refusal]
    """The reasons that may be given."""
    may_charge: bool
    identity_first: bool
    """Whether nothing is granted to someone of whom it is not known who he is."""
    finding_first: bool
    """Whether the law or the policy promises to look into it before anything is done."""
    mandatory: frozenset[CategoryId] = frozenset()
    """The categories without which there is no account: they go when the person has confirmed that it ends."""


def advance(request: Request, move: Move, bounds: Bounds) -> Request:
    """Return the request after one more move.

    Raises:
        StateError: it is not in a state in which this may happen.
        RefusedError: something is missing first; the message says what.

    """
    if move.at < request.moved_at:
        raise StateError(f"{request.case_id}: a move cannot be older than the one before it")
    _check(request, move, bounds)
    return moved(request, move)


def moment(request: Request, now: datetime) -> datetime:
    """Return the instant under which a move is recorded: a machine whose clock is slow never writes the past."""
    return max(now, request.moved_at)


def late_clocks(request: Request, at: datetime) -> tuple[Clock, ...]:
    """Return the running clocks whose last day has passed."""
    today = request.day_of(at)
    return tuple(clock for clock in request.clocks if clock.stopped_on is None and clock.due_on < today)


def _check(request: Request, move: Move, bounds: Bounds) -> None:
    """Refuse a move that the rules do not allow here."""
    what = move.what
    match what:
        case Asked() | Supplied() | FeeAsked() | FeePaid() | FeeWaived():
            _check_waiting(request, what, move.by, bounds)
        case Identified() | Investigated():
            _check_looking(request, what, move.by, bounds)
        case Granted() | GrantedInPart() | Refused() | Redirected():
            _check_decision(request, what, move.by, bounds)
        case PaperKept() | PaperSeen() | PapersDestroyed():
            _check_papers(request, what, move.by)
        case Acknowledged() | DeskWarned() | Extended() | CarriedOut() | Answered() | Withdrawn():
            _check_course(request, what, move)
        case Received():
            raise StateError(f"{request.case_id} was received already")
        case _:
            assert_never(what)


def _check_waiting(
    request: Request, what: Asked | Supplied | FeeAsked | FeePaid | FeeWaived, by: str | None, bounds: Bounds
) -> None:
    match what:
        case Asked(waits):
            _in(request, UNDECIDED)
            if Wait.FEE in waits:
                raise _missing(request, "a fee is asked for with its amount", "retention request fee")
            if request.is_identified and set(waits) & _TO_IDENTIFY:
                raise _missing(request, "it is known who asks; no more papers may be asked for")
        case Supplied(waits):
            for wait in waits:
                if wait is Wait.FEE or wait not in request.waiting_for:
                    raise StateError(f"{request.case_id} does not wait for {wait.value} to be supplied")
        case FeeAsked() | FeePaid() | FeeWaived():
            _check_fee(request, what, by, bounds)
        case _:
            assert_never(what)


def _check_fee(request: Request, what: FeeAsked | FeePaid | FeeWaived, by: str | None, bounds: Bounds) -> None:
    if not isinstance(what, FeeAsked):
        if request.charge is None or request.charge.state is not FeeState.ASKED:
            raise StateError(f"{request.case_id} has no open fee")
        return
    _in(request, UNDECIDED)
    _by_person(request, by, "a fee is asked for")
    if not bounds.may_charge:
        raise _missing(request, f"nothing may be charged for {request.right.value} here")
    if request.charge is not None:
        raise StateError(f"{request.case_id}: its fee was asked for already")


def _check_looking(request: Request, what: Identified | Investigated, by: str | None, bounds: Bounds) -> None:
    match what:
        case Identified(_, authority):
            _in(request, UNDECIDED - {RequestState.INVESTIGATING})
            _by_person(request, by, "identity is proven")
            open_ = request.waiting_for & _TO_IDENTIFY
            if open_:
                raise _missing(request, f"it waits for {_listed(open_)}", "retention request supply")
            if request.filer is not Filer.PERSON and authority is None:
                raise _missing(request, "an agent asks, and nothing shows that he may", "--authority KIND")
        case Investigated():
            _in(request, frozenset({RequestState.IDENTIFIED, *_GRANTABLE, RequestState.DECIDED}))
            _check_identified(request, bounds)
            if isinstance(request.decision, Refused):
                raise StateError(f"{request.case_id} is refused; the person may ask again")
        case _:
            assert_never(what)


_GRANTABLE = frozenset({RequestState.RECEIVED, RequestState.IDENTIFIED, RequestState.INVESTIGATING})


def _check_decision(
    request: Request, what: Granted | GrantedInPart | Refused | Redirected, by: str | None, bounds: Bounds
) -> None:
    _in(request, UNDECIDED)
    _by_person(request, by, "an answer is decided")
    match what:
        case Granted():
            _check_grant(request, what, bounds)
        case GrantedInPart(refused):
            _check_grant(request, what, bounds)
            if not refused or any(not item.reasons for item in refused):
                raise _missing(request, "each category that is refused needs a reason")
            if request.items and not {item.item for item in refused} < set(request.items):
                raise _missing(request, "in part is some of the categories that were named, not all and no others")
            for item in refused:
                _check_reasons(request, item.reasons, bounds, has_alternative=what.alternative is not None)
        case Refused(reasons):
            if not reasons:
                raise _missing(request, "a refusal needs a reason", "--reason CODE")
            _check_reasons(request, reasons, bounds, has_alternative=what.alternative is not None)
        case Redirected():
            return
        case _:
            assert_never(what)


def _check_grant(request: Request, what: Granted | GrantedInPart, bounds: Bounds) -> None:
    ends = ending(request, bounds.mandatory, what)
    open_ = request.waiting_for if ends else request.waiting_for - {Wait.CLOSURE}
    if open_:
        raise _missing(request, f"it waits for {_listed(open_)}")
    if ends and Wait.CLOSURE not in request.asked_for:
        what_ends = f"the account ends with {', '.join(sorted(ends))}: the person confirms that first"
        raise _missing(request, what_ends, f"retention request wait {request.case_id} --for {Wait.CLOSURE.value}")
    _check_identified(request, bounds)
    if bounds.finding_first and request.finding is None:
        raise _missing(request, "it is to be looked into before anything is done", "retention request investigate")
    if request.finding in (Finding.UNFOUNDED, Finding.NOTHING_HELD):
        raise _missing(request, f"what was found ({request.finding.value}) does not bear it")


def _check_identified(request: Request, bounds: Bounds) -> None:
    if bounds.identity_first and not request.is_identified:
        raise IdentityError(
            f"nobody has proven the identity behind {request.case_id}",
            hint=f"retention request identify {request.case_id} --document KIND",
        )


def _check_reasons(request: Request, reasons: tuple[Refusal, ...], bounds: Bounds, *, has_alternative: bool) -> None:
    for reason in reasons:
        if reason not in bounds.refusals:
            raise _missing(request, f"{request.right.value} may not be refused for `{reason.value}` here")
        asked = _ASKED_FIRST.get(reason)
        if asked is not None and not asked & request.waiting_for:
            raise _missing(
                request,
                f"`{reason.value}` is a reason only while the requester, once asked, has not supplied it",
                f"retention request wait, for {_listed(asked)}",
            )
        if reason is Refusal.DIFFICULT_WITH_SUBSTITUTE and not has_alternative:
            raise _missing(request, f"`{reason.value}` needs the measure that takes its place", "--instead MEASURE")


def _check_papers(request: Request, what: PaperKept | PaperSeen | PapersDestroyed, by: str | None) -> None:
    match what:
        case PaperKept():
            if request.state in OVER:
                raise StateError(f"{request.case_id} is {request.state.value}: no paper is kept any more")
        case PaperSeen(digest):
            _by_person(request, by, "papers are seen")
            if request.state in OVER:
                raise StateError(f"{request.case_id} is {request.state.value}: its papers are of no use any more")
            if digest not in {paper.digest for paper in request.papers}:
                raise StateError(f"{request.case_id} has no such paper")
        case PapersDestroyed(papers):
            _in(request, OVER - {RequestState.CLOSED})
            if papers != request.papers:
                raise _missing(request, "all of its papers are destroyed, or none")
        case _:
            assert_never(what)


def _check_course(
    request: Request, what: Acknowledged | DeskWarned | Extended | CarriedOut | Answered | Withdrawn, move: Move
) -> None:
    match what:
        case Acknowledged():
            _open(request)
            if request.acknowledged_at is not None:
                raise StateError(f"{request.case_id}: its receipt was confirmed already")
        case DeskWarned():
            _open(request)
            if what in request.warned:
                raise StateError(f"{request.case_id}: the desk was told already")
        case Extended():
            _check_extension(request, what, move)
        case CarriedOut():
            _check_done(request, what, move.by)
        case Answered():
            _check_answer(request, move)
        case Withdrawn():
            _in(request, UNDECIDED | {RequestState.DECIDED})
        case _:
            assert_never(what)


def _check_answer(request: Request, move: Move) -> None:
    _in(request, frozenset({RequestState.CARRIED_OUT, RequestState.DECIDED}))
    if request.state is RequestState.DECIDED and not isinstance(request.decision, Refused):
        raise _missing(request, "what was granted is not done and verified yet")
    warned = {(told.regime, told.day) for told in request.warned if told.warned is Warned.ANSWER_LATE}
    if any((clock.regime, clock.due_on) not in warned for clock in late_clocks(request, move.at)):
        raise _missing(request, "the answer is late and the desk was not warned", "retention request warn")


def _check_extension(request: Request, what: Extended, move: Move) -> None:
    _open(request)
    _by_person(request, move.by, "a law's period is put off")
    clock = next((clock for clock in request.clocks if clock.regime == what.regime), None)
    if clock is None or clock.longest_on is None:
        raise _missing(request, f"no law lets the date of {what.regime} be put off")
    if clock.extended:
        raise StateError(f"{request.case_id}: the date of {what.regime} was put off already")
    if request.day_of(move.at) > clock.due_on:
        raise _missing(request, f"the person had to be told by {clock.due_on}: it is too late to put the date off")
    if not clock.due_on < what.until <= clock.longest_on:
        raise _missing(request, f"it can be put off until {clock.longest_on} at the latest, and not to {what.until}")


def _check_done(request: Request, what: CarriedOut, by: str | None) -> None:
    _in(request, frozenset({RequestState.DECIDED}))
    if isinstance(request.decision, Refused):
        raise StateError(f"{request.case_id} is refused: nothing is carried out")
    ways = DONE_BY[request.right]
    if what.done not in ways:
        raise _missing(request, f"{request.right.value} is done {_listed(ways)}, not {what.done.value}")
    if what.done is Done.BY_HAND:
        _by_person(request, by, "what was done by hand is looked at again")
        if by == request.decided_by:
            raise _missing(request, "another person than who decided looks at it again")


def _in(request: Request, states: frozenset[RequestState]) -> None:
    if request.state not in states:
        raise StateError(f"{request.case_id} is {request.state.value}; this is done while it is {_listed(states)}")


def _open(request: Request) -> None:
    if request.state in OVER:
        raise StateError(f"{request.case_id} is {request.state.value}: nothing is owed any more")


def _by_person(request: Request, by: str | None, what: str) -> None:
    if by is None:
        raise _missing(request, f"{what} by a person, never by a program alone", "--by NAME")


def _missing(request: Request, what: str, hint: str = "") -> RefusedError:
    return RefusedError(f"{request.case_id}: {what}", hint=hint)


def _listed(words: Iterable[Wait | Done | RequestState]) -> str:
    return " or ".join(sorted(word.value for word in words))
