"""What an approver answered where he was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Heard:
    """What somebody answered, whom the place that asked has made sure of."""

    digest: str
    """Of the plan that he saw."""
    by: str
    """His name; kept as a keyed reference."""
    approved: bool
    reason: str
    """Why he refuses: a code of `approval_facts.REJECTIONS`; anything else counts as `other`."""
    at: datetime
    """When he answered: the same answer, told again, is the same."""
