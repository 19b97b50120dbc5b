"""Requests that wait gather, and go the road together: one plan, one pass over each dataset.

What goes together: erasures that people asked for themselves, identified and decided, under one law. A suspension is
urgent, an export is each person's own file, what a tenant instructs is about the tenant's data, and what was granted
in part is about that part, and what an urgent event set going waits for nobody: these go alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.identities import decisions_of
from retention.app.joint_use import known_sharing
from retention.app.leases import leased
from retention.app.records import PlanSummary, header, keep_plan, move, new_id, open_case, refuse_move
from retention.app.requests import EARLIER, goes_alone
from retention.app.starts import starts_of
from retention.errors import StateError
from retention.execution.site import People, fetch_people, keep_people
from retention.model.case import Case, CaseKind, CaseState
from retention.model.facts import Planned, Recorded
from retention.model.ids import CaseId
from retention.model.subject import Key
from retention.model.terms import Right
from retention.planning.assemble import Asked
from retention.planning.batch import Asking, Batched, LeftOut, plan_batch
from retention.planning.codec import digest, encode, encode_share
from retention.planning.identity import by_name
from retention.planning.resolving import NOTHING_EARLIER
from retention.ports.batches import Member

_LEASE = "plan/batch"


@dataclass(frozen=True, slots=True)
class BatchSummary:
    """What was gathered."""

    batch: CaseId
    plan: PlanSummary | None
    """None if all were left out."""
    requests: int
    """How many go with it."""
    left_out: tuple[LeftOut, ...]


def plan_waiting(context: Context, now: datetime, at_most: int | None = None) -> BatchSummary | None:
    """Gather the requests that wait, those first whose answer is due first, and plan them; None if nobody waits.

    One law at a time: of those who ask under others, the next call plans the next. `at_most` people go with it; the
    workspace's limit of subjects a plan if left out.

    Raises:
        TransientFailure: somebody else is gathering.

    """
    with leased(context, _LEASE, now, "somebody else is gathering requests"):
        waiting = sorted(_waiting(context), key=lambda case: (case.due_at or case.opened_at, case.case_id))
        if not waiting:
            return None
        regime = waiting[0].regime
        asking = _asking(context, [case.case_id for case in waiting if case.regime == regime], regime, {})
        batch = _begun(context, regime, now)
        return _plan(context, batch, asking, context.limits.subjects if at_most is None else at_most, now)


def plan_again(context: Context, batch: CaseId, now: datetime) -> BatchSummary:
    """Plan a batch again, for those of its requests that still stand; who is left out now goes alone.

    Raises:
        StateError: it is no batch, or past planning.
        TransientFailure: somebody else is gathering.

    """
    with leased(context, _LEASE, now, "somebody else is gathering requests"):
        case = context.ledger.cases.get(batch)
        if case.kind is not CaseKind.BATCH:
            raise StateError(f"{batch} is a {case.kind.value}, not a batch")
        refuse_move(context, batch, CaseState.PLANNED)
        states = context.ledger.batches.states(batch)
        standing = [name for name, state in states.items() if state is case.state]
        known = _known_before(context, case)
        asking = _asking(context, standing, case.regime, known)
        return _plan(context, case, asking, len(asking), now)


def _waiting(context: Context) -> Iterator[Case]:
    """Yield the requests that are ready to be planned and may go with others."""
    at_once = {parcel.case_id for parcel in context.ledger.inbox.started()}
    for case in context.ledger.cases.all(CaseKind.REQUEST, [CaseState.OPEN]):
        is_erasure = case.right in (None, Right.ERASURE) and case.lifts is None and case.instruction is None
        is_ready = is_erasure and case.identified_at is not None and case.decided_at is not None
        if is_ready and case.case_id not in at_once and not goes_alone(context, case):
            yield case


def _asking(context: Context, cases: Sequence[CaseId], regime: str | None, known: People) -> list[Asking]:
    starts, decisions = starts_of(context, cases), decisions_of(context, cases)
    salts = context.ledger.many_vaults.read(decisions, "salt")
    earlier = {case_id: by_name(known[case_id]) if case_id in known else NOTHING_EARLIER for case_id in cases}
    return [
        Asking(name, Asked(starts[name], None, decisions.get(name), earlier[name], regime), salts.get(name))
        for name in cases
    ]


def _known_before(context: Context, case: Case) -> People:
    """Return everybody's keys as the plan before knew them, if it was carried out in part: rows may be gone by now."""
    if case.state is not CaseState.PARTIAL:
        return {}
    return fetch_people(context.ledger.vault, case.case_id, context.ledger.plans.of_case(case.case_id)[0].plan_id)


def _begun(context: Context, regime: str | None, now: datetime) -> Case:
    """Open a batch, or take one that somebody opened who died before it was planned."""
    for case in context.ledger.cases.all(CaseKind.BATCH, [CaseState.OPEN]):
        if case.regime == regime:
            break
    else:
        case = Case(CaseId(new_id("C", now)), CaseKind.BATCH, CaseState.OPEN, now, None, regime=regime)
    open_case(context, case)  # again if he died before the batch had its salt
    return case


def _plan(context: Context, batch: Case, asking: Sequence[Asking], at_most: int, now: datetime) -> BatchSummary:
    world = context.world(context.datamap, now)
    made = plan_batch(
        world,
        header(context, batch.case_id, now),
        asking,
        context.pauses(),
        known_sharing(context, batch.case_id, now),
        regimes=world.policy.regimes if batch.regime is None else (batch.regime,),
        at_most=at_most,
    )
    _hand_back(context, batch, asking, made)
    if made.draft is None:
        return _nobody(context, batch, made)
    members = [Member(case_id, encode_share(share)) for case_id, share in sorted(made.shares.items())]
    context.ledger.batches.keep(batch.case_id, members)
    plan = made.draft.plan
    keep_people(context.ledger.vault, plan, made.people)
    planned = Planned(plan.plan_id, digest(encode(plan)), len(plan.steps), plan.subjects)
    context.log.record_many([Recorded(member.case_id, now, planned) for member in members])
    summary = keep_plan(context, made.draft, now)
    return BatchSummary(batch.case_id, summary, len(members), made.left_out)


def _hand_back(context: Context, batch: Case, asking: Sequence[Asking], made: Batched) -> None:
    """Give those whom the batch carried out in part, and leaves, the keys that it knew; they are planned alone."""
    left = {each.case_id for each in made.left_out}
    for each in asking:
        if each.case_id in left and batch.state is CaseState.PARTIAL:
            earlier: Mapping[str, frozenset[Key]] = each.asked.earlier
            body = {name: sorted(values, key=str) for name, values in earlier.items()}
            context.ledger.vault.put(each.case_id, EARLIER, json.dumps(body, ensure_ascii=False).encode())


def _nobody(context: Context, batch: Case, made: Batched) -> BatchSummary:
    """End a batch with which nobody goes."""
    if batch.state is CaseState.OPEN:
        context.ledger.vault.destroy(batch.case_id)
        move(context, batch.case_id, CaseState.CLOSED)
    return BatchSummary(batch.case_id, None, 0, made.left_out)
