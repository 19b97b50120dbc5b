"""People who are back: who, where, from whom; and the return case that erases them again."""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import cast

from retention.app.context import Context
from retention.app.instructions import tenants_behind
from retention.app.records import PlanSummary, carried_by, keep_plan, new_id, open_case, stored
from retention.app.sources import may_be_about, offered, senders
from retention.errors import UnknownNameError
from retention.execution.site import fetch_keys
from retention.model.case import NEXT, Case, CaseKind, CaseState
from retention.model.event import Event
from retention.model.ids import CaseId, PlanId
from retention.model.plan import Plan, RowStep
from retention.model.rescan import FoundIn, Readmitted, sources_of
from retention.model.subject import Key, KeyValues
from retention.planning import assemble, spotting
from retention.planning.assemble import Draft, Header
from retention.planning.grounds import readmission_statutes
from retention.planning.identity import by_name
from retention.planning.keysets import KeySets
from retention.planning.resolving import returned
from retention.planning.spotting import Erasures, Spotted, Telling, Who, of_case
from retention.planning.world import World
from retention.ports.arrivals import ReceivingStore

SKEW = timedelta(days=8)
"""An object uploaded in parts counts as received when the upload was begun (Amazon S3, object metadata)."""


@dataclass(frozen=True, slots=True)
class Back:
    """Who of some cases' people is here again."""

    erasures: Erasures = field(repr=False)
    spotted: tuple[Spotted, ...]
    """Those who must go again, so far as nothing keeps them."""
    readmitted: Mapping[Who, Event] = field(repr=False)
    """Those who came back as they may."""
    looked_in: int
    """How many datasets know people by such keys."""

    def keys_of_cases(self) -> Mapping[CaseId, int]:
        """Return how many keys each case had erased."""
        return Counter(case_id for entries in self.erasures.values() for case_id in {e.case_id for e in entries})

    def of(self, case_id: CaseId) -> tuple[Spotted, ...]:
        """Return those whom the case had erased."""
        return tuple(each for each in self.spotted if of_case(self.erasures[each.who], case_id))


@dataclass(frozen=True, slots=True)
class Again:
    """A return case, and the plan that erases again what came back."""

    case_id: CaseId
    plan: Plan
    keys: KeyValues = field(repr=False)
    salt: bytes | None = field(repr=False)
    """The salt of a plan that is not kept yet; None if the plan was made before."""


def look(context: Context, world: World, cases: Collection[CaseId], now: datetime) -> Back:
    """Look for everybody whom these cases erased, in one pass over the key columns."""
    erasures = spotting.erasures_of(context.ledger.copies.suppressions_of(cases))
    spotted = spotting.spot(world, erasures, context.suppression_digester(), _telling(context, cases))
    # an erasure after a return counts as well, whichever case it was
    known = spotting.erasures_of(context.ledger.copies.suppressed({each.who for each in spotted}, now))
    latest = {each.who: (*erasures[each.who], *known.get(each.who, ())) for each in spotted}
    back = spotting.readmitted(world, spotted, latest, context.ledger.events, context.lookup_digest)
    places = spotting.looked_in(world, {name for name, _ in erasures})
    return Back(erasures, tuple(each for each in spotted if each.who not in back), back, len(places))


def plan_again(
    context: Context, world: World, back: Back, cases: Collection[CaseId], case_id: CaseId | None, *, anew: bool
) -> Again | None:
    """Plan what is to go again of these cases' people; None if all of it may stay. Nothing is kept yet.

    Args:
        context: The workspace.
        world: The live stores.
        back: Who is here.
        cases: Which cases had erased them.
        case_id: The return case, if one was begun; its plan stands unless `anew`.
        anew: Make a new plan even if one is in hand.

    """
    known = None if case_id is None else existing(context, case_id)
    if known is not None and _stands(known, anew=anew):
        kept, plan = stored(context, context.ledger.plans.of_case(known.case_id)[0].plan_id)
        return Again(known.case_id, plan, fetch_keys(context.ledger.vault, known.case_id, kept.plan_id), None)
    found: dict[frozenset[str], dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
    for each in back.spotted:
        if entries := [entry for entry in back.erasures[each.who] if entry.case_id in cases]:
            found[spotting.scopes_of(entries)][each.key.name].add(each.key.value)
    if not found:
        return None
    again = case_id or CaseId(new_id("C", world.now))
    salt = _salt(context, again)
    header = Header(PlanId(new_id("P", world.now)), again, salt, context.holds_digest(), context.limits)
    keys = {scopes: {name: frozenset(values) for name, values in named.items()} for scopes, named in found.items()}
    draft = assemble.plan_return(world, header, keys, tenants_behind(context), context.pauses())
    return None if draft is None else Again(again, draft.plan, draft.keys, salt)


def keep_again(context: Context, again: Again, now: datetime) -> PlanSummary | None:
    """Open the return case and keep its plan; None if the plan was kept before."""
    if again.salt is None:
        return None
    open_case(context, Case(again.case_id, CaseKind.RETURN, CaseState.OPEN, now, None), again.salt)
    return keep_plan(context, Draft(again.plan, again.keys), now)


def found_in(context: Context, world: World, again: Again, back: Back, case_id: CaseId) -> tuple[FoundIn, ...]:
    """Say where one case's people are, so far as the plan erases it, and where that came from."""
    hers = back.of(case_id)
    keysets = KeySets(b"")
    identity = returned(world, by_name(each.key for each in hers), keysets)
    steps = [step for step in again.plan.steps if isinstance(step, RowStep)]
    rows = spotting.rows_again(world, steps, again.keys, identity)
    offers, sent = offered(context, hers, back.erasures), senders(context, hers, back.erasures)
    places = []
    for dataset, count in rows.items():
        about = [offer for offer in offers if may_be_about(offer, dataset)]
        received = [at for each in hers if (at := each.places.get(dataset)) is not None]
        since = min(received or [offer.first_at for offer in about], default=None)
        places.append(FoundIn(dataset, count, since, tuple(sorted({*sources_of(about), *sent}))))
    return tuple(places)


def note_readmitted(context: Context, back: Back, now: datetime) -> int:
    """State who came back as he may, once a case and reason; return how many keys."""
    keys: dict[tuple[CaseId, str, datetime], int] = defaultdict(int)
    for who, event in back.readmitted.items():
        for entry in {(entry.case_id, entry.recorded_at) for entry in back.erasures[who]}:
            keys[entry[0], event.kind, entry[1]] += 1
    statutes = readmission_statutes(context.policy.regimes)
    for (case_id, reason, erased_at), count in sorted(keys.items()):
        context.record(case_id, Readmitted(reason, statutes, count, erased_at, None), now)
    return len(back.readmitted)


def existing(context: Context, case_id: CaseId) -> Case | None:
    """Return the case; None if whoever was about to open it died before."""
    try:
        return context.ledger.cases.get(case_id)
    except UnknownNameError:
        return None


def _stands(case: Case, *, anew: bool) -> bool:
    """Whether the return case's plan is to stand: it waits for approval, or is being carried out."""
    if anew and CaseState.PLANNED in {case.state, *NEXT[case.state]}:
        return False
    return case.state not in (CaseState.OPEN, CaseState.REJECTED)


def _salt(context: Context, case_id: CaseId) -> bytes:
    try:
        return context.ledger.vault.get(case_id, "salt")
    except UnknownNameError:
        return secrets.token_bytes(32)


def _telling(context: Context, cases: Collection[CaseId]) -> Telling:
    """Return which stores may be asked for what is new only: what was there before, the cases' plans have seen."""
    carrying = {carried_by(context, case) for case in cases}
    plans = [stored(context, context.ledger.plans.of_case(case)[-1].plan_id)[1] for case in carrying]
    if not context.rescans.trust_dates or any(plan.datamap_digest != context.datamap.digest for plan in plans):
        return Telling()
    stores = {
        name: cast("ReceivingStore", store).arrivals()
        for name, store in context.stores.items()
        if store.capabilities.receives
    }
    return Telling(stores, min(plan.made_at for plan in plans) - SKEW)
