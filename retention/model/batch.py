"""A batch: requests of many people that go the road together, as one case with one plan.

Everything that one request is told of later (certificate, evidence) is its share: numbers, no value and no key.
"""

from __future__ import annotations

from dataclasses import dataclass

from retention.model.case import CaseState
from retention.model.ids import DatasetId, StepId, SystemId
from retention.model.plan import Withholding

UNDER_WAY = frozenset(
    {
        CaseState.PLANNED,
        CaseState.APPROVED,
        CaseState.APPLYING,
        CaseState.PARTIAL,
        CaseState.APPLIED,
        CaseState.VERIFIED,
    }
)
"""While its batch is there, a request goes with it and is not planned alone."""


@dataclass(frozen=True, slots=True)
class PartDone:
    """How many of the rows of one step are one person's; a row of two people counts for both."""

    step_id: StepId
    dataset: DatasetId
    action: str
    """`erase`, `redact`, `anonymize` or `pseudonymize`."""
    rows: int


@dataclass(frozen=True, slots=True)
class Share:
    """What a batch does for one request."""

    done: tuple[PartDone, ...]
    """In the plan's order; steps that touch no row of the person do not appear."""
    told: tuple[StepId, ...]
    """The orders to processors that are about the person."""
    kept: tuple[Withholding, ...]
    """Rows of the person that stay, and why."""
    untold: tuple[SystemId, ...] = ()
    """Processors that are not told of the person."""
    shared: int = 0
    """In how many sets that joint users were given the person is erased as well."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing of the person anywhere."""
        return not (self.done or self.told or self.kept or self.untold or self.shared)
