"""Settings → store."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Final

from connectors.sql.database import Database
from connectors.sql.dumps import DumpObject, DumpStore
from connectors.sql.settings import Vendor, options
from connectors.sql.store import SqlStore
from connectors.sql.surveyor import SqlSurveyor
from retention.errors import MissingExtraError
from retention.ports.connector import SystemSettings

_EXTRAS: Final = {Vendor.POSTGRESQL: "postgres", Vendor.MARIADB: "mysql"}


def connect(settings: SystemSettings) -> SqlStore:
    """Return the store; it connects when it is first asked.

    Raises:
        SettingsError: the options cannot be used.
        MissingExtraError: the driver is not installed.

    """
    database = _database(settings)
    if database.options.dump is None:
        return SqlStore(database)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} is a dump on S3 and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return DumpStore(database, DumpObject(database.options))


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
