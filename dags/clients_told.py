"""Calls to clients whose processor we are, where there are any."""

from __future__ import annotations

import logging
import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk.exceptions import AirflowSkipException
from task_errors import WORKSPACE

if TYPE_CHECKING:
    from retention.app import App

_LOG = logging.getLogger(__name__)


def told_clients(app: App, now: datetime) -> int:
    """Tell clients what they have not been told; return how many calls were taken.

    Raises:
        AirflowSkipException: the workspace has no clients.

    """
    # Imported when a task runs: the scheduler parses DAG files all day and needs none of it.
    from retention.opendsr import Office, call_clients, read_seal  # noqa: PLC0415
    from retention.wiring import read_clients, read_workspace  # noqa: PLC0415

    folder = Path(os.environ[WORKSPACE])
    if not (folder / "opendsr.yaml").exists():
        raise AirflowSkipException("nobody's processor: there is no opendsr.yaml")
    desk = read_clients(folder, read_workspace(folder).datamap)
    office = Office(desk.address, read_seal(desk.domain, desk.key, desk.certificate, now), desk.clients)
    taken, missed = call_clients(app, office, now)
    if missed:
        _LOG.warning("%d calls were not taken; each is tried again when its time comes", missed)
    return taken
