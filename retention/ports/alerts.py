"""What warnings to the desk need: somebody to carry them (entry points `retention.alerters`), and a memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Protocol

from retention.model.alert import Alert, AlertId


@dataclass(frozen=True, slots=True)
class AlerterSettings:
    """One way of retention.yaml's `alerts`, secrets resolved."""

    name: str
    alerter: str
    options: Mapping[str, str] = field(repr=False)
    workspace: Path


class Alerter(Protocol):
    """Tells the desk, over one way."""

    def alert(self, alert: Alert, *, now: datetime) -> None:
        """Tell it; the same alert again has the same id, by which the receiver knows it.

        Raises:
            TransientFailure: not now; the same call may succeed later.
            TerminalFailure: running again will not help before somebody changes something.

        """
        ...


class ConnectAlerter(Protocol):
    """What an entry point names."""

    def __call__(self, settings: AlerterSettings) -> Alerter:
        """Return the alerter; nothing is reached yet. Raises SettingsError with every problem."""
        ...


class Deliveries(Protocol):
    """What was told to whom: once each, whoever raised it."""

    def told(self, messages: Collection[str]) -> frozenset[tuple[str, str]]:
        """Return (message, way) of those among them that were told."""
        ...

    def note(self, message: AlertId | str, way: str, at: datetime) -> None:
        """Keep that it was told; what is known stays as it is."""
        ...


class HasDeliveries(Protocol):
    """The part of the ledger about what was told."""

    @property
    def deliveries(self) -> Deliveries:
        """What was told."""
        ...
