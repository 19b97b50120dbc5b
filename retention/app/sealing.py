"""Seal a verified case; it is closed at once if no copy of it is left."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.app import copies
from retention.app.applying import site_of
from retention.app.batch_sealing import seal_members
from retention.app.closing import close_account
from retention.app.context import Context
from retention.app.copies import FollowUp
from retention.app.disclosing import expire
from retention.app.records import move, stored
from retention.app.rescans import schedule, settle
from retention.app.restricting import lift
from retention.app.subjects import commit_subjects
from retention.app.witnessing import ask_witnesses
from retention.errors import StateError, TerminalFailure, TransientFailure
from retention.execution.lines import Lines
from retention.execution.processors import tell
from retention.execution.sealing import is_shredded, shred_case_key
from retention.model.case import CaseKind, CaseState
from retention.model.ids import CaseId, DatasetId, PlanId
from retention.model.outcome import Pending
from retention.model.plan import Plan, RowStep, TellProcessor
from retention.ports.ledger import StoredPlan


@dataclass(frozen=True, slots=True)
class SealReport:
    """What is left of a sealed case."""

    case_id: CaseId
    state: CaseState
    copies: int
    """How many copies remain."""
    until: datetime | None
    """When the last of them will be gone; None if nothing remains, or nobody can say."""
    log_size: int
    datasets: tuple[DatasetId, ...]
    """Those of which rows or fields were touched."""


def seal(context: Context, plan_id: PlanId, now: datetime) -> SealReport:
    """Commit to the case's people, shred its key and publish the evidence; a batch's requests first, each by itself.

    Raises:
        StateError: the case is not verified.
        TransientFailure: a processor has not answered yet; run again later.

    """
    kept, plan = stored(context, plan_id)
    case = context.ledger.cases.get(plan.case_id)
    if case.state is CaseState.VERIFIED:
        if not is_shredded(context.keys, plan.case_id):  # else we died after the shredding: all had answered
            ask_processors(context, kept, plan, now)
            if plan.kind is CaseKind.BATCH:
                seal_members(context, kept, plan, now)
            else:
                close_account(context, plan.case_id, now)
                commit_subjects(context, kept, plan, now)
        for lifted in plan.lifts:
            lift(context, lifted, now)
        schedule(context, plan.case_id, now)
        shred_case_key(context.ledger, context.log, plan.case_id, now)
        move(context, plan.case_id, CaseState.SEALED)
    elif case.state not in (CaseState.SEALED, CaseState.CLOSED):
        raise StateError(f"{case.case_id} is {case.state.value}; only a verified case is sealed")
    for settled in (plan.case_id, *settle(context, plan.case_id, now)):
        copies.close_if_gone(context, settled, now)
    checkpoint = context.log.publish()
    ask_witnesses(context, now)
    left = copies.remaining(context, plan.case_id)
    state = context.ledger.cases.get(plan.case_id).state
    until = copies.remains_until(left) if left else None
    touched = sorted({step.dataset for step in plan.steps if isinstance(step, RowStep)})
    return SealReport(plan.case_id, state, len(left), until, checkpoint.size, tuple(touched))


def ask_processors(context: Context, kept: StoredPlan, plan: Plan, now: datetime) -> None:
    """Ask every processor that has not finished.

    Raises:
        TransientFailure: one is still at work, or cannot be reached.
        TerminalFailure: one refused, did a part, or still knows the person; the case is PARTIAL.

    """
    site = site_of(context, kept, plan)
    lines = Lines(context.ledger.journal, plan.plan_id)
    orders = [step for step in plan.steps if isinstance(step, TellProcessor)]
    try:
        waiting = [step.system for step in orders if isinstance(tell(site, lines, step, now), Pending)]
    except TerminalFailure:
        move(context, plan.case_id, CaseState.PARTIAL)
        raise
    if waiting:
        names = ", ".join(sorted(set(waiting)))
        raise TransientFailure(
            f"{len(waiting)} orders to {names} are not completed yet", hint="run again when they have answered"
        )


def follow_up(context: Context, now: datetime) -> FollowUp:
    """Follow the copies, destroy exports whose time is over, then show the log's witnesses what it holds."""
    followed = copies.follow_up(context, now)
    expire(context, now)
    ask_witnesses(context, now)
    return followed
