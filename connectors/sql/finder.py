"""Reads; results stream from the server, one batch at a time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy import Connection, Table

from connectors.sql.columns import kind_of, readable
from connectors.sql.database import Database, column_of
from connectors.sql.keys import Clause, sending
from connectors.sql.predicate import where_of
from retention.model.datamap import ColumnType, Dataset
from retention.model.predicate import Selection
from retention.model.transform import Value

_BATCH: Final = 5_000
"""Rows a batch."""


class SqlFinder:
    """What the tables hold."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    def describe(self, dataset: Dataset) -> Mapping[str, ColumnType]:
        """Return the table's columns as they are now; empty if there is no such table."""
        with self._database.reading(dataset.location) as connection:
            return {name: kind_of(kind) for name, kind in self._database.columns(connection, dataset.location).items()}

    def count(self, dataset: Dataset, selection: Selection) -> int:
        """Return how many rows are selected."""
        with self._selected(dataset, selection) as (connection, table, where):
            found = connection.execute(sa.select(sa.func.count()).select_from(table).where(where))
            return int(found.scalar_one())

    def values(self, dataset: Dataset, columns: Sequence[str], selection: Selection) -> Iterator[tuple[Value, ...]]:
        """Yield each combination once."""
        with self._selected(dataset, selection) as (connection, table, where):
            chosen = [readable(column_of(table, name)) for name in columns]
            with _streamed(connection, sa.select(*chosen).where(where).distinct()) as rows:
                yield from map(tuple, rows)

    def tally(
        self, dataset: Dataset, columns: Sequence[str], selection: Selection
    ) -> Iterator[tuple[tuple[Value, ...], int]]:
        """Yield each combination once, with its rows."""
        with self._selected(dataset, selection) as (connection, table, where):
            chosen = [readable(column_of(table, name)) for name in columns]
            query = sa.select(*chosen, sa.func.count()).where(where).group_by(*chosen)
            with _streamed(connection, query) as rows:
                for row in rows:
                    yield tuple(row[:-1]), row[-1]

    @contextmanager
    def _selected(self, dataset: Dataset, selection: Selection) -> Iterator[tuple[Connection, Table, Clause]]:
        with self._database.reading(dataset.location) as connection:
            table = self._database.table(connection, dataset.location)
            with sending(connection, self._database.options) as sender:
                yield connection, table, where_of(table, selection, sender)


@contextmanager
def _streamed(connection: Connection, query: sa.Select[Any]) -> Iterator[sa.CursorResult[Any]]:
    # closed before the keys it was asked with are dropped, also when it was not read to its end
    with connection.execute(query, execution_options={"yield_per": _BATCH}) as rows:
        yield rows
