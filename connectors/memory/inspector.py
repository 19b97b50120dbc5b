"""Looks again: reads whole tables and knows nothing of predicates."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import pyarrow as pa

from connectors.memory.database import Database
from retention.model.datamap import ColumnType, Dataset
from retention.ports.inspector import SqlAddress

_BATCH: Final = 10_000
"""Rows a batch."""

_ARROW: Final[Mapping[ColumnType, pa.DataType | None]] = {
    ColumnType.TEXT: pa.string(),
    ColumnType.INTEGER: pa.int64(),
    ColumnType.NUMBER: pa.float64(),
    ColumnType.BOOLEAN: pa.bool_(),
    ColumnType.DATE: pa.date32(),
    ColumnType.INSTANT: pa.timestamp("us", "UTC"),
    ColumnType.OTHER: pa.string(),
}


class MemoryInspector:
    """Plain reads of every column."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database: it may appear later."""
        self._database = database

    def scan(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield all rows."""
        table = self._database().table(dataset.location)
        schema = pa.schema([(name, _ARROW[kind]) for name, kind in table.columns.items()])
        for start in range(0, len(table.rows), _BATCH):
            rows = [dict(row) for row in table.rows[start : start + _BATCH]]
            yield pa.RecordBatch.from_pylist(rows, schema=schema)

    def past(self, dataset: Dataset) -> Iterator[pa.RecordBatch]:
        """Yield nothing: no versions are kept."""
        del dataset
        yield from ()

    def address(self, dataset: Dataset) -> SqlAddress | None:
        """Return None: there is no SQL."""
        del dataset
        return None
