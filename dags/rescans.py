"""The daily re-scan: whoever was erased and is back goes again, once approved."""

from __future__ import annotations

import pendulum
from airflow.sdk import dag, task
from plan_road import walk
from task_errors import DEFAULTS, begun_at, opened, returned_plan

DOC = """
### Re-scans

Looks again at every completed case that is due (a week and a month after completion; `rescans` in
retention.yaml), in one pass over the key columns for all of them. Whoever is back goes the one road:
**plan → approve → apply group by group → verify → seal**.

* Nobody is back: the run is skipped. Nobody is back and it was looked too late: the run ends with RET-100.
* A plan waits for `retention approve PLAN --digest D`; the cases whose people are back are `returned` until
  it is sealed, and the evidence says where the data came from.
* A day that was missed is made up for by the next run. Should a look make several plans (an earlier one
  was rejected), the run carries out the first, and its log names the others for `retention apply`.
* Only numbers of plans and steps pass through Airflow.
"""


@dag(
    schedule="47 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention", "rescan"],
    doc_md=DOC,
)
def rescans() -> None:
    """Lay the road from a second look to a clean one."""
    walk(plan_returned())


@task
def plan_returned() -> str:
    """Look at what is due and plan what must go again; skip when nobody is back."""
    with opened() as app:
        return returned_plan(app.rescan_once(begun_at()))


second_look = rescans()
