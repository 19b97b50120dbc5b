"""What law and text say about one request, in one place: what the desk looks at before a person decides. Reads only."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from retention.app.context import Context
from retention.app.identifying import day_of
from retention.app.lives import bounds_of, laws_of, life_of, open_lives
from retention.app.requests import draft_of
from retention.app.starts import start_of
from retention.app.weighing import facts
from retention.errors import AmbiguousSubjectError, HeldError, StateError, UnknownNameError, UnknownSubjectError
from retention.law import Regime
from retention.model.asking import Redirect
from retention.model.ids import CaseId
from retention.model.plan import Plan
from retention.model.request import Request
from retention.model.request_moves import Alternative
from retention.model.terms import Filer, FreeOfCharge, Ground, Refusal, Right
from retention.planning.authority import CONTROLLED
from retention.requests.fees import Price, price
from retention.requests.filing import papers_of
from retention.requests.findings import unconsented
from retention.requests.grounds import Judgement, NoGround, NotGiven, Owed, Promised, judge
from retention.requests.measures import alternatives
from retention.requests.offered import offered
from retention.requests.proof import Level, accepted_on, level, to_mask
from retention.requests.repeated import Earlier, merged_into
from retention.requests.routing import Elsewhere, Ours, Route, route

_STANDING: dict[type[Judgement], str] = {
    Owed: "owed",
    Promised: "promised",
    NoGround: "no-ground",
    NotGiven: "not-given",
}
_AT_A_SCREEN = frozenset({"in-app", "account", "web-form"})
"""Ways in by which someone can log in."""


@dataclass(frozen=True, slots=True)
class Ruling:
    """The answer of every rule to one request; a person decides on it."""

    case_id: CaseId
    right: Right
    laws: tuple[str, ...]
    standing: str
    """What the ground comes to, as a word: `owed`, `promised`, `no-ground`, `not-given`."""
    ground: Judgement
    unconsented: tuple[str, ...]
    """Purposes that rest on a consent which nobody gave: a ground by itself (`unlawful-use`)."""
    shown: tuple[Ground, ...]
    """Grounds that facts alone show: every purpose has ended, or a leak reached the person and the text counts it."""
    finding_first: bool
    refusals: tuple[str, ...]
    """The reasons that may be given."""
    fee: Price
    """An actual cost is quoted apart: here it is nothing."""
    proof: Level
    documents: tuple[str, ...]
    """The kinds that count today."""
    covered: tuple[str, ...]
    """What must be covered on them."""
    authority: tuple[str, ...]
    """For an agent: the papers by any of which he shows that he may ask."""
    consult: bool
    """Whether the text takes requests from others only: the desk speaks with the agent first."""
    signed_by: str
    """The office that refuses and extends: the protection officer under the GDPR, else the one responsible."""
    instead: tuple[Alternative, ...]
    """What may be done where `difficult-with-substitute` is the reason, best for the person first."""
    same_as: CaseId | None
    """The open request of the same person, by the same key, that asked for as much before: its day counts."""
    ask: tuple[Redirect, ...] | None
    """Whom the person is told to ask for records that are held for others; None: not looked up."""
    own: bool | None
    """Whether some record is our own to decide over."""


def ruling(context: Context, case_id: CaseId, now: datetime) -> Ruling:
    """Return what law and text say about the request.

    Raises:
        UnknownNameError: there is no such case, or the policy does not say whom people of a tenant ask.
        StateError: the case is no person's request.

    """
    request = life_of(context, case_id)
    laws, terms = laws_of(context, request.regime, request.laws), context.policy.terms
    own = offered(request.right, terms.rights)
    bounds = bounds_of(context, request, now)
    documents = accepted_on(terms.documents, day_of(context, now))
    covered = {mask.value for document in terms.documents if document.kind in documents for mask in to_mask(document)}
    judged = judge(request.right, request.ground, laws, terms.rights)
    plan = _touched(context, case_id, now)
    routed = None if plan is None else _route(context, plan)
    return Ruling(
        case_id=case_id,
        right=request.right,
        laws=tuple(law.value for law in Regime if law in laws),
        standing=_STANDING[type(judged)],
        ground=judged,
        unconsented=unconsented(context.policy.purposes.values(), terms.consents, laws),
        shown=_shown(context, case_id, now),
        finding_first=bounds.finding_first,
        refusals=tuple(sorted(reason.value for reason in bounds.refusals)),
        fee=price(request.right, FreeOfCharge() if own is None else own.fee, laws, (), "JPY"),
        proof=level(request.right, laws, account=request.channel in _AT_A_SCREEN),
        documents=documents,
        covered=tuple(sorted(covered)),
        authority=tuple(paper.value for paper in papers_of(request.filer, laws)),
        consult=request.filer is not Filer.PERSON
        and own is not None
        and bool(own.may_file)
        and request.filer not in own.may_file,
        signed_by=signatory(context, laws),
        ask=None if routed is None else () if isinstance(routed, Ours) else routed.ask,
        instead=() if plan is None else _instead(context, request.right, plan),
        same_as=_same_as(context, request),
        own=None if routed is None else not isinstance(routed, Elsewhere),
    )


def _shown(context: Context, case_id: CaseId, now: datetime) -> tuple[Ground, ...]:
    try:
        return tuple(facts(context, case_id, now))
    except (StateError, UnknownNameError):
        return ()  # the key is shredded: nobody can be looked up any more


def signatory(context: Context, laws: frozenset[Regime]) -> str:
    """Return the office by which refusals, extensions and holds are signed (GDPR arts. 37-39; APPI 32(1)(i))."""
    officer = context.policy.terms.officer
    return officer.office if officer is not None and Regime.GDPR in laws else context.policy.controller.responsible


def _touched(context: Context, case_id: CaseId, now: datetime) -> Plan | None:
    """Return what an erasure would touch and leave; None: not to be known now."""
    try:
        case = replace(context.ledger.cases.get(case_id), right=Right.ERASURE)
        return draft_of(context, case, now).plan
    except (UnknownSubjectError, AmbiguousSubjectError, HeldError, StateError, UnknownNameError):
        return None  # nobody is known, a person decides first, or the key is shredded


def _route(context: Context, plan: Plan) -> Route:
    """Return who answers, by what would be touched and what is held for others."""
    datasets = [held.dataset for held in plan.withheld if held.statute == CONTROLLED]
    tenants = (context.datamap.datasets[dataset].tenant for dataset in datasets)
    held_for = {tenant[0] for tenant in tenants if tenant is not None}
    return route(own=bool(plan.steps), held_for=held_for, redirects=context.policy.terms.redirects)


def _instead(context: Context, right: Right, plan: Plan) -> tuple[Alternative, ...]:
    """Return the measures that may take the place of what is difficult, by the holds that keep some of it."""
    kept = {held.hold_id: held.until for held in plan.withheld if held.statute != CONTROLLED}
    ends = tuple((hold, None if end is None else day_of(context, end)) for hold, end in kept.items())
    return alternatives(right, Refusal.DIFFICULT_WITH_SUBSTITUTE, ends)


def _same_as(context: Context, request: Request) -> CaseId | None:
    """Return the open request of the same person that asks for as much already."""
    try:
        subject = start_of(context, request.case_id, "start")
        others = [life for life in open_lives(context) if life.case_id != request.case_id]
        same = [life for life in others if start_of(context, life.case_id, "start") == subject]
    except (StateError, UnknownNameError):
        return None
    before = [life for life in same if (life.received_at, life.case_id) < (request.received_at, request.case_id)]
    known = (Earlier(e.case_id, e.right, frozenset(e.items), e.received_at, is_open=True) for e in before)
    return merged_into(request.right, request.items, known)
