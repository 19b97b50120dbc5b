"""Carry an approved plan out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import cast

from retention.app.context import Context
from retention.app.disclosing import handing_out
from retention.app.drift import refuse_unmapped
from retention.app.joint_use import counter, refuse_barred
from retention.app.leases import leased
from retention.app.lives import refuse_undecided
from retention.app.processing import contracts
from retention.app.records import move, refuse_left, stored
from retention.errors import ApprovalError, HeldError, RefusedError, StalePlanError, StateError, TerminalFailure
from retention.execution.lines import Lines
from retention.execution.run import RunReport, begin, refuse_stale, run
from retention.execution.shards import shard_id, shards_of
from retention.execution.site import Site, Watch, fetch_keys, fetch_people, nobody
from retention.model.case import CaseKind, CaseState
from retention.model.ids import CaseId, PlanId, StepId, SystemId
from retention.model.outcome import Failed, Pending
from retention.model.plan import Plan, RowStep, Step, TellProcessor
from retention.model.subject import SubjectKey
from retention.planning.approval import check_approved
from retention.ports.ledger import Phase, StoredPlan
from retention.ports.processor import ProbingProcessor

"""After this long the plan of a process that died elsewhere is free again; on the same host it is at once."""
_MAY_APPLY = (CaseState.APPROVED, CaseState.APPLYING, CaseState.PARTIAL, CaseState.APPLIED)


@dataclass(frozen=True, slots=True)
class ApplyReport:
    """What became of a run."""

    plan_id: PlanId
    case_id: CaseId
    state: CaseState
    done: int
    failed: dict[StepId, Failed]
    pending: dict[StepId, Pending]


def apply(
    context: Context,
    plan_id: PlanId,
    now: datetime,
    *,
    only: Collection[StepId] | None = None,
    until: StepId | None = None,
    watch: Watch = nobody,
) -> ApplyReport:
    """Carry out the plan, or the steps named. Run it again after a crash: nothing happens twice.

    With `until`, a step on rows, everything before it is carried out and that one is begun: its shards may follow.
    `watch` is told of each step before it begins, and after each shard.

    Raises:
        ApprovalError, LimitError: not approved by enough people.
        StalePlanError, HeldError: the world changed since; nothing was touched.
        StateError: the case is not at this point of the road.
        FoundError: the data map does not know all there is; the case is PARTIAL.
        TerminalFailure: a store has what cannot be read; nothing was touched, and the case is PARTIAL.
        TransientFailure: another process is carrying the plan out, or a shard of one of its steps.

    """
    kept, plan = stored(context, plan_id)
    _refuse_unapproved(context, kept, plan)
    for case_id in _asked_in(context, plan):
        refuse_undecided(context, case_id)
    steps = _steps(plan, only, until)
    with leased(context, f"apply/{plan_id}", now, f"another process is carrying {plan_id} out"), ExitStack() as shards:
        site = replace(site_of(context, kept, plan), watch=watch)
        _lease_shards(context, site, steps, shards, now)
        with _freed_for_a_new_plan(context, plan.case_id), _partial_if_unreadable(context, plan.case_id):
            _refuse_changed(context, plan)
            refuse_left(context, plan)
            refuse_stale(site, now)
            refuse_barred(context, plan, now)
            _refuse_drift(context, plan)
        move(context, plan.case_id, CaseState.APPLYING)
        told = {step.system for step in plan.steps if isinstance(step, TellProcessor)}
        for contract in contracts(context, told):
            context.record(plan.case_id, contract, plan.made_at)
        report = run(site, now, steps)
        if until is not None and not report.failures and not report.pending:
            begin(site, until, now)
        state = _state_after(context, plan, report)
        move(context, plan.case_id, state)
    context.log.publish()
    done = len(report.outcomes) - len(report.failures) - len(report.pending)
    return ApplyReport(plan_id, plan.case_id, state, done, report.failures, report.pending)


def site_of(context: Context, kept: StoredPlan, plan: Plan) -> Site:
    """Return what a run of this plan may use.

    Raises:
        StateError: the case is sealed; the keys are gone.

    """
    return Site(
        plan=plan,
        digest=kept.digest,
        datamap=context.datamap_for(context.ledger.cases.get(plan.case_id)),
        stores=context.stores,
        processors={name: system.processor() for name, system in context.processors.items()},
        keepers={name: system.keeper() for name, system in context.copies.items()},
        ledger=context.ledger,
        log=context.log,
        suppression_key=context.keys.create("suppression"),
        keys=fetch_keys(context.ledger.vault, plan.case_id, plan.plan_id),
        regulation=context.policy.regimes[0].rpartition(".")[2],
        counter=counter(context),
        handing_out=handing_out(context),
        subject_keys=context.subject_keys,
        link_key=context.keys.create("acknowledge"),
        probes=probes(context),
        people=_people(context, plan),
        volumes=context.ledger.volumes.of_plan(plan.plan_id),
        passed=partial(_passed, context.stopwatch, context.stopwatch()),
    )


def _passed(stopwatch: Callable[[], float], begun: float) -> timedelta:
    return timedelta(seconds=stopwatch() - begun)


def shard_lease(plan_id: PlanId, name: StepId) -> str:
    """Return the name of the lease under which one process is at work on a shard."""
    return f"apply/{plan_id}/{name}"


def _steps(plan: Plan, only: Collection[StepId] | None, until: StepId | None) -> frozenset[StepId]:
    every = [step.step_id for step in plan.steps]
    named = every if only is None else only
    before = every if until is None else every[: every.index(until)]
    return frozenset(named) & frozenset(before)


def _lease_shards(context: Context, site: Site, steps: Collection[StepId], stack: ExitStack, now: datetime) -> None:
    """Take every shard that is to be carried out, so that nobody else is at work on one meanwhile."""
    lines = Lines(context.ledger.journal, site.plan.plan_id)
    for step in steps:
        for number in range(1, len(shards_of(site.volumes, step)) + 1):
            name = shard_id(step, number)
            if lines.find(name, Phase.DONE) is None:
                busy = f"another process is at work on {name}"
                stack.enter_context(leased(context, shard_lease(site.plan.plan_id, name), now, busy))


def _asked_in(context: Context, plan: Plan) -> list[CaseId]:
    """Return the cases in which people asked for what the plan does."""
    if plan.kind is not CaseKind.BATCH:
        return [plan.case_id]
    return [member.case_id for member in context.ledger.batches.members(plan.case_id)]


def _people(context: Context, plan: Plan) -> dict[SubjectKey, tuple[CaseId, ...]]:
    """Return in which cases of a batch each key is erased."""
    found: dict[SubjectKey, tuple[CaseId, ...]] = {}
    if plan.kind is CaseKind.BATCH:
        for case_id, keys in fetch_people(context.ledger.vault, plan.case_id, plan.plan_id).items():
            found |= {key: (*found.get(key, ()), case_id) for key in keys}
    return found


def probes(context: Context) -> dict[SystemId, ProbingProcessor]:
    """Return the processors that have a look-up."""
    return {
        name: cast("ProbingProcessor", system.processor())
        for name, system in context.processors.items()
        if system.capabilities.probes
    }


def step_groups(context: Context, plan_id: PlanId) -> list[list[str]]:
    """Return the plan's steps in order, in groups that must follow one another; a dataset is one group."""
    _, plan = stored(context, plan_id)
    return [[step.step_id for step in group] for _, group in groupby(plan.steps, key=_place)]


def _place(step: Step) -> str:
    return step.dataset if isinstance(step, RowStep) else type(step).__name__


def _refuse_unapproved(context: Context, kept: StoredPlan, plan: Plan) -> None:
    check_approved(plan, kept.digest, context.ledger.plans.approvals(plan.plan_id))
    newest = context.ledger.plans.of_case(plan.case_id)[0]
    if newest.plan_id != plan.plan_id:
        raise ApprovalError(f"{plan.plan_id} was replaced by {newest.plan_id}", hint="approve the newer plan")
    case = context.ledger.cases.get(plan.case_id)
    if case.state not in _MAY_APPLY:
        raise StateError(f"{case.case_id} is {case.state.value}; there is nothing to carry out")


def _refuse_changed(context: Context, plan: Plan) -> None:
    """Refuse a plan made under another policy, map or set of holds."""
    if plan.policy_digest != context.policy.digest or plan.datamap_digest != context.datamap.digest:
        changed = "policy" if plan.policy_digest != context.policy.digest else "data map"
        raise StalePlanError(f"the {changed} changed since {plan.plan_id} was made", hint="make a new plan")
    if plan.holds_digest != context.holds_digest():
        raise HeldError(
            f"a hold or restriction was placed or lifted since {plan.plan_id} was made; nothing was touched",
            hint="make a new plan: it will say what is held",
        )


def _refuse_drift(context: Context, plan: Plan) -> None:
    """Look before the first step; a run that goes on has been looked at, and verification looks again."""
    case = context.ledger.cases.get(plan.case_id)
    if case.state in (CaseState.APPROVED, CaseState.PARTIAL):
        refuse_unmapped(context, case)


@contextmanager
def _freed_for_a_new_plan(context: Context, case_id: CaseId) -> Iterator[None]:
    """If a run that died in the middle cannot go on, make the case PARTIAL: it may be planned again."""
    try:
        yield
    except RefusedError:
        if context.ledger.cases.get(case_id).state is CaseState.APPLYING:
            move(context, case_id, CaseState.PARTIAL)
        raise


@contextmanager
def _partial_if_unreadable(context: Context, case_id: CaseId) -> Iterator[None]:
    """If what is to be touched cannot even be counted (a damaged or encrypted file), make the case PARTIAL."""
    try:
        yield
    except TerminalFailure:
        if context.ledger.cases.get(case_id).state is CaseState.APPROVED:
            move(context, case_id, CaseState.APPLYING)
        move(context, case_id, CaseState.PARTIAL)
        raise


def _state_after(context: Context, plan: Plan, report: RunReport) -> CaseState:
    """Say where the case is: APPLIED only when all but the processors' answers has its evidence."""
    if report.failures:
        return CaseState.PARTIAL
    lines = context.ledger.journal.entries(plan.plan_id)
    finished = {line.step_id for line in lines if line.phase is Phase.EVIDENCE}
    ours = {step.step_id for step in plan.steps if not isinstance(step, TellProcessor)}
    return CaseState.APPLIED if ours <= finished else CaseState.APPLYING
