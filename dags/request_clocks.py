"""The dates of people's requests: the desk is told of each once, before it and after it."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import chain, dag, task
from findings import untold_refused
from pools import REQUESTS
from task_errors import opened, told_of_dates

DOC = """
### Dates of requests

Looks at every open request once an hour: **note → tell**. The desk is told **before** a law's date (a week, the last
working day), and whoever answers for it **after** it (`answer-late`: the task's log says so as an error), by every way
of `alerts` in retention.yaml.

* Each thing is recorded and told once for each date, whatever the clocks of workers say and however many
  run at once. A run that was missed is made up for by the next.
* A way that fails is tried again by the next run, and nothing is told twice over the others. Airflow's own deadlines
  (`deadlines.py`) tell the same things under the same ids, should this DAG stand still.
* Papers of requests that are over are destroyed here, should a process have died between answer and destruction.
* Only numbers of cases, laws and dates pass through Airflow and its logs.
"""


@dag(
    schedule="17 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "request"],
    doc_md=DOC,
)
def request_clocks() -> None:
    """Tell the desk what is new about dates."""
    chain(note_dates(), tell_desk())


@task
def note_dates() -> list[str]:
    """Record what the desk is to be told now, and say it: case, law, date."""
    with opened() as app:
        return told_of_dates(app.warn(datetime.now(UTC)))


@task
def tell_desk() -> int:
    """Tell the desk, by mail and webhook, what it has not been told; say how much that was."""
    with opened() as app:
        return untold_refused(app.alert_all(datetime.now(UTC)))


clocks = request_clocks()
