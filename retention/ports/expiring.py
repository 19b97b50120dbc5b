"""Rows that a store lets go by itself. Not part of `Store`: `Capabilities.expires` says which stores can."""

from __future__ import annotations

from typing import Protocol

from retention.model.datamap import Dataset
from retention.ports.connector import Store


class ExpiringStore(Store, Protocol):
    """A store whose capabilities say that it can let rows expire."""

    def expiry(self, dataset: Dataset) -> str | None:
        """Return the column by which the store lets the dataset's rows expire, as it is really set; None if none.

        Raises:
            TransientFailure: the store could not be reached.
            TerminalFailure: it refused, or there is no such dataset.

        """
        ...
