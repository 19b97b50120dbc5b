"""The pages, with Airflow's login before them and the workspace behind."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from fastapi import FastAPI

from airflow_plugin.runs import runs_of_plans
from airflow_plugin.visiting import AirflowVisitor, sign_in, visitor
from retention.app import App
from retention.errors import SettingsError
from retention.model.ids import CaseId, PlanId
from retention.pages.application import House, Visitor, make_pages
from retention.pages.case import RunLink
from retention.wiring import open_app

WORKSPACE = "RETENTION_WORKSPACE"
"""The environment variable that names the folder with retention.yaml: for the api-server as for the workers."""


def pages() -> FastAPI:
    """Return the application to be mounted; the workspace is opened at each call."""
    return make_pages(House(_opened, lambda: datetime.now(UTC), visitor, _runs_of, sign_in))


def _opened() -> App:
    folder = os.environ.get(WORKSPACE)
    if not folder:
        raise SettingsError(
            f"environment variable {WORKSPACE}: expected the workspace's folder, found nothing",
            hint="set it for the api-server too",
        )
    return open_app(Path(folder))


def _runs_of(who: Visitor, _: CaseId, plans: Sequence[PlanId]) -> Sequence[RunLink]:
    """Return the case's runs in DAGs whose runs the visitor may read."""
    if not isinstance(who, AirflowVisitor):
        return ()
    return [run for dag_id, run in runs_of_plans(plans) if who.may_see(dag_id)]
