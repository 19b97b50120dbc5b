"""Changing personal data.

Rows that are in the wanted state already are neither written nor counted.

Each call is idempotent: a repeat, also after a crash in the middle of the first, finishes
what was left and ends in the same state. When a call returns, its effect is durable,
noncurrent versions of the rows are gone too, and what is still physically there for a
while is named in `Effect.residues`. Other rows and fields are as they were. A writer who
came in between is never overwritten: the call retries on his version, a bounded number of
times, then raises ConcurrentWriteFailure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.transform import Transform


class Eraser(Protocol):
    """The three things that may be done to rows.

    Every method raises TransientFailure or TerminalFailure, and KeyTypeError where a key's
    type is not its column's.
    """

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows."""
        ...

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Set the fields of the selected rows to null."""
        ...

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms to the selected rows; remove rows whose class is rare.

        A row's class is `transform.class_of` of the transformed row over `quasi`. The
        transforms drop the key columns that the selection names, so that a repeat finds
        nothing more to do.
        """
        ...
