"""What stopped on the way: approved plans that nobody goes on with, verified ones whose processors had not answered."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from retention.app.context import Context
from retention.app.records import carried_by
from retention.app.sealing import SealReport, seal
from retention.errors import RetentionError, TransientFailure
from retention.model.case import Case, CaseState
from retention.model.ids import PlanId
from retention.ports.ledger import StoredPlan

IDLE_FOR = timedelta(hours=6)
"""Longer than the retries of any task take; whoever is at work has written a line since."""
_STOPPED = (CaseState.APPROVED, CaseState.APPLYING, CaseState.PARTIAL, CaseState.APPLIED)


@dataclass(frozen=True, slots=True)
class SealedLater:
    """What became of the verified plans that waited for their processors."""

    sealed: tuple[tuple[PlanId, SealReport], ...]
    waiting: tuple[PlanId, ...]
    """A processor is still at work, or could not be reached."""
    stuck: tuple[tuple[PlanId, str], ...]
    """Plan and the error's code: one refused, did a part, or still knows somebody. A person decides."""


def stopped(context: Context, now: datetime) -> tuple[PlanId, ...]:
    """Return the approved plans that are not carried out to the end and at which nobody has been for `IDLE_FOR`.

    Going on with one is always safe: what is done is not done again. A plan that the world has made stale is
    refused then, and its case can be planned again.
    """
    return tuple(plan.plan_id for plan in _newest(context, _STOPPED) if _touched_at(context, plan) + IDLE_FOR <= now)


def seal_waiting(context: Context, now: datetime) -> SealedLater:
    """Ask the processors of every verified plan again, and seal those whose processors have finished."""
    sealed: list[tuple[PlanId, SealReport]] = []
    waiting: list[PlanId] = []
    stuck: list[tuple[PlanId, str]] = []
    for plan in _newest(context, (CaseState.VERIFIED,)):
        try:
            sealed.append((plan.plan_id, seal(context, plan.plan_id, now)))
        except TransientFailure:
            waiting.append(plan.plan_id)
        except RetentionError as error:
            stuck.append((plan.plan_id, error.code))
    return SealedLater(tuple(sealed), tuple(waiting), tuple(stuck))


def _newest(context: Context, states: tuple[CaseState, ...]) -> Iterator[StoredPlan]:
    """Yield the newest plan of each case in one of the states; who goes with a batch is carried by the batch's."""
    for case in context.ledger.cases.all(states=states):
        if _goes_alone(context, case):
            yield from context.ledger.plans.of_case(case.case_id)[:1]


def _goes_alone(context: Context, case: Case) -> bool:
    return carried_by(context, case.case_id) == case.case_id


def _touched_at(context: Context, plan: StoredPlan) -> datetime:
    """Return when somebody last said or did something about the plan."""
    said = (approval.decided_at for approval in context.ledger.plans.approvals(plan.plan_id))
    done = (line.at for line in context.ledger.journal.entries(plan.plan_id))
    return max([plan.made_at, *said, *done])
