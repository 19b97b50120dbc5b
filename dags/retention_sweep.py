"""The daily sweep: what has fallen due goes, by rule, within limits, once approved."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException
from plan_road import walk
from task_errors import DEFAULTS, opened

DOC = """
### Retention sweep

Asks the policy what is due today and carries it out: **plan → approve → apply group by group → verify → seal**.

* A plan within the limits whose rules carry a standing approval goes on at once; for any other an approver is
  asked, here or by `retention approve PLAN --digest D` (docs/approvals.md).
* Nothing due: the run is skipped.
* One run at a time: two plans over the same rows would make each other stale. While a plan waits for people, the
  runs of the next days wait behind it. Nothing is caught up: what is due is a function of the moment at which the run
  plans, not of its logical date, so the next sweep finds everything that is still due, and a backfill does the
  same as one run.
* Systems that cannot be reached are retried with backoff. Refusals, findings and terminal errors end
  the run; the log shows the error's code. Running again is always safe.
* Only ids of plans and steps pass through Airflow, never anything about a person.
"""


@dag(
    schedule="17 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention", "sweep"],
    doc_md=DOC,
)
def retention_sweep() -> None:
    """Lay the road from what is due to what is proven."""
    walk(plan_due())


@task
def plan_due() -> str:
    """Plan what is due; skip the run when nothing is."""
    with opened() as app:
        plan = app.plan_sweep(datetime.now(UTC))
    if plan is None:
        raise AirflowSkipException("nothing is due")
    return str(plan.plan_id)


sweep = retention_sweep()
