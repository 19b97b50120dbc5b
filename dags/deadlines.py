"""A law's dates as Airflow's deadlines: the second road on which the desk is told, beside the hourly look.

`CASE_DEADLINES` belong to a DAG whose form asks for a case's number. When a run of it is made, each deadline asks the
ledger for its date; when that has passed and the run has not ended, the triggerer calls `tell_date`, which asks the
ledger again, tells the desk what is due by then, and nothing that it was told before. If the ledger cannot be asked,
it is told all the same, under the same id. The class is known to Airflow by the plugin `Deadlines`, an entry point.
"""

from __future__ import annotations

import asyncio
import logging
import os
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.plugins_manager import AirflowPlugin
from airflow.sdk import AsyncCallback, DeadlineAlert
from airflow.sdk.definitions.deadline import BaseDeadlineReference, deadline_reference

from retention.model.alert import Alert
from retention.model.ids import CaseId
from retention.model.request_moves import Warned

_LOG = logging.getLogger(__name__)
_WORKSPACE = "RETENTION_WORKSPACE"
PAUSES_SECONDS = (5.0, 30.0, 120.0)
"""Between attempts to tell; after the last, the hourly look goes on trying."""
ANSWER = ("answer-soon", "answer-now", "answer-late")
ACKNOWLEDGE = ("acknowledge-soon", "acknowledge-late")
REGIMES = ("policy", "jp.appi", "eu.gdpr", "us.ccpa")
WARNINGS = (
    *((regime, warned) for regime in REGIMES for warned in ANSWER),
    *(("us.ccpa", warned) for warned in ACKNOWLEDGE),
)
"""Every law's clock that there is, and what is told about it."""


@deadline_reference
@dataclass
class RequestDate(BaseDeadlineReference):
    """When the desk is to be told this about the request of the run; no deadline where that is never."""

    regime: str = "policy"
    warned: str = "answer-late"

    required_kwargs = frozenset({"dag_id", "run_id"})

    def serialize_reference(self) -> dict[str, Any]:
        """Say how the scheduler makes it again."""
        return {"reference_type": self.reference_name, "regime": self.regime, "warned": self.warned}

    @classmethod
    def deserialize_reference(cls, reference_data: dict[str, Any]) -> RequestDate:
        """Make it again."""
        return cls(reference_data["regime"], reference_data["warned"])

    def _evaluate_with(self, *, session: Any, dag_id: str, run_id: str) -> datetime | None:  # noqa: ANN401 -- Airflow's
        """Ask the ledger; one that cannot be asked must not keep the run from being made: the hourly look warns."""
        # Imported where a run is made: the DAG processor parses files all day and needs none of it.
        from airflow.models import DagRun  # noqa: PLC0415
        from sqlalchemy import select  # noqa: PLC0415

        conf = session.scalar(select(DagRun.conf).where(DagRun.dag_id == dag_id, DagRun.run_id == run_id)) or {}
        try:
            return _date_of(str(conf.get("case_id", "")), self.regime, self.warned, run_id)
        except Exception as error:  # noqa: BLE001 -- whatever it is, a person's request goes on
            _LOG.warning("no deadline %s of %s: %s", self.warned, self.regime, type(error).__name__)
            return None


def _date_of(case_id: str, regime: str, warned: str, run_id: str) -> datetime | None:
    from retention.wiring import date_of  # noqa: PLC0415 -- where a run is made

    return date_of(Path(os.environ[_WORKSPACE]), CaseId(case_id), regime, Warned(warned), run_id) if case_id else None


async def tell_date(regime: str, warned: str, context: dict[str, Any]) -> str:
    """Tell the desk; called by the triggerer when the date has passed. Returns by which road.

    Raises:
        RetentionError: it could not be told on every way, after some attempts.

    """
    case_id = str((context["dag_run"].get("conf") or {}).get("case_id", ""))
    at = context["deadline"]["deadline_time"]
    from_day = at if isinstance(at, datetime) else datetime.fromisoformat(str(at))
    for pause in (*PAUSES_SECONDS, None):
        try:
            return await asyncio.to_thread(_tell, case_id, regime, warned, from_day)
        except Exception as error:
            if pause is None:
                raise
            _LOG.warning("the desk could not be told of %s: %s", case_id, type(error).__name__)
            await asyncio.sleep(pause)
    raise AssertionError


def _tell(case_id: str, regime: str, warned: str, at: datetime) -> str:
    # Imported in the triggerer alone, when a date has passed.
    from retention.wiring import open_app, read_workspace, tell_directly  # noqa: PLC0415

    now, folder = datetime.now(UTC), Path(os.environ[_WORKSPACE])
    try:
        app = open_app(folder)
    except Exception as error:  # noqa: BLE001 -- whatever is wrong with the ledger, the desk is told
        _LOG.warning("the ledger was not asked about %s: %s", case_id, type(error).__name__)
        day = at.astimezone(ZoneInfo(read_workspace(folder).policy.timezone)).date()
        failed = tell_directly(folder, Alert(CaseId(case_id), regime, Warned(warned), day), now)
        road = "directly"
    else:
        with app:
            failed = app.alert_of(CaseId(case_id), now).failed
        road = "ledger"
    for failure in failed.values():
        raise failure
    return road


class Deadlines(AirflowPlugin):
    """Makes the class known to the scheduler and to the API server."""

    name = "retention_deadlines"
    deadline_references = [RequestDate]  # noqa: RUF012 -- Airflow's plugins are classes of lists


CASE_DEADLINES = [
    DeadlineAlert(
        name=f"{regime} {warned}",
        reference=RequestDate(regime, warned),
        interval=timedelta(),
        callback=AsyncCallback(tell_date, {"regime": regime, "warned": warned}),
    )
    for regime, warned in WARNINGS
]
