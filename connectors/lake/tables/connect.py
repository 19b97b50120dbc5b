"""The entry point: settings → tables of an open format."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.lake.tables.capabilities import CAPABILITIES
from connectors.lake.tables.files import Files, LocalFiles, S3Files
from connectors.lake.tables.settings import TableSettings, read_table_settings
from connectors.lake.tables.store import TableEraser, TableFinder, TableInspector, Tables
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings

_LIBRARIES = {"iceberg": "pyiceberg", "delta": "deltalake"}


class OpenTables:
    """Tables of one catalog or folder; see `retention.ports.connector.Store`."""

    def __init__(self, settings: TableSettings) -> None:
        """Open nothing before first use."""
        self._files: Files = S3Files(settings.s3) if settings.s3 else LocalFiles()
        self._tables = _tables(settings, self._files)
        self._again = _tables(settings, self._files)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the store can do."""
        return CAPABILITIES

    def finder(self) -> TableFinder:
        """Return the reading side."""
        return TableFinder(self._tables)

    def eraser(self) -> TableEraser:
        """Return the writing side."""
        return TableEraser(self._tables)

    def inspector(self) -> TableInspector:
        """Return the side that verification reads by."""
        return TableInspector(self._again)

    def tables(self) -> tuple[str, ...]:
        """Return all tables."""
        return self._tables.names()

    def close(self) -> None:
        """Give connections back."""
        if isinstance(self._files, S3Files):
            self._files.close()


def _tables(settings: TableSettings, files: Files) -> Tables:
    if settings.format == "iceberg":
        from connectors.lake.tables.iceberg import IcebergTables  # noqa: PLC0415 -- pyiceberg, only with the extra

        return IcebergTables(settings, files)
    from connectors.lake.tables.delta import DeltaTables  # noqa: PLC0415 -- deltalake, only with the extra

    return DeltaTables(settings, files)


def connect(settings: SystemSettings) -> OpenTables:
    """Return the store; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: the format's library, or boto3, is not installed.

    """
    checked = read_table_settings(settings)
    library = _LIBRARIES[checked.format]
    missing = [name for name in (library, *(["boto3"] if checked.s3 else [])) if find_spec(name) is None]
    if missing:
        message = f"system {settings.system_id} holds {checked.format} tables and needs {' and '.join(missing)}"
        raise MissingExtraError(message, hint="pip install 'retention[tables,s3]'")
    return OpenTables(checked)
