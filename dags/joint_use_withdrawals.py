"""The daily look at what joint users hold: what must come back is taken back."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from airflow.sdk.exceptions import AirflowSkipException
from plan_road import walk
from pools import SWEEPS
from task_errors import opened

DOC = """
### Joint use: withdrawals

A set whose time is over, whose joint user left, or whose key leaked is taken back, and the key that nothing needs
any more is destroyed: **plan → approve → apply → verify → seal**.

* Nothing has to come back: the run is skipped. A day that was missed is made up for by the next run.
* One run at a time: a plan that waits for approval is looked at by people, and the next run finds whatever fell due
  meanwhile.
* Only ids pass through Airflow.
"""


@dag(
    schedule="29 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "joint-use"],
    doc_md=DOC,
)
def joint_use_withdrawals() -> None:
    """Lay the road from what must come back to its proof."""
    walk(plan_withdrawals())


@task
def plan_withdrawals() -> str:
    """Plan what joint users have to give back; skip when that is nothing."""
    with opened() as app:
        plan = app.plan_withdrawals(datetime.now(UTC))
    if plan is None:
        raise AirflowSkipException("nothing has to come back")
    return str(plan.plan_id)


withdrawals = joint_use_withdrawals()
