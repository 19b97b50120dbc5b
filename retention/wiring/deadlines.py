"""Dates of requests for Airflow's deadlines: asked without opening the workspace, told even without the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from retention.app.alerting import carry
from retention.errors import SystemFailure
from retention.model.alert import Alert
from retention.model.ids import CaseId
from retention.model.request_moves import Warned
from retention.requests import fold
from retention.requests.clocks import warnings_ahead
from retention.requests.workdays import calendar_of
from retention.store import open_ledger
from retention.wiring.alerts import connect_alerters
from retention.wiring.opening import ledger_url, read_text
from retention.wiring.quiet import keep_data_out_of_logs
from retention.wiring.settings import read_settings
from retention.wiring.subject_keys import open_ledger_keys

Asked = tuple[str, Warned]
"""The law, or `policy`, and what is told about its date."""


def date_of(folder: Path, case_id: CaseId, regime: str, warned: Warned, asked_for: str) -> datetime | None:
    """Return when the desk is to be told this of a request, as its dates stand now; None: never.

    `asked_for` names the run that asks: whatever one run asks of one request is read once.

    Raises:
        SettingsError: retention.yaml is wrong.
        TransientFailure: the ledger cannot be reached.

    """
    return _dates(folder, case_id, asked_for).get((regime, warned))


@lru_cache(maxsize=8)
def _dates(folder: Path, case_id: CaseId, _asked_for: str) -> Mapping[Asked, datetime]:
    keep_data_out_of_logs()
    settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    ledger = open_ledger(ledger_url(settings), open_ledger_keys(settings.keys, settings.key_holder))
    try:
        moves = ledger.requests.moves(case_id)
    finally:
        ledger.close()
    if not moves:
        return {}
    request = fold(case_id, moves)
    zone, works = ZoneInfo(request.zone), calendar_of(request.zone)
    return {(told.regime, told.warned): _start_of(day, zone) for told, day in warnings_ahead(request, works)}


def tell_directly(folder: Path, alert: Alert, now: datetime) -> Mapping[str, SystemFailure]:
    """Tell the desk although the ledger cannot be asked, under the id that the ledger's road would use.

    Nothing is recorded: once the ledger answers again it may be told once more, and the receiver knows it by its id.
    Returns what failed, by way.

    Raises:
        SettingsError: retention.yaml is wrong.

    """
    keep_data_out_of_logs()
    settings = read_settings(read_text(folder / "retention.yaml"), "retention.yaml", folder)
    return carry(connect_alerters(settings.alerts), alert, now)


def _start_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)
