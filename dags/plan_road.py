"""The road every plan goes, once it is made: approve, apply group by group, verify, seal.

Ids only pass through XCom. Each task is one call; all of them are safe to run again.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from itertools import accumulate
from typing import Any

from airflow.sdk import chain, task
from dataset_assets import ERASED, announce
from mapped import grouped
from task_errors import log_progress, opened, refuse_failed

from dags.plan_approval import ASK_AGAIN_AFTER, QUESTIONS, PlanApproval
from retention.model.ids import PlanId, StepId

SHARDS_AT_ONCE = int(os.environ.get("RETENTION_SHARDS_AT_ONCE", "4"))
SHARD_RETRIES = int(os.environ.get("RETENTION_SHARD_RETRIES", "120"))
"""A minute apart: so long a shard waits for what comes before it."""


def walk(plan_id: Any) -> Any:  # noqa: ANN401 -- XComArgs here, the plan's id when the tasks run
    """Lay the road's tasks behind the task that names a plan; return the last one."""
    approved = PlanApproval(
        task_id="wait_for_approval",
        plan_id=plan_id,
        retries=QUESTIONS,
        retry_delay=ASK_AGAIN_AFTER,
        retry_exponential_backoff=0,
    )
    groups, shards = steps_so_far(plan_id), shards_of(plan_id)
    spread = apply_shard.partial(plan_id=plan_id).expand(ticket=shards)
    applied = apply_steps.partial(plan_id=plan_id).expand(step_ids=groups)
    sealed = seal(plan_id)
    chain(approved, groups, shards, spread, applied, verify(plan_id), sealed)
    return sealed


@task
def steps_so_far(plan_id: PlanId) -> list[list[str]]:
    """Name, for each group of steps, its own and all earlier ones.

    Airflow does not order the instances of a mapped task: should a group wait for its retry, the
    next one carries it out first. What is done already is not done again.
    """
    with opened() as app:
        return list(accumulate(grouped(app.step_groups(plan_id))))


@task
def shards_of(plan_id: PlanId) -> list[tuple[StepId, int]]:
    """Name the shards of steps on large stores; none where every step is carried out whole."""
    with opened() as app:
        return [(ticket.step_id, ticket.number) for ticket in app.shard_tickets(plan_id)]


@task(max_active_tis_per_dagrun=SHARDS_AT_ONCE, retries=SHARD_RETRIES, retry_exponential_backoff=False)
def apply_shard(plan_id: PlanId, ticket: tuple[StepId, int]) -> None:
    """Carry out one shard, beside others; one whose turn has not come comes again later."""
    with opened() as app:
        log_progress(ticket[0], app.apply_shard(plan_id, *ticket, datetime.now(UTC)))


# a plan is carried out by one process at a time; without shards, nothing has failed before it
@task(max_active_tis_per_dagrun=1, trigger_rule="none_failed")
def apply_steps(plan_id: PlanId, step_ids: list[StepId]) -> None:
    """Carry out the steps named, in the plan's order; of those in shards, what is left."""
    with opened() as app:
        refuse_failed(app.apply_steps(plan_id, step_ids, datetime.now(UTC), log_progress))


@task
def verify(plan_id: PlanId) -> None:
    """Look again with other eyes; a finding ends the run."""
    with opened() as app:
        app.verify(plan_id, datetime.now(UTC))


@task(outlets=[ERASED])
def seal(plan_id: PlanId, *, outlet_events: Any = None) -> None:  # noqa: ANN401 -- Airflow hands it over
    """Publish the evidence and shred the case's key; tell whoever derives something from the datasets."""
    with opened() as app:
        report = app.seal(plan_id, datetime.now(UTC))
    announce(outlet_events, plan_id, report.datasets)
