"""Looking again, for verification: plain reads that share nothing with finder and eraser."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Protocol

import pyarrow as pa

from retention.model.datamap import Dataset

INFERRED: Final = {b"retention.types": b"inferred"}
"""Metadata of a batch's schema where the store keeps no types: columns and types are what its values happen to have."""


@dataclass(frozen=True, slots=True)
class SqlAddress:
    """Where Great Expectations can look for itself."""

    url: str = field(repr=False)
    """An SQLAlchemy URL, with any password in it: never logged."""
    table: str


class Inspector(Protocol):
    """Reads whole datasets, batch by batch, with every column."""

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all live rows; memory bounded by a batch."""
        ...

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all rows of noncurrent versions; nothing where the store keeps none."""
        ...

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Return where to look by SQL, or None if the store has no SQL."""
        ...
