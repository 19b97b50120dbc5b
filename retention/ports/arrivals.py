"""What a store received since an instant, where the store itself can tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol, TypeAlias

from retention.model.datamap import Dataset
from retention.model.transform import Value

Arrival: TypeAlias = tuple[datetime, Iterator[tuple[Value, ...]]]
"""When the store received something (an object), and the combinations of values in it, repeats possible."""


class Arrivals(Protocol):
    """The reading side of what is new."""

    def arrived(self, dataset: Dataset, columns: Sequence[str], since: datetime) -> Iterator[Arrival]:
        """Yield everything live that was written at or after `since` by the store's own clock; never less.

        Each arrival's values are to be read before the next arrival is asked for.

        Raises:
            TransientFailure, TerminalFailure: as a `Finder`.

        """
        ...


class ReceivingStore(Protocol):
    """A store whose capabilities say `receives`."""

    def arrivals(self) -> Arrivals:
        """Return the reading side of what is new."""
        ...
