"""The gate in front of a restored system: who was erased is erased again before it opens."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from plan_road import walk
from task_errors import DEFAULTS, opened

from retention.model.ids import SystemId

DOC = """
### Restore gate

Start it after a backup was restored and **before** the restored system is opened: it finds in it
everybody who was erased since the backup was taken, and does it again:
**plan → approve → apply group by group → verify → seal**.

* The form asks for the restored system's name in retention.yaml.
* Nobody came back: the run is skipped and the system may open. Otherwise it may open when the run
  has succeeded, and not before.
* One run at a time, because a restored system is opened by one decision.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention", "restore"],
    doc_md=DOC,
    params={
        "system_id": Param(
            type="string",
            pattern=r"^[a-z][a-z0-9_-]*$",
            title="Restored system",
            description="Its name in retention.yaml, such as app_restored.",
        )
    },
)
def restore_gate() -> None:
    """Lay the road from a restored system to an open one."""
    walk(plan_restore(SystemId("{{ params.system_id }}")))


@task
def plan_restore(system_id: SystemId) -> str:
    """Plan what the backup brought back and must go again; skip when nothing did."""
    with opened() as app:
        plan = app.plan_restore(system_id, datetime.now(UTC))
    if plan is None:
        raise AirflowSkipException("the copy brought nobody back")
    return str(plan.plan_id)


gate = restore_gate()
