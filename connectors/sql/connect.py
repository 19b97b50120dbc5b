"""Settings → store."""

from __future__ import annotations

from typing import Final

import sqlalchemy as sa

from connectors.sql.capabilities import CAPABILITIES
from connectors.sql.database import Database
from connectors.sql.eraser import SqlEraser
from connectors.sql.finder import SqlFinder
from connectors.sql.inspector import SqlInspector
from connectors.sql.planter import SqlPlanter
from connectors.sql.references import constraints
from connectors.sql.settings import Vendor, options
from connectors.sql.surveyor import SqlSurveyor
from connectors.sql.suspender import SqlSuspender
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings
from retention.ports.constraints import Constraints

_EXTRAS: Final = {Vendor.POSTGRESQL: "postgres", Vendor.MARIADB: "mysql"}


def connect(settings: SystemSettings) -> SqlStore:
    """Return the store; it connects when it is first asked.

    Raises:
        SettingsError: the options cannot be used.
        MissingExtraError: the driver is not installed.

    """
    return SqlStore(_database(settings))


def survey(settings: SystemSettings) -> SqlSurveyor:
    """Return a reader of the whole schema; it connects when it is first asked.

    Raises:
        SettingsError: the options cannot be used.
        MissingExtraError: the driver is not installed.

    """
    return SqlSurveyor(_database(settings))


def _database(settings: SystemSettings) -> Database:
    read = options(settings)
    try:
        return Database(settings.system_id, read)
    except ModuleNotFoundError as error:
        raise MissingExtraError(
            f"system {settings.system_id} needs the package {error.name}",
            hint=f"pip install 'retention[{_EXTRAS.get(read.vendor, 'postgres')}]'",
        ) from None


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
