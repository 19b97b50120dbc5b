"""Use cases about what a person is shown: exports, the letter with the pass phrase, and their end."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from retention.app import answers, disclosing, exporting_first
from retention.app.context import Context
from retention.model.case import Case
from retention.model.disclosure import Export
from retention.model.ids import CaseId


class Showing:
    """The part of `App` that is about what a person is shown."""

    context: Context

    def offers_export(self) -> bool:
        """See `disclosing.offers_export`."""
        return disclosing.offers_export(self.context)

    def open_export_first(self, case_id: CaseId, now: datetime) -> Case:
        """See `exporting_first.open_export_first`."""
        return exporting_first.open_export_first(self.context, case_id, now)

    def disclosures(self, case_id: CaseId | None = None) -> tuple[Export, ...]:
        """See `disclosing.exports`."""
        return disclosing.exports(self.context, case_id)

    def fetch_disclosure(self, case_id: CaseId) -> tuple[Export, bytes]:
        """See `disclosing.fetch`."""
        return disclosing.fetch(self.context, case_id)

    def write_phrase(self, case_id: CaseId, folder: Path) -> list[Path]:
        """Write the letter with the pass phrase, for screen and paper; see `disclosing.letters`."""
        return answers.write_documents(disclosing.letters(self.context, case_id), folder)

    def expire_disclosures(self, now: datetime) -> tuple[Export, ...]:
        """See `disclosing.expire`."""
        ended = disclosing.expire(self.context, now)
        self.context.log.publish()
        return ended
