"""`alerts` of retention.yaml → who tells the desk of dates; alerters are found by entry point `retention.alerters`.

alerts:
  desk: {alerter: webhook, url: env:DESK_WEBHOOK, secret: env:DESK_SECRET}
  mail: {alerter: smtp, server: "smtp.example:587", from: privacy@shop.example, to: desk@shop.example}
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from retention.errors import SettingsError
from retention.grammar import Cell
from retention.ports.alerts import Alerter, AlerterSettings, ConnectAlerter
from retention.wiring.brought import brought
from retention.wiring.secrets import resolve

_GROUP = "retention.alerters"


def read_alerts(cell: Cell, folder: Path) -> Mapping[str, AlerterSettings]:
    """Read the section; a file without it tells the desk by the task's log alone."""
    if cell.is_missing:
        return {}
    return {name: _way(name, each, folder) for name, each in cell.entries("ways by name").items()}


def connect_alerters(settings: Mapping[str, AlerterSettings]) -> dict[str, Alerter]:
    """Connect every way; nothing is reached yet.

    Raises:
        SettingsError: there is no such alerter, a secret is missing, or options are wrong.

    """
    return {name: _connect(each) for name, each in settings.items()}


def _way(name: str, cell: Cell, folder: Path) -> AlerterSettings:
    entries = dict(cell.entries("an alerter and its options"))
    if "alerter" not in entries:
        cell.complain("the key `alerter`", "no such key")
    alerter = entries.pop("alerter").text("an alerter's name") if "alerter" in entries else ""
    options = {key: value.text("text, or a reference env:NAME or file:PATH") for key, value in entries.items()}
    return AlerterSettings(name, alerter, options, folder)


def _connect(settings: AlerterSettings) -> Alerter:
    points = brought(_GROUP)
    if settings.alerter not in points:
        raise SettingsError(
            f"alerts.{settings.name}: there is no alerter `{settings.alerter[:40]}`",
            hint=f"there are {', '.join(sorted(points)) or 'none'}",
        )
    connect: ConnectAlerter = points[settings.alerter].load()
    options = {
        key: resolve(value, settings.workspace, f"alerts.{settings.name}.{key}")
        for key, value in settings.options.items()
    }
    return connect(AlerterSettings(settings.name, settings.alerter, options, settings.workspace))
