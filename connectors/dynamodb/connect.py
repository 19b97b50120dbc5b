"""Settings → store."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.dynamodb.capabilities import CAPABILITIES
from connectors.dynamodb.eraser import DynamoEraser
from connectors.dynamodb.finder import DynamoFinder
from connectors.dynamodb.inspector import DynamoInspector
from connectors.dynamodb.planter import DynamoPlanter
from connectors.dynamodb.settings import options
from connectors.dynamodb.suspender import DynamoSuspender
from connectors.dynamodb.table import Tables, Usage
from retention.errors import MissingExtraError
from retention.model.datamap import Dataset
from retention.ports.connector import Capabilities, SystemSettings


def connect(settings: SystemSettings) -> DynamoStore:
    """Return the store; touches no network.

    Raises:
        SettingsError: the options cannot be used.
        MissingExtraError: boto3 is not installed.

    """
    read = options(settings)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} is on DynamoDB and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return DynamoStore(Tables(settings.system_id, read))


class DynamoStore:
    """The tables of one account and region."""

    def __init__(self, tables: Tables) -> None:
        """Keep the tables."""
        self._tables = tables
        self._inspector = DynamoInspector(tables.system, tables.options)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this store can do."""
        return CAPABILITIES

    @property
    def usage(self) -> Usage:
        """What finding and changing have read so far: queries, gets and pages of scans."""
        return self._tables.usage

    def finder(self) -> DynamoFinder:
        """Return the reading side."""
        return DynamoFinder(self._tables)

    def eraser(self) -> DynamoEraser:
        """Return the writing side."""
        return DynamoEraser(self._tables)

    def inspector(self) -> DynamoInspector:
        """Return the side that verification reads by, with a client of its own."""
        return self._inspector

    def suspender(self) -> DynamoSuspender:
        """Return the side that suspends."""
        return DynamoSuspender(self._tables)

    def planter(self) -> DynamoPlanter:
        """Return the side that plants canaries."""
        return DynamoPlanter(self._tables)

    def expiry(self, dataset: Dataset) -> str | None:
        """Return the attribute by which the store lets the table's items expire; None if it does not."""
        return self._tables.expiry(dataset.location)

    def tables(self) -> tuple[str, ...]:
        """Return the names of all tables, sorted."""
        return self._tables.names()

    def close(self) -> None:
        """Give connections back."""
        self._tables.close()
        self._inspector.close()
