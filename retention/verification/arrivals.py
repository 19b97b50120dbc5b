"""Rows that a step takes from one place to another, computed from the place that they leave.

Suspended rows are moved, listed by their keys, or no longer seen in a view. What arrives elsewhere is what the step
selects here, as the steps before it left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import pyarrow as pa

from retention.model.datamap import Dataset
from retention.model.ids import StepId
from retention.model.plan import ExactStep, LiftRows, SuspensionStep
from retention.model.suspension import Flag
from retention.ports.inspector import Inspector
from retention.verification.effects import Expectation, flagged
from retention.verification.selector import Selector


@dataclass(frozen=True, slots=True)
class Arriving:
    """Rows on their way from a dataset."""

    source: Dataset
    before: Sequence[ExactStep]
    """The source's steps before this one."""
    step: SuspensionStep
    """What takes the rows elsewhere."""
    rare: Mapping[StepId, frozenset[str]]
    """For each anonymizing step before it, the classes whose rows are erased."""
    inspector: Inspector
    """Of the source's store."""
    columns: tuple[str, ...] = ()
    """What arrives of a row; all of it if empty."""

    def batches(self, selector: Selector) -> Iterator[pa.RecordBatch]:
        """Yield what arrives, batch by batch; raises as `baseline.measure` does."""
        expectation = Expectation(self.before, selector, self.rare)
        means = self.step.how.means
        for batch in self.inspector.scan(self.source):
            rows = expectation.effect(batch).rows
            mask = selector.mask(self.step.where, rows)
            if isinstance(means, Flag):
                rows = flagged(rows, means, mask, lift=isinstance(self.step, LiftRows))
            chosen = rows.filter(mask)
            yield chosen.select(list(self.columns)) if self.columns else chosen
