"""What the desk is told about a date, wherever it is told: ids, codes and days, nothing about a person."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date
from typing import NewType

from retention.model.ids import CaseId
from retention.model.request_moves import Warned

AlertId = NewType("AlertId", str)
"""As receivers know it: the same thing has the same id, whoever raises it."""


@dataclass(frozen=True, slots=True)
class Alert:
    """One warning about one date of one request."""

    case_id: CaseId
    regime: str
    """The law, or `policy`."""
    warned: Warned
    told_from: date
    """The day from which on it is told, in the request's zone."""

    @property
    def alert_id(self) -> AlertId:
        """Return its id: 32 hex digits of SHA-256 over what it says, so that two roads to it raise one."""
        said = f"{self.case_id}/{self.regime}/{self.warned.value}/{self.told_from.isoformat()}"
        return AlertId(f"msg_{hashlib.sha256(said.encode()).hexdigest()[:32]}")
