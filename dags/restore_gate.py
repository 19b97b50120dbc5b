"""The gate in front of a restored system: who was erased is erased again before it opens."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import Param, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from forms import MOMENT, SYSTEM
from plan_road import walk
from pools import REQUESTS
from task_errors import opened

from retention.model.ids import SystemId

DOC = """
### Restore gate

Start it after a backup was restored and **before** the restored system is opened: the gate looks in it
for everybody who was erased since the backup was taken, and it is done again:
**gate → plan → approve → apply group by group → verify → seal → gate**.

* The form asks for the restored system's name in retention.yaml, and when the copy was taken if that is known.
* The gate is open at once: the rest is skipped. Otherwise the system may open when the run has
  succeeded, that is when the gate was asked again and is open, and not before.
* A run that fails names what stands in the way: docs/restores.md says what to do about each.
* One run at a time, because a restored system is opened by one decision.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "restore"],
    doc_md=DOC,
    params={
        "system_id": Param(
            type="string",
            pattern=SYSTEM,
            title="Restored system",
            description="Its name in retention.yaml, such as app_restored.",
        ),
        "taken_at": Param(
            default="",
            type="string",
            pattern=MOMENT,
            title="When the copy was taken",
            description="Who was erased before is new in it, and stays. Empty: not known.",
        ),
    },
)
def restore_gate() -> None:
    """Lay the road from a restored system to an open one."""
    sealed = walk(plan_restore(SystemId("{{ params.system_id }}"), "{{ params.taken_at }}"))
    sealed >> open_gate(SystemId("{{ params.system_id }}"))


@task
def plan_restore(system_id: SystemId, taken_at: str) -> str:
    """Ask the gate; plan what the backup brought back and must go again. Skip the rest when the gate is open."""
    with opened() as app:
        plan = app.plan_gated(system_id, datetime.now(UTC), datetime.fromisoformat(taken_at) if taken_at else None)
    if plan is None:
        raise AirflowSkipException("the gate is open: the copy brought nobody back")
    return str(plan.plan_id)


@task
def open_gate(system_id: SystemId) -> None:
    """Ask the gate again; only when it is open has the run succeeded."""
    with opened() as app:
        app.refuse_shut(system_id, datetime.now(UTC))


gate = restore_gate()
