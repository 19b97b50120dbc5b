"""The entry point: settings → a system of copies."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.backups.capabilities import CAPABILITIES
from connectors.backups.keeper import BackupsKeeper
from connectors.backups.objects import Bucket
from connectors.backups.settings import BackupsSettings, read_settings
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings


class Backups:
    """One bucket of dated copies; see `retention.ports.connector.CopiesSystem`."""

    def __init__(self, settings: BackupsSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings
        self._bucket = Bucket(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this system can do."""
        return CAPABILITIES

    def keeper(self) -> BackupsKeeper:
        """Return the list of copies."""
        return BackupsKeeper(self._settings, self._bucket)

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()


def connect(settings: SystemSettings) -> Backups:
    """Return the system; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} keeps backups on S3 and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return Backups(checked)
