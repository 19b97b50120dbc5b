"""The life of a request in the ledger: begun, moved on, read. Every move goes through `requests.lifecycle`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterator
from dataclasses import replace
from datetime import datetime

from retention.app.context import Context
from retention.app.departed import has_died
from retention.errors import StateError
from retention.law import Regime
from retention.model.case import Case
from retention.model.ids import CaseId, CategoryId
from retention.model.request import OVER, Request, RequestState
from retention.model.request_moves import Granted, GrantedInPart, Move, PaperSeen, Received, What
from retention.model.terms import Right
from retention.requests import Bounds, advance, fold, moment
from retention.requests.allowing import bounds


def digest_of(context: Context, content: bytes) -> str:
    """Return the keyed digest by which a paper, a letter or a sender's id stands in records and evidence."""
    return hmac.new(context.keys.create("papers"), content, hashlib.sha256).hexdigest()


def life_of(context: Context, case_id: CaseId) -> Request:
    """Return where the request stands.

    Raises:
        UnknownNameError: there is no such case.
        StateError: the case is no person's request.

    """
    moves = context.ledger.requests.moves(case_id)
    if not moves:
        context.ledger.cases.get(case_id)
        raise StateError(f"{case_id} is no request of a person to us", hint="`retention request list` shows them")
    return fold(case_id, moves)


def has_life(context: Context, case_id: CaseId) -> bool:
    """Whether the case is a person's request to us: not a tenant's instruction, a lift, a sweep."""
    return bool(context.ledger.requests.moves(case_id))


def lives(context: Context) -> Iterator[Request]:
    """Yield every request."""
    return (fold(case_id, moves) for case_id, moves in context.ledger.requests.all())


def open_lives(context: Context) -> Iterator[Request]:
    """Yield the requests in which something is still owed to the person."""
    return (request for request in lives(context) if request.state not in OVER)


def begin_life(context: Context, case: Case, received: Received, marks: tuple[str, ...], now: datetime) -> CaseId:
    """Keep the case with its receipt; return the case that a copy of the same request opened before, if one did."""
    return context.ledger.requests.begin(case, Move(now, None, received), marks)


def record_move(context: Context, case_id: CaseId, what: What, by: str | None, now: datetime) -> Request:
    """Add a move; return the request after it. The same again by the same person changes nothing.

    Args:
        context: The workspace.
        case_id: The request.
        what: What happened.
        by: The name of who did it; None: the program by itself.
        now: The moment.

    Raises:
        StateError, RefusedError: the rules of the life do not allow it now (see `requests.lifecycle`).
        ConcurrentWriteFailure: something else happened to the request at the same moment.

    """
    moves = context.ledger.requests.moves(case_id)
    request = life_of(context, case_id)
    reference = None if by is None else context.ledger.secret_reference(by)
    last = moves[-1]
    if last.what == what and last.by == reference and not isinstance(what, PaperSeen):
        return request
    move = Move(moment(request, now), reference, what)
    after = advance(request, move, bounds_of(context, request, now))
    context.ledger.requests.add(case_id, len(moves), move)
    return after


def granted_items(context: Context, case_id: CaseId) -> frozenset[CategoryId] | None:
    """Return the categories that go: those that the request names, or all, but for those refused; None: everything."""
    if not has_life(context, case_id):
        return None
    request = life_of(context, case_id)
    refused = {item.item for item in request.decision.refused} if isinstance(request.decision, GrantedInPart) else set()
    if not request.items and not refused:
        return None
    return frozenset(request.items or context.policy.categories) - refused


def refuse_undecided(context: Context, case_id: CaseId) -> None:
    """Refuse to carry out what a person has not granted, or has taken back since it was planned.

    Raises:
        StateError: the request is not granted.

    """
    if has_life(context, case_id):
        request = life_of(context, case_id)
        if isinstance(request.decision, Granted | GrantedInPart) and request.state is not RequestState.WITHDRAWN:
            return
        raise StateError(
            f"{case_id} is {request.state.value}: nothing of it is granted now",
            hint=f"retention request decide {case_id} accept",
        )


def laws_of(context: Context, regime: str | None, laws: Collection[str] | None = None) -> frozenset[Regime]:
    """Return the laws under which a person asks: those that reach him, the one rested on, or all of the policy."""
    if laws is None:
        laws = (regime,) if regime else context.policy.regimes
    return frozenset(Regime(code) for code in laws)


def bounds_of(context: Context, request: Request, now: datetime) -> Bounds:
    """Return what law and policy allow in the request's life."""
    laws = laws_of(context, request.regime, request.laws)
    died = has_died(context, request.case_id, now)
    mandatory = frozenset(name for name, category in context.policy.categories.items() if category.mandatory)
    found = bounds(request.right, request.ground, laws, context.policy.terms, has_died=died)
    return replace(found, mandatory=mandatory)


def may_charge(context: Context, right: Right, laws: frozenset[Regime]) -> bool:
    """Whether the policy asks a fee for the right, and every law allows one."""
    return bounds(right, None, laws, context.policy.terms).may_charge
