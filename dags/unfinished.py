"""What stopped on the way goes on: plans that were approved too late, partial cases, runs that died for good."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task
from findings import run_of
from mapped import first_runs
from pools import REQUESTS
from task_errors import opened

DOC = """
### What stopped goes on

A plan that is approved, not carried out to the end, and at which nobody has been for six hours is begun again by a
run of `carry_out`, once a day: a system was away for longer than a task is tried again, a plan was approved after
its run had given up waiting, a case is partial.

* What is done is not done again. A plan that the world has made stale is refused; its case can be planned again.
* A plan that can never succeed fails once a day until somebody plans the case anew: it is meant to be seen.
* Verified plans that wait for a processor are `copies_follow_up`'s.
"""


@dag(
    schedule="7 */6 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "plan"],
    doc_md=DOC,
)
def unfinished() -> None:
    """Lay the road from what stopped to runs that go on with it."""
    begin = TriggerDagRunOperator.partial(task_id="begin", skip_when_already_exists=True, max_active_tis_per_dagrun=4)
    begin.expand_kwargs(look())


@task
def look() -> list[dict[str, object]]:
    """Name the runs that go on with what stopped: one a plan and day."""
    now = datetime.now(UTC)
    with opened() as app:
        plans = app.stopped(now)
    return first_runs([run_of("carry_out", f"again-{now:%Y%m%d}-{plan}", plan_id=plan) for plan in plans])


again = unfinished()
