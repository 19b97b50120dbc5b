"""One SQL system as a store."""

from __future__ import annotations

import sqlalchemy as sa

from connectors.sql.capabilities import CAPABILITIES
from connectors.sql.database import Database
from connectors.sql.eraser import SqlEraser
from connectors.sql.finder import SqlFinder
from connectors.sql.inspector import SqlInspector
from connectors.sql.planter import SqlPlanter
from connectors.sql.references import constraints
from connectors.sql.surveyor import SqlSurveyor
from connectors.sql.suspender import SqlSuspender
from retention.ports.connector import Capabilities
from retention.ports.constraints import Constraints


class SqlStore:
    """One SQLite file, one schema of a PostgreSQL database, or one database of a MariaDB server."""

    def __init__(self, database: Database) -> None:
        """Keep the database."""
        self._database = database

    @property
    def capabilities(self) -> Capabilities:
        """Return what this store can do."""
        return CAPABILITIES

    def finder(self) -> SqlFinder:
        """Return the reading side."""
        return SqlFinder(self._database)

    def eraser(self) -> SqlEraser:
        """Return the writing side."""
        return SqlEraser(self._database)

    def inspector(self) -> SqlInspector:
        """Return the side that verification reads by."""
        return SqlInspector(self._database)

    def suspender(self) -> SqlSuspender:
        """Return the side that suspends."""
        return SqlSuspender(self._database)

    def planter(self) -> SqlPlanter:
        """Return the side that plants canaries."""
        return SqlPlanter(self._database)

    def constraints(self) -> Constraints:
        """Return the foreign keys, and the columns that cannot be null."""
        return constraints(self._database)

    def surveyor(self) -> SqlSurveyor:
        """Return the side that reads the whole schema."""
        return SqlSurveyor(self._database)

    def tables(self) -> tuple[str, ...]:
        """Return the schema's tables, sorted."""
        with self._database.reading() as connection:
            return tuple(sorted(sa.inspect(connection).get_table_names(schema=self._database.options.namespace)))

    def close(self) -> None:
        """Give connections back."""
        self._database.close()
