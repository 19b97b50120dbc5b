"""The daily look elsewhere: copies and their horizons, processors' answers, and whoever is back."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pendulum
from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task
from dataset_assets import ERASED, announce
from findings import closed_cases, reminded, returned_plans, run_of, sealed_plans
from mapped import first_runs
from pools import SWEEPS
from task_errors import begun_at, opened

DOC = """
### What remains elsewhere

Four looks a day, side by side: one that fails keeps no other from being taken.

* **Copies**: every backup, version and snapshot that a case waits for is looked for twice; horizons move, cases
  close, exports whose time is over are destroyed. RET-100 names a copy that is longer there than promised.
* **Processors**: reminded three days before their day; after it the run fails once a week (RET-100). Verified plans
  whose processors have answered by now are sealed.
* **Whoever is back**: completed cases are looked at a week and a month later. Each plan that erases them again is
  carried out by a run of `carry_out`, which waits for approval. So a plan that nobody approves keeps no later look
  waiting.
* Nothing here waits inside a task, so there is nothing to defer: what is not ready today is looked for tomorrow. A
  day that was missed is made up for by the next run.
* Only numbers of cases, plans, orders and copies pass through Airflow.
"""


@dag(
    schedule="47 3 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "copies"],
    doc_md=DOC,
)
def copies_follow_up() -> None:
    """Lay the four looks side by side; what is back begins runs of its own."""
    follow_copies()
    remind_processors()
    seal_answered()
    runs = look_again()
    begin = TriggerDagRunOperator.partial(task_id="begin", skip_when_already_exists=True, max_active_tis_per_dagrun=4)
    begin.expand_kwargs(runs)


@task
def follow_copies() -> list[str]:
    """Look for every copy that a case waits for; close the cases of which nothing remains, and name them."""
    with opened() as app:
        return closed_cases(app.follow_up(datetime.now(UTC)))


@task
def remind_processors() -> list[str]:
    """Remind those whose day is near; fail where a day has passed."""
    with opened() as app:
        return reminded(app.remind_processors(datetime.now(UTC)))


@task(outlets=[ERASED])
def seal_answered(*, outlet_events: Any = None) -> list[str]:  # noqa: ANN401 -- Airflow hands it over
    """Ask the processors of verified plans again; seal what they have finished, and tell whoever derives from it."""
    with opened() as app:
        sealed = sealed_plans(app.seal_waiting(datetime.now(UTC)))
    for plan_id, datasets in sealed.items():
        announce(outlet_events, plan_id, datasets)
    return list(sealed)


@task
def look_again() -> list[dict[str, object]]:
    """Look at every completed case that is due a week and a month later; name the runs that erase what is back."""
    with opened() as app:
        plans = returned_plans(app.rescan_once(begun_at()))
    return first_runs([run_of("carry_out", f"returned-{plan}", plan_id=plan) for plan in plans])


follow_up = copies_follow_up()
