"""Events in: from queues and calls into the inbox, from the inbox to the clocks; what cannot wait is begun."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import Asset, AssetOrTimeSchedule, AssetWatcher, CronTriggerTimetable, chain, dag, task
from findings import run_of
from mapped import first_runs
from pools import REQUESTS
from task_errors import opened

from dags.doorbell import Doorbell

DOC = """
### Event intake

**take → fold → begin what cannot wait.**

* A doorbell looks how deep the queues are and rings; it takes nothing. Every quarter of an hour the run comes
  without a ring: a ring that was dropped or merged loses nothing, because the events lie in the queue or in our inbox.
* `take` empties every queue into the inbox: received, committed, and only then deleted. A queue that cannot be
  reached is retried; the others have been emptied, and what is in the inbox is folded all the same.
* `fold` makes events of parcels, each once. What nobody can read is dead: `retention event dead list`.
* Urgent events (`events.urgent` of retention.yaml) have opened a case or made a plan by now: each is carried out
  by a run of its own, which waits for approval. Its name is the case's, so it is never begun twice.
* Only numbers of cases and plans pass through Airflow.
"""
SWEEP = os.environ.get("RETENTION_INTAKE_CRON", "*/15 * * * *")
STILL_SECONDS = float(os.environ.get("RETENTION_DOORBELL_SECONDS", "15"))

parcels = Asset(
    name="retention_parcels",
    uri="x-retention://parcels",
    watchers=[AssetWatcher(name="doorbell", trigger=Doorbell(STILL_SECONDS / 3, STILL_SECONDS))],
)


@dag(
    schedule=AssetOrTimeSchedule(timetable=CronTriggerTimetable(SWEEP, timezone="Asia/Tokyo"), assets=[parcels]),
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "events"],
    doc_md=DOC,
)
def event_intake() -> None:
    """Lay the road from a ring to the runs that cannot wait."""
    runs = fold()
    chain(take(), runs)
    begin = TriggerDagRunOperator.partial(task_id="begin", skip_when_already_exists=True, max_active_tis_per_dagrun=4)
    begin.expand_kwargs(runs)


@task
def take() -> int:
    """Empty the queues into the inbox; say how many parcels were new."""
    with opened() as app:
        return app.take_parcels(datetime.now(UTC)).new


@task(trigger_rule="all_done")  # the inbox does not wait for a queue that cannot be reached
def fold() -> list[dict[str, object]]:
    """Fold what waits and open what cannot wait; name the runs that carry out what nobody has carried out."""
    with opened() as app:
        started = app.fold(datetime.now(UTC)).started
    requests = [run_of("subject_request", f"urgent-{case}", case_id=case) for case in started.requests]
    return first_runs([*requests, *(run_of("carry_out", f"urgent-{plan}", plan_id=plan) for plan in started.plans)])


intake = event_intake()
