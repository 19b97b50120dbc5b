"""Exports for people, as the ledger keeps them: no personal value."""

from __future__ import annotations

from typing import Protocol

from retention.model.disclosure import Export
from retention.model.ids import CaseId
from retention.model.sharing import ExportId


class Disclosures(Protocol):
    """Which exports were made, until when they lie there, and where they are."""

    def put(self, export: Export) -> None:
        """Keep the export; replaces what stands under its number."""
        ...

    def get(self, export_id: ExportId) -> Export:
        """Return the export; raises UnknownNameError."""
        ...

    def all(self, case_id: CaseId | None = None) -> tuple[Export, ...]:
        """Return every export, or those of one case, oldest first."""
        ...
