"""Handing a set to a joint user, and taking back first what must come back."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import Param, dag, task
from forms import NAME
from plan_road import walk
from pools import SWEEPS
from task_errors import opened

DOC = """
### Joint use: export

Hands one set to one joint user: **plan → approve → apply → verify → seal**.

* The form asks for names of the policy: the joint use, its set, the joint user. Whoever is none of
  the published joint users, a column that is not published, a purpose that contacts people, or a
  notice that is not public ends the run with RET-311 before anything is written.
* What must come back (a joint user left, a key leaked, time is over) is planned by
  `retention plan withdrawals`; it is never mixed with an export.
* The file's label is what tests of the file say. A set that is not what it was to be is not handed over.
* Only names and ids pass through Airflow.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "joint-use"],
    doc_md=DOC,
    params={
        "joint_use": Param(type="string", pattern=NAME, title="Joint use", description="Its name in the policy."),
        "set_name": Param(type="string", pattern=NAME, title="Set", description="Its name under `sets`."),
        "recipient": Param(type="string", pattern=NAME, title="Joint user", description="Its id under `members`."),
    },
)
def joint_use_export() -> None:
    """Lay the road from a set's name to a set that was handed over."""
    walk(plan_export("{{ params.joint_use }}", "{{ params.set_name }}", "{{ params.recipient }}"))


@task
def plan_export(joint_use: str, set_name: str, recipient: str) -> str:
    """Plan to hand the set over."""
    with opened() as app:
        return str(app.plan_export(joint_use, set_name, recipient, datetime.now(UTC)).plan_id)


export = joint_use_export()
