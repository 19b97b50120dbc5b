"""New cases; plans in and out of the ledger."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from retention.app.context import Context
from retention.app.estimating import estimate
from retention.errors import StalePlanError, StateError, UnknownNameError
from retention.execution.site import keep_keys
from retention.model.case import NEXT, Case, CaseKind, CaseState
from retention.model.facts import Approved, Planned
from retention.model.ids import CaseId, PlanId, StepId, SystemId
from retention.model.plan import Crossing, Plan
from retention.planning import codec
from retention.planning.approval import stands_approved
from retention.planning.assemble import Draft, Header
from retention.ports.ledger import Approval, StoredPlan

_ALPHABET = "23456789abcdefghjkmnpqrstuvwxyz"


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """What a caller needs of a new plan."""

    plan_id: PlanId
    case_id: CaseId
    digest: str
    steps: tuple[StepId, ...]
    crossings: tuple[Crossing, ...]
    preapproved: bool
    """Whether the policy's standing approval covers it."""


def new_id(kind: str, now: datetime) -> str:
    """Return a fresh id that says when, and nothing about whom: `C-20261123-7f3k2q`."""
    tail = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"{kind}-{now:%Y%m%d}-{tail}"


def open_case(context: Context, case: Case, salt: bytes | None = None) -> None:
    """Remember a new case and give it its key and its salt: a fresh one, or that of a plan drawn before."""
    context.ledger.cases.add(case)
    context.ledger.vault.put(case.case_id, "salt", salt or secrets.token_bytes(32))


def salt(context: Context, case_id: CaseId) -> None:
    """Give a case its salt, should it have none yet."""
    try:
        context.ledger.vault.get(case_id, "salt")
    except UnknownNameError:
        context.ledger.vault.put(case_id, "salt", secrets.token_bytes(32))


def move(context: Context, case_id: CaseId, state: CaseState) -> Case:
    """Move the case to a state, a batch with all who go with it; raises StateError if it may not go there."""
    case = replace(context.ledger.cases.get(case_id), state=state)
    if case.kind is CaseKind.BATCH:
        context.ledger.batches.move(case_id, state)
    else:
        context.ledger.cases.replace(case)
    return case


def carried_by(context: Context, case_id: CaseId) -> CaseId:
    """Return the case whose plan carries this one out: its batch if it goes with one, or itself."""
    return context.ledger.batches.batch_of(case_id) or case_id


def refuse_left(context: Context, plan: Plan) -> None:
    """Refuse the plan of a batch with which somebody goes no longer, who was denied or withdrew.

    Raises:
        StalePlanError: the case is named.

    """
    if plan.kind is not CaseKind.BATCH:
        return
    state = context.ledger.cases.get(plan.case_id).state
    gone = [case_id for case_id, stands in context.ledger.batches.states(plan.case_id).items() if stands is not state]
    if gone:
        raise StalePlanError(
            f"{', '.join(gone[:3])} left batch {plan.case_id} since {plan.plan_id} was made",
            hint=f"make a new plan: retention plan batch {plan.case_id}",
        )


def refuse_move(context: Context, case_id: CaseId, state: CaseState) -> None:
    """Refuse before anything is written what `move` would refuse after.

    Raises:
        StateError: the case may not go there from where it is.

    """
    case = context.ledger.cases.get(case_id)
    if state is not case.state and state not in NEXT[case.state]:
        raise StateError(f"{case_id} is {case.state.value}; it cannot become {state.value} from there")


def header(context: Context, case_id: CaseId, now: datetime) -> Header:
    """Return what a plan of this case, made now, says of itself."""
    return Header(
        plan_id=PlanId(new_id("P", now)),
        case_id=case_id,
        salt=context.ledger.vault.get(case_id, "salt"),
        holds_digest=context.holds_digest(),
        limits=context.limits,
    )


def keep_plan(context: Context, draft: Draft, now: datetime) -> PlanSummary:
    """Freeze a plan: keys to the vault, canonical bytes to the ledger, its digest to the log."""
    plan = draft.plan
    refuse_move(context, plan.case_id, CaseState.PLANNED)
    body = codec.encode(plan)
    digest = codec.digest(body)
    expected = tuple(estimate(context, plan, draft.keys))
    keep_keys(context.ledger.vault, plan.case_id, plan.plan_id, draft.keys)
    kept = StoredPlan(plan.plan_id, plan.case_id, digest, body, now)
    context.ledger.plans.add(kept)
    context.ledger.volumes.put(plan.plan_id, expected)
    return settle_plan(context, kept, plan)


def settle_plan(context: Context, kept: StoredPlan, plan: Plan) -> PlanSummary:
    """Tell the log of a plan and move its case; after a death, whatever is missing of that."""
    digest, now = kept.digest, kept.made_at
    context.record(plan.case_id, Planned(plan.plan_id, digest, len(plan.steps), plan.subjects), now)
    said = context.ledger.plans.approvals(plan.plan_id)
    if not said:  # else the case has moved on by it
        move(context, plan.case_id, CaseState.PLANNED)
    office = stands_approved(context.policy, plan)
    if office is not None and context.ledger.cases.get(plan.case_id).state is CaseState.PLANNED:
        approve_standing(context, plan, digest, office, now)
    steps = tuple(step.step_id for step in plan.steps)
    return PlanSummary(plan.plan_id, plan.case_id, digest, steps, plan.crossings, preapproved=office is not None)


def approve_standing(context: Context, plan: Plan, digest: str, office: str, now: datetime) -> None:
    """Note the policy's standing approval of this digest."""
    reference = context.ledger.secret_reference(office)
    context.ledger.plans.approve(
        Approval(plan.plan_id, digest, reference, approved=True, standing=True, decided_at=now)
    )
    context.record(plan.case_id, Approved(plan.plan_id, digest, reference, standing=True), now)
    move(context, plan.case_id, CaseState.APPROVED)


def stored(context: Context, plan_id: PlanId) -> tuple[StoredPlan, Plan]:
    """Return the plan as frozen; raises UnknownNameError."""
    kept = context.ledger.plans.get(plan_id)
    return kept, codec.decode(kept.body)


def planned_case(
    context: Context,
    kind: CaseKind,
    now: datetime,
    draw: Callable[[Header], Draft | None],
    restored_system: SystemId | None = None,
) -> PlanSummary | None:
    """Open a case of our own making (no person asked) and plan it; nothing is kept if nothing is due."""
    case = Case(CaseId(new_id("C", now)), kind, CaseState.OPEN, now, None, restored_system=restored_system)
    open_case(context, case)
    return plan_opened(context, case, now, draw)


def plan_opened(
    context: Context, case: Case, now: datetime, draw: Callable[[Header], Draft | None]
) -> PlanSummary | None:
    """Plan an open case of our own making, or close it if nothing is due."""
    draft = draw(header(context, case.case_id, now))
    if draft is None:
        context.ledger.vault.destroy(case.case_id)
        move(context, case.case_id, CaseState.CLOSED)
        return None
    return keep_plan(context, draft, now)
