"""A plan that exists is carried out, once it is approved."""

from __future__ import annotations

import pendulum
from airflow.sdk import Param, dag, task
from forms import PLAN
from plan_road import walk
from pools import REQUESTS
from task_errors import opened

from retention.model.ids import PlanId

DOC = """
### Carry a plan out

For plans that something else has made: an urgent event, a late file, a re-scan that made several, a person at the
command line: **approve → apply group by group → verify → seal**.

* The form asks for the plan's number only. An approver is asked, here or by `retention approve PLAN --digest D`;
  whoever starts the run does not approve its plan (docs/approvals.md).
* Several plans may go side by side; a plan that another one has made stale is refused and nothing is touched.
* Systems that cannot be reached are retried with backoff; everything else ends the run with the error's code.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=4,
    default_args=REQUESTS,
    tags=["retention", "plan"],
    doc_md=DOC,
    params={
        "plan_id": Param(
            type="string",
            pattern=PLAN,
            title="計画番号 / Plan number",
            description="表示された番号(例 P-20261123-7f3k2q)だけをご記入ください。 / "
            "As it was printed. Nothing about a person.",
        )
    },
)
def carry_out() -> None:
    """Lay the road from a plan's number to its evidence."""
    walk(plan_named(PlanId("{{ params.plan_id }}")))


@task
def plan_named(plan_id: PlanId) -> str:
    """Refuse a number that is no plan's."""
    with opened() as app:
        return str(app.plan(plan_id)[0].plan_id)


plan = carry_out()
