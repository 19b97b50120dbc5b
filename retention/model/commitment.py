"""What a company's policy commits it to, row by row, and what became of it here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Enforced:
    """The program does it, or refuses what would break it; the tests show so."""

    tests: tuple[str, ...]
    """pytest node ids: `tests/unit/…py::test_…`."""


@dataclass(frozen=True, slots=True)
class Recorded:
    """A human duty: the program reminds of it and keeps the proof; the tests show so."""

    tests: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Outside:
    """Nothing that a retention and deletion program can do or prove."""

    reason: str


@dataclass(frozen=True, slots=True)
class Planned:
    """Not built yet; belongs to the issue named."""

    issue: str


CommitmentState: TypeAlias = Enforced | Recorded | Outside | Planned


@dataclass(frozen=True, slots=True)
class Commitment:
    """One row: a promise in our words, and its state."""

    row: str
    """`UMU-05`."""
    pack: str
    topic: str
    promise: str
    statute: str
    """The articles behind it, as lawyers cite them; may be empty."""
    state: CommitmentState
