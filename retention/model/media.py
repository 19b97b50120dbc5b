"""A storage medium that was sanitized: what a program cannot do, and a person's record of it shows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


class Method(Enum):
    """How thoroughly (NIST SP 800-88 Rev. 1, 2.5)."""

    CLEAR = "clear"
    """Overwritten by the device's own commands; keyboard recovery fails."""
    PURGE = "purge"
    """Recovery fails in a laboratory, too: cryptographic erase, degaussing."""
    DESTROY = "destroy"
    """And the medium is of no use any more."""


@dataclass(frozen=True, slots=True)
class MediaSanitized:
    """Somebody sanitized a medium that held a case's data, and somebody else verified it (SP 800-88 Rev. 1, 4.8)."""

    medium: str
    """The inventory's code of the medium."""
    method: str
    """`clear`, `purge` or `destroy`."""
    tool: str
    """A code: with what."""
    sanitized_at: datetime
    operator_ref: str
    """HMAC of the name under the staff key."""
    verifier_ref: str
    """The same, of somebody else."""
