"""Reads the whole schema of a database in memory."""

from __future__ import annotations

from collections.abc import Callable, Collection

from connectors.memory.database import Database, Table
from retention.ports.surveyor import LiveDataset


class MemorySurveyor:
    """See `retention.ports.surveyor.Surveyor`."""

    def __init__(self, database: Callable[[], Database]) -> None:
        """Keep the way to the database: it may appear later."""
        self._database = database

    def survey(self, rows: int) -> tuple[LiveDataset, ...]:
        """Return every table; there are no keys here."""
        return tuple(_live(name, table, rows) for name, table in sorted(self._database().tables().items()))

    def beside(self, locations: Collection[str]) -> tuple[str, ...]:
        """Return the other tables."""
        return tuple(sorted(self._database().tables().keys() - set(locations)))

    def close(self) -> None:
        """Do nothing: no connection is held."""


def _live(name: str, table: Table, rows: int) -> LiveDataset:
    some = table.rows[:rows]
    values = {
        column: frozenset(value for row in some if isinstance(value := row[column], str | int | float))
        for column in table.columns
    }
    return LiveDataset(name, is_path=False, columns=table.columns, values=values)
