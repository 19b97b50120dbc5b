"""Warnings reach the desk: each once a way, whichever of the two roads raised it.

The hourly look at the dates and Airflow's own deadlines both end here. What is to be told stands in the requests'
moves; what was told stands in the ledger under the message's own id. A process that dies between telling and noting
tells it again, under the same id.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.leases import leased
from retention.app.lives import life_of, open_lives
from retention.app.warning import warn
from retention.errors import SystemFailure
from retention.model.alert import Alert
from retention.model.ids import CaseId
from retention.model.request import Request
from retention.ports.alerts import Alerter
from retention.requests.clocks import told_from
from retention.requests.workdays import calendar_of


@dataclass(frozen=True, slots=True)
class Alerted:
    """What one round of telling did."""

    told: tuple[Alert, ...]
    """At least one way."""
    failed: Mapping[str, SystemFailure]
    """Way → why something could not be told over it; it is told by a later round."""


def alert_all(context: Context, now: datetime) -> Alerted:
    """Tell the desk, over every way, what it was warned of and has not been told there.

    Raises:
        TransientFailure: another process is telling.

    """
    return _tell(context, tuple(alert for request in open_lives(context) for alert in _of(context, request)), now)


def alert_of(context: Context, case_id: CaseId, now: datetime) -> Alerted:
    """Record what the desk is to be told of one request now, and tell it.

    Raises:
        UnknownNameError, StateError: see `lives.life_of`.
        TransientFailure: another process is telling.

    """
    warn(context, case_id, now)
    return _tell(context, tuple(_of(context, life_of(context, case_id))), now)


def carry(alerters: Mapping[str, Alerter], alert: Alert, now: datetime) -> dict[str, SystemFailure]:
    """Tell one thing over every way, whatever the others do; return what failed, by way."""
    failed: dict[str, SystemFailure] = {}
    for way, alerter in alerters.items():
        try:
            alerter.alert(alert, now=now)
        except SystemFailure as failure:
            failed[way] = failure
    return failed


def _of(context: Context, request: Request) -> Iterator[Alert]:
    works = calendar_of(context.policy.timezone)
    for told in sorted(request.warned, key=lambda each: (each.day, each.regime, each.warned.value)):
        yield Alert(request.case_id, told.regime, told.warned, told_from(told.warned, told.day, works))


def _tell(context: Context, alerts: tuple[Alert, ...], now: datetime) -> Alerted:
    if not (alerts and context.alerters):
        return Alerted((), {})
    failed: dict[str, SystemFailure] = {}
    told: dict[Alert, None] = {}
    with leased(context, "alerts", now, "another process is telling the desk"):
        known = context.ledger.deliveries.told([alert.alert_id for alert in alerts])
        for alert in alerts:
            ways = {w: each for w, each in context.alerters.items() if (alert.alert_id, w) not in known}
            missed = carry(ways, alert, now)
            for way in ways.keys() - missed.keys():
                context.ledger.deliveries.note(alert.alert_id, way, now)
                told[alert] = None
            failed |= missed
    return Alerted(tuple(told), failed)
