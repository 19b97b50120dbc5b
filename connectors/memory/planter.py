"""Adds a canary's row."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from connectors.memory.database import Database, Table
from connectors.memory.predicate import known
from retention.model.datamap import Dataset
from retention.model.transform import Value


class MemoryPlanter:
    """The planting side; see `retention.ports.planter.Planter`."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database."""
        self._database = database

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one row; the same row twice stands once."""
        database = self._database()
        with database.changing():
            table = database.table(dataset.location)
            for column in row:
                known(table.columns, column)
            filled = {column: _like(table, column, row.get(column)) for column in table.columns}
            if filled not in table.rows:
                database.replace(dataset.location, Table(table.columns, (*table.rows, filled)))


def _like(table: Table, column: str, value: Value) -> Value:
    """Write an instant as the rows beside it are: with a zone or without."""
    if not isinstance(value, datetime):
        return value
    others = (row[column] for row in table.rows)
    other = next((found for found in others if isinstance(found, datetime)), None)
    return value if other is None or other.tzinfo is not None else value.replace(tzinfo=None)
