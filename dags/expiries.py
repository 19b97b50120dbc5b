"""What ends by its date: openings, receipts and remainders of evidence, key-encryption keys."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from findings import ended
from pools import SWEEPS
from task_errors import opened

DOC = """
### What ends by its date

* **Evidence's own retention**: the key of an epoch, receipts, and the remainders of rejected cases go when their
  promised time is over (`openings_for`, `receipts_for`, `remainders_for`). Each destroyed key is stated in the log.
* **Key-encryption keys** of people's keys (`subject_keys`) are rotated when due; old copies die with the old key.
* Nothing goes before its day, whatever day a backfilled run is for. A day that was missed is made up for by the
  next.
"""


@dag(
    schedule="11 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "evidence"],
    doc_md=DOC,
)
def expiries() -> None:
    """Lay the two side by side."""
    let_go()
    rotate_keys()


@task
def let_go() -> list[str]:
    """Destroy epochs, receipts and remainders whose time is over; name the epochs."""
    with opened() as app:
        return list(app.expire_evidence(datetime.now(UTC)).epochs)


@task
def rotate_keys() -> int:
    """Make new key-encryption keys where the time has come, destroy the old; say how many ended."""
    with opened() as app:
        return ended(app.rotate_due_keys(datetime.now(UTC)))


ends = expiries()
