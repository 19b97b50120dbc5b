"""From a task to the case that its run carries out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow.sdk import BaseOperatorLink

if TYPE_CHECKING:
    from airflow.sdk.types import TaskInstanceKey


class CaseLink(BaseOperatorLink):
    """A button on the tasks of our runs; on all others it leads nowhere and is not shown."""

    name = "Case"

    def get_link(self, operator: object, *, ti_key: TaskInstanceKey) -> str:
        """Return the page of the run's case; empty if the run has none. Asked in the api-server."""
        from airflow_plugin.runs import page_of_run  # noqa: PLC0415 -- Airflow's models, in the api-server only

        del operator
        return page_of_run(ti_key.dag_id, ti_key.run_id)
