"""The daily checks of what must hold all the time: the data map, contracts with processors, the evidence log."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from findings import refuse_drift, refuse_lapses
from pools import SWEEPS
from task_errors import opened

DOC = """
### Checks

* **The data map**: a table, column or shape of files that nobody has mapped fails the run, and blocks every case
  until it is mapped.
* **Contracts**: a processor without a contract, or whose supervision is overdue (APPI 25, GDPR 28).
* **The evidence log**: every published hash once more, and the ledger's entries against it.

Nothing is changed. A failed task is a finding (RET-100), not a fault: fix what it names. A missed day is one look
less.
"""


@dag(
    schedule="53 4 * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "checks"],
    doc_md=DOC,
)
def standing_checks() -> None:
    """Lay the checks side by side."""
    check_map()
    check_contracts()
    audit_log()


@task
def check_map() -> None:
    """Compare the live systems with the data map."""
    with opened() as app:
        refuse_drift(app.check_datamap())


@task
def check_contracts() -> None:
    """Look at contracts with processors and at their supervision."""
    with opened() as app:
        refuse_lapses(app.check_processors(datetime.now(UTC), only=None, call=False))


@task
def audit_log() -> int:
    """Hash the published log again, and the ledger's entries; say how many there are."""
    with opened() as app:
        return app.audit_log().size


checks = standing_checks()
