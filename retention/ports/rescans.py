"""What the ledger knows of looking again: when, what was seen, and who offered erased people again."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from retention.model.ids import CaseId
from retention.model.rescan import Offered, Round, Sighting


class Rescans(Protocol):
    """Rounds of re-scans; one a case, name and due date."""

    def schedule(self, rounds: Iterable[Round]) -> None:
        """Keep rounds that are to come; all or none, and one that is known stays."""
        ...

    def due(self, now: datetime) -> tuple[Round, ...]:
        """Return the rounds that are due and that nobody has looked at, earliest first."""
        ...

    def of_case(self, case_id: CaseId) -> tuple[Round, ...]:
        """Return the case's rounds, earliest first."""
        ...

    def settled_by(self, return_case: CaseId) -> tuple[Round, ...]:
        """Return the rounds whose finding that case erases."""
        ...

    def write(self, looked: Round) -> None:
        """Keep what a round saw, or that it is about to open a return case; a new round is added."""
        ...


class Sightings(Protocol):
    """Erased people who were offered again: by digest, counted."""

    def note(self, sightings: Iterable[Sighting]) -> None:
        """Count sightings that differ only in when as one; all or none."""
        ...

    def of_keys(self, keys: Iterable[tuple[str, str]]) -> tuple[Offered, ...]:
        """Return what is known of these keys (name, digest under the suppression key), latest first."""
        ...

    def forget(self) -> int:
        """Remove those of whom no suppression is left; return how many."""
        ...


class Returns(Protocol):
    """The parts of the ledger about data that comes back."""

    @property
    def rescans(self) -> Rescans:
        """Rounds."""
        ...

    @property
    def sightings(self) -> Sightings:
        """Who was offered again."""
        ...
