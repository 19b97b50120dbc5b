"""The journal of one plan, as the runner reads and writes it."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from retention.model.ids import PlanId, StepId
from retention.ports.ledger import Journal, JournalEntry, Phase


class Lines:
    """Lines by step and phase. What stands is never written again."""

    def __init__(self, journal: Journal, plan_id: PlanId) -> None:
        """Read what an earlier process left."""
        self._journal = journal
        self._plan_id = plan_id
        self._known: dict[tuple[StepId, Phase], JournalEntry] = {
            (line.step_id, line.phase): line for line in journal.entries(plan_id) if line.phase is not Phase.FAILED
        }

    def find(self, step_id: StepId, phase: Phase) -> JournalEntry | None:
        """Return the line, or None."""
        return self._known.get((step_id, phase))

    def body(self, step_id: StepId, phase: Phase) -> dict[str, Any]:
        """Return what the line says; it must exist."""
        body: dict[str, Any] = json.loads(self._known[step_id, phase].body)
        return body

    def write(self, step_id: StepId, phase: Phase, at: datetime, body: dict[str, Any]) -> JournalEntry:
        """Write the line, or return the one that stands."""
        entry = JournalEntry(self._plan_id, step_id, phase, at, json.dumps(body, sort_keys=True))
        standing = self._journal.write(entry)
        if phase is not Phase.FAILED:
            self._known[step_id, phase] = standing
        return standing
