"""The hourly seal on the evidence log: published, time-stamped, cosigned."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import chain, dag, task
from findings import refuse_unwitnessed
from pools import SWEEPS
from task_errors import opened

DOC = """
### Evidence: the seal

**publish → cosign.** Every case publishes when it is sealed; this run publishes what nobody has, and shows the
newest checkpoint to the time-stamping authority and to the witnesses of `retention.yaml`. No entry can be
back-dated by more than the time between two runs.

* Too few witnesses is retried; one that has seen another history of this log fails the run at once (RET-100): an
  alarm.
* A log without witnesses is published all the same. A missed hour is made up for by the next.
* Only sizes pass through Airflow.
"""


@dag(
    schedule="23 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "evidence"],
    doc_md=DOC,
)
def evidence_seal() -> None:
    """Lay the road from new entries to a checkpoint that others have signed."""
    chain(publish(), cosign())


@task
def publish() -> int:
    """Publish what is new; say how long the log is."""
    with opened() as app:
        return app.publish(datetime.now(UTC)).size


@task
def cosign() -> int:
    """Have the newest checkpoint time-stamped and cosigned; say how many witnesses stand behind it."""
    with opened() as app:
        return refuse_unwitnessed(app.ask_witnesses(datetime.now(UTC)))


seal = evidence_seal()
