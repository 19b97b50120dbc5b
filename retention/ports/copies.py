"""What is remembered of copies beside their horizons: what was seen since, holds on them, the four tests."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from retention.model.copies import CopyHold, Horizon, UseTests
from retention.model.ids import SystemId


class CopyNotes(Protocol):
    """Follow-up of copies; implemented beside `ports.ledger.Copies`."""

    def revise_horizon(self, horizon: Horizon) -> None:
        """Replace what is known of a horizon by what was seen; raises UnknownNameError."""
        ...

    def hold_copy(self, hold: CopyHold) -> None:
        """Tie a placed hold to a copy; once each."""
        ...

    def copy_holds(self) -> tuple[CopyHold, ...]:
        """Return the holds on copies that have not been released, oldest first."""
        ...

    def attest(self, tests: UseTests) -> None:
        """Keep someone's answers; earlier ones stay."""
        ...

    def use_tests(self) -> Mapping[SystemId, UseTests]:
        """Return the newest answers for each system that has any."""
        ...
