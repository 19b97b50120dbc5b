"""What became of a step, as types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Residue:
    """Something of the erased that is still physically there for a while."""

    what: str
    """A code: `write-ahead-log`, `locked-version`."""
    until: datetime


@dataclass(frozen=True, slots=True)
class Effect:
    """What a connector did in one call; zeros on a repeat, since nothing was left to do."""

    rows: int
    """Rows erased, redacted or anonymized in this call."""
    rows_suppressed: int = 0
    """Of them, rows erased because too few others were like them (anonymize only)."""
    objects_rewritten: int = 0
    versions_removed: int = 0
    markers_removed: int = 0
    residues: tuple[Residue, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The step's effect is complete."""

    effect: Effect


@dataclass(frozen=True, slots=True)
class Pending:
    """It was set going and finishes elsewhere: a processor's answer, a copy's expiry."""

    waiting_for: str
    until: datetime | None
    """None while nobody can say."""


@dataclass(frozen=True, slots=True)
class Withheld:
    """It must not be done now; the reason is a code."""

    reason: str
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Failed:
    """It could not be done; transient failures are retried by running again."""

    code: str
    """The error's stable code."""
    transient: bool


Outcome: TypeAlias = Done | Pending | Withheld | Failed
