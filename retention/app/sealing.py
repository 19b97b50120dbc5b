"""Seal a verified case, and close it when the last copy is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.app.applying import site_of
from retention.app.context import Context
from retention.app.records import move, stored
from retention.app.subjects import commit_subjects
from retention.app.witnessing import ask_witnesses
from retention.errors import StateError, TransientFailure
from retention.execution.elsewhere import tell
from retention.execution.lines import Lines
from retention.execution.sealing import is_shredded, shred_case_key
from retention.execution.shredding import epoch_of
from retention.model.case import Case, CaseState
from retention.model.copies import Horizon
from retention.model.facts import Expired
from retention.model.ids import CaseId, CopyId, PlanId
from retention.model.outcome import Pending
from retention.model.plan import Plan, TellProcessor
from retention.ports.ledger import StoredPlan


@dataclass(frozen=True, slots=True)
class SealReport:
    """What is left of a sealed case."""

    case_id: CaseId
    state: CaseState
    until: datetime | None
    """When the last copy will be gone; None if nothing remains."""
    log_size: int


def seal(context: Context, plan_id: PlanId, now: datetime) -> SealReport:
    """Commit to the case's people, shred its key and publish the evidence.

    Raises:
        StateError: the case is not verified.
        TransientFailure: a processor has not answered yet; run again later.

    """
    kept, plan = stored(context, plan_id)
    case = context.ledger.cases.get(plan.case_id)
    if case.state is CaseState.VERIFIED:
        if not is_shredded(context.keys, plan.case_id):  # else we died after the shredding: all had answered
            ask_processors(context, kept, plan, now)
            commit_subjects(context, kept, plan, now)
        shred_case_key(context.ledger, context.log, plan.case_id, now)
        move(context, plan.case_id, CaseState.SEALED)
    elif case.state not in (CaseState.SEALED, CaseState.CLOSED):
        raise StateError(f"{case.case_id} is {case.state.value}; only a verified case is sealed")
    close_if_gone(context, plan.case_id)
    checkpoint = context.log.publish()
    ask_witnesses(context, now)
    remaining = [horizon.until for horizon in _remaining(context, plan.case_id)]
    state = context.ledger.cases.get(plan.case_id).state
    return SealReport(plan.case_id, state, max(remaining, default=None), checkpoint.size)


def ask_processors(context: Context, kept: StoredPlan, plan: Plan, now: datetime) -> None:
    """Ask every processor that has not finished.

    Raises:
        TransientFailure: one is still at work, or cannot be reached.

    """
    site = site_of(context, kept, plan)
    lines = Lines(context.ledger.journal, plan.plan_id)
    orders = [step for step in plan.steps if isinstance(step, TellProcessor)]
    waiting = [step.system for step in orders if isinstance(tell(site, lines, step, now), Pending)]
    if waiting:
        names = ", ".join(sorted(set(waiting)))
        raise TransientFailure(
            f"{len(waiting)} orders to {names} are not completed yet", hint="run again when they have answered"
        )


def follow_up(context: Context, now: datetime) -> tuple[Case, ...]:
    """Look for copies whose horizon has passed; close the cases of which nothing remains.

    Returns the cases that were closed. A copy that should be gone and is not stays open.
    """
    for horizon in context.ledger.copies.horizons():
        if horizon.gone_at is None and horizon.until <= now and _is_gone(context, horizon):
            context.record(horizon.case_id, Expired(horizon.system, CopyId(horizon.what)), now)
            context.ledger.copies.mark_gone(horizon, now)
    sealed = context.ledger.cases.all(states=[CaseState.SEALED])
    closed = tuple(case for case in sealed if close_if_gone(context, case.case_id))
    context.ledger.copies.expire_suppressions(now)
    ask_witnesses(context, now)
    return closed


def close_if_gone(context: Context, case_id: CaseId) -> bool:
    """Close a sealed case of which no copy remains; return whether it was closed now."""
    case = context.ledger.cases.get(case_id)
    if case.state is CaseState.SEALED and not _remaining(context, case_id):
        move(context, case_id, CaseState.CLOSED)
        return True
    return False


def _remaining(context: Context, case_id: CaseId) -> list[Horizon]:
    return [horizon for horizon in context.ledger.copies.horizons(case_id) if horizon.gone_at is None]


def _is_gone(context: Context, horizon: Horizon) -> bool:
    """Look for a backup copy, or a key; what a store keeps for itself (a write-ahead log) is gone by declaration."""
    keys, epoch = context.subject_keys.get(horizon.system), epoch_of(horizon.what)
    if epoch is not None:  # nobody looked if retention.yaml does not name the keys any more
        return keys is not None and keys.inspector().is_gone(epoch)
    keeper = context.copies.get(horizon.system)
    return keeper is None or not keeper.keeper().exists(CopyId(horizon.what))
