"""The weekly canary: a synthetic person goes the whole road, and its absence is looked for everywhere."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import chain, dag, task
from pools import SWEEPS
from task_errors import opened

from retention.model.canary import CanaryId

DOC = """
### Canary

Plants a synthetic person in every mapped store, erases it by the normal road and looks for it, and for
every earlier one, in all stores and restored systems: **plant → erase → check**.

* Nobody approves by hand: a standing approval covers a canary's own rows and nothing else. A plan that
  would touch any other row stops the run.
* A run that fails with RET-100 names the store where a canary survived. Erasures of people went the same
  way: treat it as an alarm.
* Only the canary's number passes through Airflow.
"""


@dag(
    schedule="41 2 * * 1",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "canary"],
    doc_md=DOC,
)
def canary() -> None:
    """Lay the road from a planted canary to its proven absence."""
    chain(erase(plant()), check())


@task
def plant() -> str:
    """Plant one; what an attempt that failed has left, `retention canary list` names and `run` erases."""
    with opened() as app:
        return str(app.plant_canary(datetime.now(UTC)).canary_id)


@task
def erase(canary_id: CanaryId) -> None:
    """Take it down the normal road and look for it."""
    with opened() as app:
        app.erase_canary(CanaryId(canary_id), datetime.now(UTC))


@task
def check() -> None:
    """Look for all of them, also in restored systems."""
    with opened() as app:
        app.check_canaries(datetime.now(UTC))


run = canary()
