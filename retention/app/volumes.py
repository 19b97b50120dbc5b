"""Steps on large stores: how they are cut, how far they are, what they moved; and one shard of one carried out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.app import applying
from retention.app.context import Context
from retention.app.leases import leased
from retention.app.records import stored
from retention.errors import TerminalFailure, TransientFailure
from retention.execution.lines import Lines
from retention.execution.rows import carry_out_shard
from retention.execution.shards import courses, shard_id, shards_of
from retention.model.ids import CaseId, PlanId, StepId
from retention.model.plan import DisposalStep, PseudonymizeRows
from retention.model.volume import Course, Progress, progress
from retention.ports.ledger import Phase


@dataclass(frozen=True, slots=True)
class Volumes:
    """The steps of a plan that go through large stores."""

    courses: tuple[Course, ...]
    so_far: Progress


def volumes(context: Context, plan_id: PlanId) -> Volumes:
    """Return what is expected of the plan's steps on large stores, how far they are, and what they did move."""
    found = courses(context.ledger.volumes.of_plan(plan_id), Lines(context.ledger.journal, plan_id))
    return Volumes(found, progress([state for course in found for state in course.states]))


@dataclass(frozen=True, slots=True)
class Ticket:
    """One shard of one step."""

    step_id: StepId
    number: int
    """From 1."""


def tickets(context: Context, plan_id: PlanId) -> tuple[Ticket, ...]:
    """Return the shards of the plan's steps, in its order; none where every step is carried out whole."""
    _, plan = stored(context, plan_id)
    known = context.ledger.volumes.of_plan(plan_id)
    cut = [(step.step_id, shards_of(known, step.step_id)) for step in plan.steps]
    return tuple(Ticket(step, number) for step, shards in cut for number in range(1, len(shards) + 1))


def apply_shard(context: Context, plan_id: PlanId, ticket: Ticket, now: datetime) -> None:
    """Carry out one shard, and before it whatever of the plan comes first. Others may do the like at the same time.

    A shard that cannot be done is left to its step, which tries it again and tells.

    Raises:
        TransientFailure: others are at work on what comes first, or on this shard, or the store was not reached.
        Everything that `applying.apply` raises.

    """
    name = shard_id(ticket.step_id, ticket.number)
    if Lines(context.ledger.journal, plan_id).find(name, Phase.DONE):
        return
    report = applying.apply(context, plan_id, now, until=ticket.step_id)
    if report.failed or report.pending:
        raise TransientFailure(f"{name}: a step before it is not done", hint="see the plan's steps, then run again")
    kept, plan = stored(context, plan_id)
    step = next(step for step in plan.steps if step.step_id == ticket.step_id)
    assert isinstance(step, DisposalStep | PseudonymizeRows)  # noqa: S101 -- narrows the type; nothing else is cut
    with leased(context, applying.shard_lease(plan_id, name), now, f"another process is at work on {name}"):
        site = applying.site_of(context, kept, plan)
        lines = Lines(context.ledger.journal, plan_id)
        if lines.find(step.step_id, Phase.DONE):
            return
        try:
            carry_out_shard(site, lines, step, ticket.number, now)
        except TerminalFailure as failure:
            lines.write(name, Phase.FAILED, site.moment(now), {"code": failure.code, "message": failure.message})


class ByShard:
    """The part of `App` that is about steps on large stores."""

    context: Context

    def so_far(self, case_id: CaseId) -> Progress:
        """Return how far the case's newest plan is on large stores; nothing of nothing where there is none."""
        plans = self.context.ledger.plans.of_case(case_id)
        return volumes(self.context, plans[0].plan_id).so_far if plans else progress(())

    def volumes(self, plan_id: PlanId) -> Volumes:
        """See `volumes.volumes`."""
        return volumes(self.context, plan_id)

    def shard_tickets(self, plan_id: PlanId) -> tuple[Ticket, ...]:
        """See `volumes.tickets`."""
        return tickets(self.context, plan_id)

    def apply_shard(self, plan_id: PlanId, step_id: StepId, number: int, now: datetime) -> Progress:
        """See `volumes.apply_shard`; return how far the plan's steps are now."""
        apply_shard(self.context, plan_id, Ticket(step_id, number), now)
        return volumes(self.context, plan_id).so_far
