"""Backup copies: which exist, until when and why, and whether one is gone."""

from __future__ import annotations

from typing import Protocol

from retention.model.copies import Copy, Registered
from retention.model.ids import CopyId


class CopyKeeper(Protocol):
    """A reader: copies expire by their own schedule.

    Every method raises TransientFailure or TerminalFailure; a list is whole or there is none.
    """

    def copies(self) -> tuple[Copy, ...]:
        """Return the copies that exist, oldest first."""
        ...

    def exists(self, copy_id: CopyId) -> bool:
        """Whether anything of the copy is still there, noncurrent versions included; looks anew."""
        ...

    def examine(self) -> Registered:
        """Return the copies, with what the store's own settings say against what was declared."""
        ...
