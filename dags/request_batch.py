"""The hourly batch: requests that wait go the road together."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pendulum
from airflow.sdk import chain, dag, task
from airflow.sdk.exceptions import AirflowSkipException
from plan_road import walk
from task_errors import DEFAULTS, WORKSPACE, opened

from retention.model.ids import PlanId

DOC = """
### Requests in a batch

Gathers the erasures that were identified and decided with `retention request …` and wait, under one law at a time, and
carries them out together: **plan → approve → apply group by group → verify → seal → certificates**.

* One pass over each dataset, whatever the number of people; each has a certificate of his own.
* Who is ambiguous, held or unknown is left out and stays open; `retention plan batch` says why.
* Urgent ones do not wait for it: `subject_request` carries one case out at once.
* An approver is asked, here or by `retention approve PLAN --digest D` (docs/approvals.md); nobody waiting: skipped.
* Only ids pass through Airflow, never anything about a person.
"""


@dag(
    schedule="41 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention", "request"],
    doc_md=DOC,
)
def request_batch() -> None:
    """Lay the road from requests that wait to their certificates."""
    plan_id = plan_waiting()
    chain(walk(plan_id), write_certificates(plan_id))


@task
def plan_waiting() -> str:
    """Gather and plan the requests that wait; skip the run when nobody does."""
    with opened() as app:
        made = app.plan_batch(datetime.now(UTC))
    if made is None or made.plan is None:
        raise AirflowSkipException("no request waits that can be carried out")
    return str(made.plan.plan_id)


@task
def write_certificates(plan_id: PlanId) -> int:
    """Write everybody's certificates into the workspace, a folder a case; say how many there are."""
    with opened() as app:
        return app.batch_certificates(plan_id, Path(os.environ[WORKSPACE]) / "certificates")


batch = request_batch()
