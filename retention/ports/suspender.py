"""Stopping the use of rows that are kept, and allowing it again.

The contract is the eraser's (`ports.eraser`): idempotent, durable on return, others' rows as they were,
a writer who came in between is never overwritten. A row is in one place at any time: whoever reads sees it
before the call or after it, and a process that dies leaves it in one of them, whole.
"""

from __future__ import annotations

from typing import Protocol

from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection


class Suspender(Protocol):
    """By the dataset's own means (`Dataset.suspension`).

    Every method raises TransientFailure or TerminalFailure, and KeyTypeError where a key's type is not its column's.
    """

    def suspend_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Stop the use of the selected rows; rows of which it is stopped already do not count."""
        ...

    def lift_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Allow the use of the selected rows again.

        The selection is of the table in which suspended rows, or their keys, stand; for a flag, of the dataset's own.
        """
        ...


class SuspendingStore(Protocol):
    """A store whose capabilities say by which means it suspends."""

    def suspender(self) -> Suspender:
        """Return the side that suspends."""
        ...
