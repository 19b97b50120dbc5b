"""What is known of a store that was restored from a copy, and whether it may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum

from retention.model.ids import CaseId, CopyId, DatasetId, SystemId

_TAIL = "-2026-11-22"


class Verdict(Enum):
    """What the gate in front of a restored store says."""

    OPEN = "open"
    """Nobody in it must go; it may be used."""
    SHUT = "shut"
    """Somebody or something must go first, or could not be looked for."""


@dataclass(frozen=True, slots=True)
class RestoreGated:
    """A restored store was looked at for everybody who must not come back (a fact).

    Stated in the restore's case, and in the cases of the people who were found, there with their own counts.
    """

    system: SystemId
    verdict: str
    suppressions: int
    """Entries of the suppression ledger that were looked for."""
    found: int
    """People of them whom the copy had brought back and who are still there."""
    looked_in: int
    """How many datasets were looked at."""
    missing: tuple[DatasetId, ...]
    """Mapped datasets that the restored store does not have: nobody can be in them."""
    findings: tuple[str, ...]
    """Why it is shut, as codes: `people-back`, `rows-due`, `unmapped-column`, `unfinished` and so on."""


@dataclass(frozen=True, slots=True)
class Restore:
    """One restored store, from its first look to its opening; one a case."""

    case_id: CaseId
    system: SystemId
    taken_at: datetime | None
    """When the copy was taken; None: before anybody was erased, as far as we know."""
    absent: Mapping[DatasetId, frozenset[str]] = field(default_factory=dict)
    """Dataset → columns of the map that the restored store does not have; all of them: no such dataset."""


@dataclass(frozen=True, slots=True)
class RestoreLook:
    """What the gate said, and when."""

    case_id: CaseId
    system: SystemId
    looked_at: datetime
    verdict: Verdict
    found: int
    findings: tuple[str, ...]
    people_of: frozenset[CaseId]
    """The cases whose people were found."""


def part_of_copy(system: SystemId, copy_id: CopyId) -> SystemId | None:
    """Return the name of one copy's part as a system of its own: `nightly_lake-2026-11-22`; None if it has no date."""
    name = SystemId(f"{system}-{copy_id.rpartition('/')[2]}")
    return name if copy_named(name) else None


def copy_named(system: SystemId) -> tuple[SystemId, date] | None:
    """Return the system and the copy's date of such a name; None for any other."""
    head, day = system[: -len(_TAIL)], system[-len(_TAIL) + 1 :]
    if not head or system[-len(_TAIL)] != "-":
        return None
    try:
        return SystemId(head), date.fromisoformat(day)
    except ValueError:
        return None
