"""What sealed plans did, told to the catalogue of data that Airflow's own OpenLineage settings name."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from retention.errors import TransientFailure

if TYPE_CHECKING:
    from openlineage.client import OpenLineageClient

    from retention.app import App


def told_lineage(app: App, now: datetime, client: OpenLineageClient | None = None) -> list[str]:
    """Tell what has not been told; name the plans. Without `client`, Airflow's own.

    Raises:
        AirflowSkipException: Airflow has no catalogue (`[openlineage] transport`).
        TransientFailure: the catalogue did not take one; those before it are told.

    """
    # Imported when a task runs: the scheduler parses DAG files all day and needs none of it.
    from connectors.openlineage import event_of  # noqa: PLC0415

    teller, plans = client or _own_client(), []
    for lineage in app.lineage_due():
        try:
            teller.emit(event_of(lineage))
        except Exception as error:  # noqa: BLE001 -- each transport has errors of its own
            raise TransientFailure(f"lineage of {lineage.plan_id} was not taken ({type(error).__name__})") from None
        app.note_lineage(lineage.plan_id, now)
        plans.append(str(lineage.plan_id))
    return plans


def _own_client() -> OpenLineageClient:
    from airflow.providers.openlineage import conf  # noqa: PLC0415 -- heavy, as above
    from airflow.providers.openlineage.plugins.adapter import OpenLineageAdapter  # noqa: PLC0415 -- same
    from airflow.sdk.exceptions import AirflowSkipException  # noqa: PLC0415 -- same

    if conf.is_disabled():
        raise AirflowSkipException("Airflow tells no catalogue: [openlineage] transport is not set")
    return OpenLineageAdapter().get_or_create_openlineage_client()
