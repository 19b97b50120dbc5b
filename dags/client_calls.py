"""Clients whose processor we are learn what became of their requests."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from clients_told import told_clients
from pools import REQUESTS
from task_errors import opened

DOC = """
### Calls to clients

Calls the addresses that clients gave with their OpenDSR requests, signed, when something has changed; as `retention
opendsr call` does. A workspace without `opendsr.yaml` has no clients, and the run is skipped.

* What was not taken is tried again by a later run, after a minute, two, four, up to six hours.
* Only counts pass through Airflow.
"""


@dag(
    schedule="*/15 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=REQUESTS,
    tags=["retention", "clients"],
    doc_md=DOC,
)
def client_calls() -> None:
    """Call whoever has not been told yet."""
    call()


@task
def call() -> int:
    """Tell clients how far their requests are; say how many calls were taken."""
    with opened() as app:
        return told_clients(app, datetime.now(UTC))


calls = client_calls()
