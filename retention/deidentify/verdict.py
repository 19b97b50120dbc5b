"""What an output may be called: the answer of tests on the output itself, never of an intention.

    Anonymous      all five criteria of Enforcement Rules 34, and the k, l and t that were asked
    Pseudonymous   all three criteria of Enforcement Rules 31
    Masked         neither; it stays what it was: personal data
    Refused        must not go out under the name it was made for

`criteria.py` makes the tests.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias

from retention.deidentify.measures import Measures


class Criterion(Enum):
    """Which test an output fails; the value is the law's place, or the measure's name."""

    IDENTIFYING = "appi.rules.31-1.34-1"
    """Something that tells by itself who it is."""
    CODE = "appi.rules.31-2.34-2"
    """An individual identification code."""
    DAMAGE = "appi.rules.31-3"
    """Something whose misuse could cost the person money."""
    LINK = "appi.rules.34-3"
    """A code that ties the row to other records in use."""
    PECULIAR = "appi.rules.34-4"
    """A value so rare that it tells who it is (特異な記述)."""
    DATABASE = "appi.rules.34-5"
    """What the row's difference from the others of the database tells: k, trajectories, linkage."""
    RESTORABLE = "appi.2-5"
    """A replacement with a regularity that restores: an unkeyed hash."""
    K = "k"
    L = "l"
    T = "t"
    NOT_ASKED = "demands"
    """An anonymous output without a k that was asked for."""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a test failed: where and how often; never a value."""

    criterion: Criterion
    found: str
    column: str | None = None
    count: int = 0

    def __str__(self) -> str:
        """Return the reason as one line of text."""
        where = f"{self.column}: " if self.column else ""
        return f"{where}{self.found} ({self.criterion.value})"


@dataclass(frozen=True, slots=True)
class Anonymous:
    """Meets Rules 34 and the demands."""

    measures: Measures
    label = "anonymous"


@dataclass(frozen=True, slots=True)
class Pseudonymous:
    """Meets Rules 31."""

    measures: Measures
    label = "pseudonymous"


@dataclass(frozen=True, slots=True)
class Masked:
    """Personal data; the reasons say why it is no more than that."""

    reasons: tuple[Reason, ...]
    label = "masked"


@dataclass(frozen=True, slots=True)
class Refused:
    """Not what it was to be; the table is withheld."""

    reasons: tuple[Reason, ...]
    label = "refused"


Verdict: TypeAlias = Anonymous | Pseudonymous | Masked | Refused
