"""Backup copies: which exist, until when, and whether one is gone."""

from __future__ import annotations

from typing import Protocol

from retention.model.copies import Copy
from retention.model.ids import CopyId


class CopyKeeper(Protocol):
    """A reader: copies expire by their own schedule.

    Every method raises TransientFailure or TerminalFailure.
    """

    def copies(self) -> tuple[Copy, ...]:
        """Return the copies that exist, oldest first."""
        ...

    def exists(self, copy_id: CopyId) -> bool:
        """Whether anything of the copy is still there, noncurrent versions included."""
        ...
