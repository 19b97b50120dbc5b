"""Adds a canary's row, in a transaction of its own."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql.columns import IsoInstant
from connectors.sql.database import Database, column_of
from retention.model.datamap import Dataset
from retention.model.transform import Value


class SqlPlanter:
    """The planting side; see `retention.ports.planter.Planter`."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def plant(self, dataset: Dataset, row: Mapping[str, Value]) -> None:
        """Add one row; columns without a value get the table's default."""
        values = {name: value for name, value in row.items() if value is not None}

        def work(connection: Connection, table: Table) -> None:
            like = {name: _like(connection, column_of(table, name), value) for name, value in values.items()}
            connection.execute(sa.insert(table).values(like))

        self._database.change(dataset.location, work)


def _like(connection: Connection, column: sa.Column[Any], value: Value) -> Value:
    """Write an instant as the rows beside it are: in SQLite one with a zone would change the column for all."""
    if not isinstance(column.type, IsoInstant) or not isinstance(value, datetime):
        return value
    other = connection.execute(sa.select(column).where(column.is_not(None)).limit(1)).scalar()
    return value if other is not None and other.tzinfo is not None else value.replace(tzinfo=None)
