"""The life of a request in the ledger: begun, moved on, read. Every move goes through `requests.lifecycle`."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from datetime import datetime

from retention.app.context import Context
from retention.errors import StateError
from retention.law import Regime
from retention.law.refusals import LAWS, PROCEDURAL
from retention.model.case import Case
from retention.model.ids import CaseId, CategoryId
from retention.model.request import OVER, Request, RequestState
from retention.model.request_moves import Granted, GrantedInPart, Move, PaperSeen, Received, What
from retention.model.terms import FreeOfCharge, Refusal, Right
from retention.requests import Bounds, advance, fold, moment
from retention.requests.fees import Charge, price
from retention.requests.proof import Level, level

_FOUND_FIRST = frozenset({Right.CORRECTION, Right.ADDITION, Right.DELETION})
"""What APPI art. 34(2) has investigated before anything is changed."""


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
    after = advance(request, move, bounds_of(context, request))
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


def laws_of(context: Context, regime: str | None) -> frozenset[Regime]:
    """Return the laws that a request rests on: the one named, or every law of the policy."""
    known = {law.value: law for law in Regime}
    return frozenset(known[code] for code in ((regime,) if regime else context.policy.regimes) if code in known)


def bounds_of(context: Context, request: Request) -> Bounds:
    """Return what law and policy allow in the request's life."""
    laws = laws_of(context, request.regime)
    return Bounds(
        refusals=_refusals(context, request.right, laws),
        may_charge=may_charge(context, request.right, laws),
        identity_first=level(request.right, laws, account=False) is not Level.NONE,
        finding_first=request.right in _FOUND_FIRST,
    )


def may_charge(context: Context, right: Right, laws: frozenset[Regime]) -> bool:
    """Whether the policy asks a fee for the right, and every law allows one."""
    terms = context.policy.terms.rights.get(right)
    fee = FreeOfCharge() if terms is None else terms.fee
    return isinstance(price(right, fee, laws, [("cost", 1)], "JPY"), Charge)


def _refusals(context: Context, right: Right, laws: frozenset[Regime]) -> frozenset[Refusal]:
    """Return the reasons that the policy gives or some law admits, and those of form."""
    terms = context.policy.terms.rights.get(right)
    admitted = (LAWS[law][right][1] for law in laws if right in LAWS[law])
    return PROCEDURAL.union(*admitted, () if terms is None else terms.refusals)
