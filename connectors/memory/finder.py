"""Reads."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from connectors.memory.database import Database
from connectors.memory.predicate import known, test_of
from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Selection
from retention.model.transform import Value


class MemoryFinder:
    """What the tables hold."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database: it may appear later."""
        self._database = database

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the table's columns; empty if there is no such table."""
        table = self._database().tables().get(dataset.location)
        return dict(table.columns) if table else {}

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many rows are selected."""
        table = self._database().table(dataset.location)
        return sum(map(test_of(table.columns, selection), table.rows))

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield each combination once."""
        for combination, _ in self.tally(dataset, columns, selection):
            yield combination

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield each combination once, with its rows."""
        table = self._database().table(dataset.location)
        for column in columns:
            known(table.columns, column)
        selected = test_of(table.columns, selection)
        yield from Counter(tuple(row[column] for column in columns) for row in table.rows if selected(row)).items()
