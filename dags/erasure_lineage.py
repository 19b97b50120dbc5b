"""Erasures in the catalogue of data: which columns changed, in how many rows, under which plan."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from lineage_told import told_lineage
from pools import SWEEPS
from task_errors import opened

DOC = """
### Lineage

Tells the catalogue that Airflow's OpenLineage settings name what every sealed plan did: an event a plan, with the
columns that were erased, redacted, anonymized or pseudonymized, the number of rows, the plan's number and digest.

* Airflow has no catalogue: the run is skipped, and everything is told once there is one.
* The ledger knows what was told. A catalogue that is away is tried again; the event sent again is the same run.
* Nothing about a person goes out: names of columns, counts, numbers of plans (schema in docs/lineage).
"""


@dag(
    schedule="13 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "lineage"],
    doc_md=DOC,
)
def erasure_lineage() -> None:
    """Tell what is new."""
    tell()


@task
def tell() -> list[str]:
    """Tell the catalogue what it has not been told; name the plans."""
    with opened() as app:
        return told_lineage(app, datetime.now(UTC))


lineage = erasure_lineage()
