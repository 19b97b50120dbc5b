"""The figures of the whole, every five minutes, through Airflow's own metrics (OpenTelemetry, statsd)."""

from __future__ import annotations

from datetime import UTC, datetime

import pendulum
from airflow.sdk import dag, task
from airflow.sdk.observability import stats
from pools import SWEEPS
from task_errors import opened

DOC = """
### Metrics

Counts what stands in the ledger and hands it to Airflow's metrics: cases by state, what is late, failed or withheld,
copies and orders outstanding, entries not published, letters and events that wait, dead letters, canaries.

* They go where Airflow's own go (`[metrics] otel_on` or `statsd_on`); if neither is on, they go nowhere.
* Names, units and alarms: docs/metrics.md. Labels are kinds and states: no case, and nobody, can be told from them.
"""


@dag(
    schedule="*/5 * * * *",
    start_date=pendulum.datetime(2026, 1, 1, tz="Asia/Tokyo"),
    catchup=False,
    max_active_runs=1,
    default_args=SWEEPS,
    tags=["retention", "operations"],
    doc_md=DOC,
)
def metrics() -> None:
    """Count, and hand it on."""
    emit()


@task
def emit() -> int:
    """Hand every figure to Airflow; say how many there were."""
    with opened() as app:
        found = app.figures(datetime.now(UTC))
    for figure in found:
        stats.gauge(figure.measure.value, figure.value, tags=dict(figure.labels))
    return len(found)


run = metrics()
