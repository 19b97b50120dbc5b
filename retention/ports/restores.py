"""What the ledger remembers of restored stores: what they lack, and what the gate said."""

from __future__ import annotations

from typing import Protocol

from retention.model.ids import CaseId, SystemId
from retention.model.restores import Restore, RestoreLook


class Restores(Protocol):
    """Restored stores, and the looks at them."""

    def keep(self, restore: Restore) -> None:
        """Keep what is known of a restore; a later word replaces an earlier one."""
        ...

    def get(self, case_id: CaseId) -> Restore | None:
        """Return what is known of the case's restore, if anything."""
        ...

    def add_look(self, look: RestoreLook) -> None:
        """Keep what the gate said; one a case and moment."""
        ...

    def looks(self, system: SystemId | None = None) -> tuple[RestoreLook, ...]:
        """Return what the gate said, oldest first."""
        ...
