"""The monthly page for the binder: the evidence log's head on paper, where nobody can change it."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from findings import write_once
from pools import SWEEPS
from task_errors import opened

DOC = """
### Evidence: the page for the binder

Writes `checkpoints/YYYY-MM.html` into the workspace: the log's newest checkpoint with its cosignatures as text and
QR code, as `retention evidence checkpoint` prints it. Print it and file it: later, nobody can make the log shorter
or other than on paper.

* A page that is there stays. A month that was missed has no page; any later page vouches for all entries before it.
"""


@dag(
    schedule="31 4 1 * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "evidence"],
    doc_md=DOC,
)
def evidence_binder() -> None:
    """Write one page."""
    write_page()


@task
def write_page() -> str:
    """Write the page of the newest checkpoint, with every cosignature that can be had; name the file."""
    now = datetime.now(UTC)
    with opened() as app:
        page = app.print_checkpoint(now)
    return write_once(f"checkpoints/{now:%Y-%m}.html", page)


binder = evidence_binder()
