"""Putting a canary's rows into a store. Not part of `Store`: `Capabilities.plants` says which stores can."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from retention.model.datamap import Dataset
from retention.model.transform import Value
from retention.ports.connector import Store


class Planter(Protocol):
    """Adds rows, and changes none."""

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one row, durable on return; columns it does not name get their default, or null.

        Raises:
            TransientFailure: the store could not be reached.
            TerminalFailure: the store refused the row (a constraint), or there is nothing yet to look like.

        """
        ...


class PlantingStore(Store, Protocol):
    """A store whose capabilities say that it plants."""

    def planter(self) -> Planter:
        """Return the planting side."""
        ...
