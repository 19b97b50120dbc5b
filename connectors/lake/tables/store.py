"""Finder, eraser and inspector over tables, the same for both formats."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

import pyarrow as pa

from connectors.lake.columntypes import column_type
from connectors.lake.keys import ValueSets
from connectors.lake.parquet_change import cells_of
from connectors.lake.predicate import mask, needed
from retention.errors import TerminalFailure
from retention.model.datamap import ColumnType, Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.transform import Transform, Value
from retention.ports.inspector import SqlAddress


class Tables(Protocol):
    """What a format offers."""

    def names(self) -> tuple[str, ...]:
        """Return all tables."""

    def schema(self, table: str) -> pa.Schema | None:
        """Return the table's columns; None if there is no such table."""

    def batches(self, table: str) -> Iterator[pa.Table]:
        """Yield all live rows, some at a time."""

    def past(self, table: str) -> Iterator[pa.RecordBatch]:
        """Yield all rows of older snapshots that can still be read."""

    def erase(self, table: str, selection: Selection) -> Effect:
        """Remove the selected rows, and every file that still holds them."""


class TableFinder:
    """The reading side; see `retention.ports.finder.Finder`."""

    def __init__(self, tables: Tables) -> None:
        """Read these tables."""
        self._tables = tables

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the table's columns; nothing if there is no such table."""
        schema = self._tables.schema(dataset.location)
        return {} if schema is None else {part.name: column_type(part.type) for part in schema}

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many live rows the selection has."""
        return sum(table.num_rows for table in self._selected(dataset, selection))

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield the distinct combinations among the selected live rows; one may come more than once."""
        for combination, _ in self.tally(dataset, columns, selection):
            yield combination

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield combinations with their counts, some rows at a time."""
        for table in self._selected(dataset, selection):
            yield from Counter(zip(*(cells_of(table, column) for column in columns), strict=True)).items()

    def _selected(self, dataset: Dataset, selection: Selection) -> Iterator[pa.Table]:
        if require_columns(self._tables, dataset, selection):
            sets = ValueSets(selection.keys)
            for table in self._tables.batches(dataset.location):
                yield table.filter(mask(table, selection, sets))


class TableEraser:
    """The writing side; see `retention.ports.eraser.Eraser`."""

    def __init__(self, tables: Tables) -> None:
        """Write to these tables."""
        self._tables = tables

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows, and every file that still holds them."""
        known = require_columns(self._tables, dataset, selection)
        return self._tables.erase(dataset.location, selection) if known else Effect(rows=0)

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Refuse: `capabilities` says so too."""
        del selection, fields
        raise _only_whole_rows(dataset)

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Refuse: `capabilities` says so too."""
        del selection, transforms, quasi, rare
        raise _only_whole_rows(dataset)


class TableInspector:
    """Reads whole tables; see `retention.ports.inspector.Inspector`."""

    def __init__(self, tables: Tables) -> None:
        """Read these tables, opened for verification alone."""
        self._tables = tables

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all live rows."""
        if self._tables.schema(dataset.location) is not None:
            for table in self._tables.batches(dataset.location):
                yield from table.to_batches()

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all rows of older snapshots that can still be read."""
        if self._tables.schema(dataset.location) is not None:
            yield from self._tables.past(dataset.location)

    def address(self, dataset: Dataset) -> SqlAddress | None:  # noqa: ARG002 -- the port's signature
        """Return None: files have no SQL."""
        return None


def require_columns(tables: Tables, dataset: Dataset, selection: Selection) -> bool:
    """Return whether there is such a table.

    Raises:
        TerminalFailure: there is, and it has not the columns that the predicate names.

    """
    schema = tables.schema(dataset.location)
    missing = sorted(needed(selection.where) - set(schema.names)) if schema is not None else []
    if missing:
        raise TerminalFailure(
            f"dataset {dataset.dataset_id}: expected the columns {', '.join(missing)}, found none of that name",
            hint="compare the data map with `retention datamap check`",
        )
    return schema is not None


def _only_whole_rows(dataset: Dataset) -> TerminalFailure:
    message = f"dataset {dataset.dataset_id}: rows of open table formats can be erased, and not changed in this version"
    return TerminalFailure(message, hint="let the rule say `then: erase`")
