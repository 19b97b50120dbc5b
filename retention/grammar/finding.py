"""What a review of a readable file finds: not unreadable, but someone should look."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Severity(Enum):
    """What a finding means for the command that prints it."""

    WARNING = "warning"
    """Someone should look; the file can be used as it is."""
    ERROR = "error"
    """The file contradicts itself, or a part of it can never take effect."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to look at."""

    code: str
    """A stable code: `NEEDS_LEGAL_REVIEW`."""
    where: str
    """Rule, category, dataset or column; never a personal value."""
    text: str
    """What the file says."""
    severity: Severity = Severity.WARNING
    articles: tuple[str, ...] = ()
    """Codes of the statutes it is measured by: `jp.appi.38-1`."""
    law: str = ""
    """What they say, with their citation."""
    instead: str = ""
    """What is done instead."""

    def __str__(self) -> str:
        """Return the finding as one line of text."""
        law = f"; {self.law}" if self.law else ""
        instead = f"; {self.instead}" if self.instead else ""
        return f"{self.code} {self.where}: {self.text}{law}{instead}"
