"""What evidence states of a request that was carried out together with others: its own numbers, and nobody else's."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from retention.model.ids import CaseId, DatasetId, HoldId, OrderId, StepId


@dataclass(frozen=True, slots=True)
class DoneOf:
    """Rows of one step that were the person's."""

    step_id: StepId
    dataset: DatasetId
    action: str
    """`erase`, `redact`, `anonymize` or `pseudonymize`."""
    rows: int


@dataclass(frozen=True, slots=True)
class KeptOf:
    """Fields of the person's rows that stay because a law or a hold says so."""

    dataset: DatasetId
    fields: tuple[str, ...]
    rows: int
    hold_id: HoldId
    statute: str
    until: datetime | None
    """None while nobody can say."""


@dataclass(frozen=True, slots=True)
class BatchShare:
    """A request was carried out in a batch: stated when all of the batch is done, verified and answered.

    What was done to whole datasets, and who approved it, stands under the batch's own case.
    """

    plan_digest: str
    batch: CaseId
    done: tuple[DoneOf, ...]
    kept: tuple[KeptOf, ...]
    orders: tuple[OrderId, ...]
    """To processors, about this person."""
