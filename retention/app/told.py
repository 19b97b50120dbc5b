"""Statements of the evidence log, read back."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from retention.errors import FoundError
from retention.evidence.index import predicate
from retention.model.sharing import is_set
from retention.ports.ledger import LogEntry

_DONE = {"erase": "erased", "redact": "redacted"}


@dataclass(frozen=True, slots=True)
class Told:
    """One statement of the log."""

    kind: str
    at: datetime
    case_id: str
    body: dict[str, Any]

    @property
    def disposed(self) -> str | None:
        """What was done to a dataset's rows; None if the statement says nothing of the kind."""
        match self.kind:
            case "deletion":
                return _DONE[self.body["action"]]
            case "anonymize" | "pseudonymize" if not is_set(self.body["dataset"]):
                return "deidentified"
            case _:
                return None


def told(entry: LogEntry) -> Told:
    """Read one entry.

    Raises:
        FoundError: it is none of our statements.

    """
    try:
        body: dict[str, Any] = predicate(entry.envelope)
        return Told(body["kind"], datetime.fromisoformat(body["at"]), str(body["caseId"]), body)
    except (ValueError, KeyError, TypeError) as error:
        raise FoundError(f"evidence log: entry {entry.index} is not one of our statements") from error
