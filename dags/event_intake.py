"""Events in: from queues and calls into the inbox, from the inbox to the clocks; what cannot wait is begun."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, chain, dag, task
from task_errors import DEFAULTS, opened

from dags.doorbell import Doorbell

DOC = """
### Event intake

**take → fold → begin what cannot wait.**

* A doorbell looks how deep the queues are and rings; it takes nothing. Every quarter of an hour the run comes
  without a ring: a ring that was dropped or merged loses nothing, because the events lie in the queue or in our inbox.
* `take` empties every queue into the inbox: received, committed, and only then deleted. A queue that cannot be
  reached is retried; the others have been emptied, and what is in the inbox is folded all the same.
* `fold` makes events of letters, each once. What nobody can read is dead: `retention event dead list`.
* Urgent events (`events.urgent` of retention.yaml) have opened a case or made a plan by now: each is carried out
  by a run of its own, which waits for approval. Its name is the case's, so it is never begun twice.
* Only numbers of cases and plans pass through Airflow.
"""
SWEEP = os.environ.get("RETENTION_INTAKE_CRON", "*/15 * * * *")
STILL_SECONDS = float(os.environ.get("RETENTION_DOORBELL_SECONDS", "15"))

letters = Asset(
    name="retention_letters",
    uri="x-retention://letters",
    watchers=[AssetWatcher(name="doorbell", trigger=Doorbell(STILL_SECONDS / 3, STILL_SECONDS))],
)


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(SWEEP, timezone="Asia/Tokyo"), assets=[letters]),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=DEFAULTS,
    tags=["retention", "events"],
    doc_md=DOC,
)
def event_intake() -> None:
    """Lay the road from a ring to the runs that cannot wait."""
    folded = fold()
    chain(take(), folded)
    for name, runs in (("subject_request", urgent_requests()), ("carry_out", urgent_plans())):
        begin = TriggerDagRunOperator.partial(
            task_id=f"begin_{name}", trigger_dag_id=name, skip_when_already_exists=True, max_active_tis_per_dagrun=4
        ).expand_kwargs(runs)
        chain(folded, runs, begin)


@task
def take() -> int:
    """Empty the queues into the inbox; say how many letters were new."""
    with opened() as app:
        return app.take_letters(datetime.now(UTC)).new


@task(trigger_rule="all_done")  # what is in the inbox does not wait for a queue that cannot be reached
def fold() -> int:
    """Fold what waits and open what cannot wait; say how many letters were folded."""
    with opened() as app:
        return app.fold(datetime.now(UTC)).folded


@task
def urgent_requests() -> list[dict[str, object]]:
    """Name the cases of people that events opened and nobody has carried out."""
    with opened() as app:
        return [_run(case, case_id=case) for case in app.started().requests]


@task
def urgent_plans() -> list[dict[str, object]]:
    """Name the plans that events made and nobody has carried out."""
    with opened() as app:
        return [_run(plan, plan_id=plan) for plan in app.started().plans]


def _run(name: str, **conf: str) -> dict[str, object]:
    return {"trigger_run_id": f"urgent-{name}", "conf": conf}


intake = event_intake()
