"""Reading personal data, without any means to change it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Selection
from retention.model.transform import Value


class Finder(Protocol):
    """What a store knows, asked set by set; never a row at a time.

    Every method raises TransientFailure (could not be reached) or TerminalFailure (refused,
    or the data cannot be read), and KeyTypeError where a key's type is not its column's.
    """

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the live columns by name; empty if the table or the files do not exist."""
        ...

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many live rows the selection has."""
        ...

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield the distinct combinations of the columns' values among the selected live rows.

        Streaming; memory is bounded by the distinct values of one batch, so a combination may be
        yielded more than once.
        """
        ...

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield distinct combinations with how many selected live rows have them.

        A combination may be yielded more than once; counts add up.
        """
        ...
