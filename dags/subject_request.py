"""One person's request, from its case number to the certificate."""

from __future__ import annotations

import os
from pathlib import Path

import pendulum
from airflow.sdk import Param, chain, dag, task
from forms import CASE
from plan_road import walk
from pools import REQUESTS
from task_errors import WORKSPACE, begun_at, opened

from dags.deadlines import CASE_DEADLINES
from retention.model.ids import CaseId

DOC = """
### A person's request

Carries out a request that was opened, identified and decided with `retention request …`:
**plan → approve → apply group by group → verify → seal → certificate**.

* The form asks for the **case number only**. People are entered through the command line, never here,
  so that no personal data comes into Airflow.
* Asks an approver, here (*Required actions*) or by `retention approve PLAN --digest D`: docs/approvals.md.
  Whoever starts the run does not approve its plan. 開始した人は、その計画を承認できません。
* Several cases may run side by side; the ledger keeps two runs from applying the same plan.
* Systems that cannot be reached are retried with backoff; everything else ends the run with the
  error's code. Running again is always safe.
"""


@dag(
    schedule=None,
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=4,
    default_args=REQUESTS,
    deadline=CASE_DEADLINES,
    tags=["retention", "request"],
    doc_md=DOC,
    params={
        "case_id": Param(
            type="string",
            pattern=CASE,
            title="案件番号 / Case number",
            description="受付時の番号(例 C-20261123-7f3k2q)だけをご記入ください。個人に関することは書けません。 / "
            "As `retention request open` printed it. Nothing about a person.",
        )
    },
)
def subject_request() -> None:
    """Lay the road from a case number to a certificate."""
    case_id = CaseId("{{ params.case_id }}")
    chain(walk(plan_request(case_id)), write_certificate(case_id))


@task
def plan_request(case_id: CaseId) -> str:
    """Plan what the request asks for."""
    with opened() as app:
        return str(app.plan_request_once(case_id, begun_at()).plan_id)


@task
def write_certificate(case_id: CaseId) -> list[str]:
    """Write the certificates, one a language, into the workspace; name the files."""
    with opened() as app:
        return [path.name for path in app.certificate(case_id, Path(os.environ[WORKSPACE]) / "certificates" / case_id)]


request = subject_request()
