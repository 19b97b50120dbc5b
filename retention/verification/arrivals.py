"""Rows that a step takes from one place to another, computed from the place that they leave.

Suspended rows are moved, listed by their keys, or no longer seen in a view. What arrives elsewhere is what the step
selects here, as the steps before it left it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import pyarrow as pa

from retention.model.datamap import Dataset
from retention.model.ids import StepId
from retention.model.plan import ExactStep, LiftRows, SuspendRows
from retention.model.subject import KeyValues
from retention.model.suspension import Flag
from retention.ports.inspector import Inspector
from retention.verification.effects import Expectation, flagged
from retention.verification.selector import Selector


def arriving(
    source: Dataset,
    before: Sequence[ExactStep],
    step: SuspendRows | LiftRows,
    keys: KeyValues,
    rare: Mapping[StepId, frozenset[str]],
    inspector: Inspector,
    columns: Sequence[str] = (),
) -> Iterator[pa.RecordBatch]:
    """Yield what arrives, batch by batch.

    Args:
        source: The dataset in which the rows are selected.
        before: Its steps before this one.
        step: What takes the rows elsewhere.
        keys: The plan's key sets.
        rare: For each anonymizing step, the classes whose rows are erased.
        inspector: Of the source's store.
        columns: What arrives of a row; all of it if empty.

    Raises:
        KeyTypeError, TransientFailure, TerminalFailure: as in `baseline.measure`.

    """
    selector = Selector(keys)
    expectation = Expectation(before, selector, rare)
    means = step.how.means
    for batch in inspector.scan(source):
        rows = expectation.effect(batch).rows
        mask = selector.mask(step.where, rows)
        if isinstance(means, Flag):
            rows = flagged(rows, means, mask, lift=isinstance(step, LiftRows))
        chosen = rows.filter(mask)
        yield chosen.select(list(columns)) if columns else chosen
