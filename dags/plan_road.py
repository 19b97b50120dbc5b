"""The road every plan goes, once it is made: approve, apply group by group, verify, seal.

Ids only pass through XCom. Each task is one call; all of them are safe to run again.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any

from airflow.sdk import chain, task
from dataset_assets import ERASED, announce
from mapped import grouped
from task_errors import opened, refuse_failed, refuse_rejected

from retention.model.ids import PlanId, StepId

POKE_SECONDS = float(os.environ.get("RETENTION_APPROVAL_POKE_SECONDS", "60"))
APPROVE_WITHIN = timedelta(days=14)


def walk(plan_id: Any) -> Any:  # noqa: ANN401 -- XComArgs here, the plan's id when the tasks run
    """Lay the road's tasks behind the task that names a plan; return the last one."""
    groups = steps_so_far(plan_id)
    applied = apply_steps.partial(plan_id=plan_id).expand(step_ids=groups)
    sealed = seal(plan_id)
    chain(wait_for_approval(plan_id), groups, applied, verify(plan_id), sealed)
    return sealed


@task.sensor(poke_interval=POKE_SECONDS, timeout=APPROVE_WITHIN.total_seconds(), mode="reschedule")
def wait_for_approval(plan_id: PlanId) -> bool:
    """Look into the ledger until people have approved the plan there (`retention approve`)."""
    with opened() as app:
        return refuse_rejected(plan_id, app.approval_state(plan_id)) == "approved"


@task
def steps_so_far(plan_id: PlanId) -> list[list[str]]:
    """Name, for each group of steps, its own and all earlier ones.

    Airflow does not order the instances of a mapped task: should a group wait for its retry, the
    next one carries it out first. What is done already is not done again.
    """
    with opened() as app:
        return list(accumulate(grouped(app.step_groups(plan_id))))


@task(max_active_tis_per_dagrun=1)  # a plan is carried out by one process at a time
def apply_steps(plan_id: PlanId, step_ids: list[StepId]) -> None:
    """Carry out the steps named, in the plan's order."""
    with opened() as app:
        refuse_failed(app.apply_steps(plan_id, step_ids, datetime.now(UTC)))


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
