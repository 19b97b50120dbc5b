"""A person's request comes in, and whoever asks is asked for what is missing.

    receive ─► wait, supply ─► identify ─► investigate ─► grant or refuse ─► (the case's road) ─► answer
                                                                         redirect, withdraw

Each call is one move of the request's life, recorded before the case follows; called again after a crash it finishes
what was begun. `deciding` and `answering` go on from here; `requests` plans the case that carries out what was granted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from retention.app.closing import ask_first
from retention.app.context import Context
from retention.app.lives import begin_life, digest_of, laws_of, life_of, may_charge, record_move
from retention.app.papers import LETTER, keep_paper, keep_reach
from retention.app.records import new_id, salt
from retention.app.starts import keep_start
from retention.errors import InputError, Problem, RefusedError
from retention.law import Regime
from retention.model.case import Case, CaseKind, CaseState
from retention.model.ids import CaseId, CategoryId
from retention.model.request import Request, RequestState
from retention.model.request_moves import Acknowledged, Asked, FeeAsked, FeePaid, FeeWaived, Received, Supplied, Wait
from retention.model.subject import SubjectKey
from retention.model.terms import Filer, Ground, Right
from retention.requests.channels import Membership, Redirected, Taken, TakenIfProven, gate
from retention.requests.clocks import start_clocks
from retention.requests.intake import channel_closed
from retention.requests.regimes import applying, check_place

_SKEW = timedelta(minutes=5)
"""How far another machine's clock may be ahead of ours."""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A request as it came in."""

    subject: SubjectKey = field(repr=False)
    """By which key the person is named; kept encrypted under the case's own key."""
    channel: str
    right: Right = Right.ERASURE
    regime: str | None = None
    """None: every law of the policy."""
    received_at: datetime | None = None
    """When it arrived, if that was before now."""
    filer: Filer = Filer.PERSON
    language: str = "ja"
    reach: str = "post"
    """`post`, `email` or `account`: how the person is answered."""
    address: str | None = field(default=None, repr=False)
    items: tuple[CategoryId, ...] = ()
    ground: Ground | None = None
    place: str | None = None
    """Where the person is (`JP`, `DE`, `US-CA`); None: nobody knows."""
    belongs: Membership = Membership.NONE
    """Whether the person is known to belong to the group that the way in is open to."""
    letter: bytes | None = field(default=None, repr=False)
    """Its bytes: the same letter again is the same request."""
    submission: str | None = field(default=None, repr=False)
    """The sender and his own id of it: the same again is the same request."""


def receive(context: Context, arrival: Arrival, now: datetime) -> Case:
    """Open a case for a person, with the life of the request; a second copy of the same request opens none.

    Raises:
        InputError: it names a law, a place, a category or a moment that cannot be.
        RefusedError: it has not arrived: the person is told the ways that are open, or it is looked up first whether
            he belongs to the group that this way is open to.

    """
    received_at = arrival.received_at or now
    _check_arrival(context, arrival, received_at, now)
    reaching = _reaching(context, arrival)
    laws = laws_of(context, arrival.regime, reaching)
    _check_way(context, arrival, laws)
    clocks = start_clocks(
        received_at,
        context.zone,
        [law.value for law in laws],
        context.policy.requests.answer_within,
        may_charge=may_charge(context, arrival.right, laws),
    )
    marks = _marks(context, arrival)
    received = Received(
        right=arrival.right,
        regime=arrival.regime,
        received_at=received_at,
        zone=context.policy.timezone,
        channel=arrival.channel,
        language=arrival.language,
        filer=arrival.filer,
        reach=arrival.reach,
        clocks=clocks,
        items=arrival.items,
        ground=arrival.ground,
        laws=reaching,
        submission=next((mark for mark in marks if mark.startswith("submission:")), None),
    )
    case_id = CaseId(new_id("C", now))
    case = Case(case_id, CaseKind.REQUEST, CaseState.OPEN, now, None, regime=arrival.regime, right=arrival.right)
    known = begin_life(context, replace(case, due_at=_due_of(received, context)), received, marks, now)
    return _fill(context, known, arrival, now)


def _reaching(context: Context, arrival: Arrival) -> tuple[str, ...] | None:
    """Return the laws that reach the person; who rests on one law asks under that."""
    if arrival.place is None or arrival.regime is not None:
        return None
    check_place(arrival.place)
    found = applying(arrival.place, context.policy.regimes, context.policy.terms.reach)
    return tuple(code for code in context.policy.regimes if Regime(code) in found)


def _check_way(context: Context, arrival: Arrival, laws: frozenset[Regime]) -> None:
    """Refuse what has not arrived; a law that opens every way counts once it is known that it reaches the person."""
    known = laws if arrival.place or arrival.regime else frozenset[Regime]()
    rules, only_for = context.policy.requests, context.policy.terms.only_for
    match gate(arrival.channel, rules.channels, only_for, arrival.belongs, known):
        case Taken():
            return
        case TakenIfProven(group):
            whom = group.get("en") or next(iter(group.values()))
            raise RefusedError(
                f"`{arrival.channel}` is open to one group only: {whom}",
                hint="look up whether the person belongs to it; nothing has arrived until then",
            )
        case Redirected(ways):
            raise channel_closed(arrival.channel, ways)


def _due_of(received: Received, context: Context) -> datetime:
    last = min(clock.due_on for clock in received.clocks)
    return datetime(last.year, last.month, last.day, 23, 59, 59, tzinfo=context.zone)


def _fill(context: Context, case_id: CaseId, arrival: Arrival, now: datetime) -> Case:
    """Put what belongs to the request beside it; after a crash, the same request again puts what is missing."""
    case = context.ledger.cases.get(case_id)
    if case.state is CaseState.OPEN and life_of(context, case_id).state is RequestState.RECEIVED:
        salt(context, case_id)
        keep_start(context, case_id, "start", arrival.subject)
        if arrival.address is not None:
            keep_reach(context, case_id, arrival.address)
        if arrival.letter is not None:
            keep_paper(context, case_id, LETTER, arrival.letter, by=None, now=now)
        ask_first(context, case_id, now)
    return case


def _marks(context: Context, arrival: Arrival) -> tuple[str, ...]:
    named = (("submission", arrival.submission and arrival.submission.encode()), ("letter", arrival.letter))
    return tuple(f"{name}:{digest_of(context, content)}" for name, content in named if content)


def _check_arrival(context: Context, arrival: Arrival, received_at: datetime, now: datetime) -> None:
    problems = []
    if arrival.regime is not None and arrival.regime not in context.policy.regimes:
        expected = f"a law of the policy ({', '.join(context.policy.regimes)})"
        problems.append(Problem(where="--regime", expected=expected, found=f"`{arrival.regime[:20]}`"))
    if received_at.tzinfo is None or received_at > now + _SKEW:
        problems.append(Problem(where="--received", expected="an instant with a zone that has passed", found="another"))
    unknown = [item for item in arrival.items if item not in context.policy.categories]
    if unknown:
        expected = f"categories of the policy ({', '.join(sorted(context.policy.categories))})"
        problems.append(Problem(where="--item", expected=expected, found=f"`{unknown[0][:30]}`"))
    if arrival.right is Right.ITEM_DELETION and not arrival.items:
        problems.append(Problem(where="--item", expected="the categories that are to go", found="none"))
    if problems:
        raise InputError("the request cannot be taken as it stands", problems=tuple(problems))


def ask(context: Context, case_id: CaseId, waits: Sequence[Wait], by: str | None, now: datetime) -> Request:
    """Note that the requester was asked for something; the day of arrival stays."""
    return record_move(context, case_id, Asked(tuple(waits)), by, now)


def supply(context: Context, case_id: CaseId, waits: Sequence[Wait], by: str | None, now: datetime) -> Request:
    """Note that it came; clocks that stood still go on."""
    request = record_move(context, case_id, Supplied(tuple(waits)), by, now)
    return follow_due(context, request)


def charge(context: Context, case_id: CaseId, amount: int, currency: str, *, by: str, now: datetime) -> Request:
    """Note that a fee was asked for.

    Raises:
        InputError: the amount is none.
        RefusedError: nothing may be charged for this right under these laws.

    """
    if amount <= 0:
        problem = Problem(where="--amount", expected="more than 0", found=str(amount))
        raise InputError("a fee needs an amount", problems=(problem,))
    return record_move(context, case_id, FeeAsked(amount, currency), by, now)


def settle_fee(context: Context, case_id: CaseId, by: str, now: datetime, *, waived: bool) -> Request:
    """Note that the fee was paid, or that it will not be taken."""
    request = record_move(context, case_id, FeeWaived() if waived else FeePaid(), by, now)
    return follow_due(context, request)


def acknowledge(context: Context, case_id: CaseId, letter: bytes, by: str | None, now: datetime) -> Request:
    """Note that receipt was confirmed to the person, with this text."""
    return record_move(context, case_id, Acknowledged(digest_of(context, letter)), by, now)


def follow_due(context: Context, request: Request) -> Request:
    """Let the case say the same date as the request."""
    case = context.ledger.cases.get(request.case_id)
    if case.due_at != request.due_at:
        context.ledger.cases.replace(replace(case, due_at=request.due_at))
    return request
