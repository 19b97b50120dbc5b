"""The entry point: settings → a system of copies."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Protocol, assert_never

from connectors.backups.capabilities import CAPABILITIES
from connectors.backups.files import FolderKeeper
from connectors.backups.keeper import BucketKeeper
from connectors.backups.objects import Bucket
from connectors.backups.settings import BackupsSettings, InBucket, InFolder, InVault, OfInstance, read_settings
from connectors.backups.snapshots import SnapshotKeeper
from connectors.backups.vault import VaultKeeper
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings
from retention.ports.keeper import CopyKeeper


class _Closes(Protocol):
    def close(self) -> None:
        """Give connections back."""
        ...


class Backups:
    """One place with copies; see `retention.ports.connector.CopiesSystem`."""

    def __init__(self, settings: BackupsSettings) -> None:
        """Open nothing before first use."""
        self._keeper, self._opened = _keeper(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what this system can do."""
        return CAPABILITIES

    def keeper(self) -> CopyKeeper:
        """Return the list of copies."""
        return self._keeper

    def close(self) -> None:
        """Give connections back."""
        if self._opened is not None:
            self._opened.close()


def connect(settings: SystemSettings) -> Backups:
    """Return the system; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if not isinstance(checked.place, InFolder) and find_spec("boto3") is None:
        message = f"system {settings.system_id} keeps backups at AWS and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return Backups(checked)


def _keeper(settings: BackupsSettings) -> tuple[CopyKeeper, _Closes | None]:
    """Return the keeper for the place, and what is to be closed."""
    match settings.place:
        case InBucket() as place:
            bucket = Bucket(settings, place)
            return BucketKeeper(settings, bucket), bucket
        case InFolder() as place:
            return FolderKeeper(settings, place), None
        case OfInstance() as place:
            snapshots = SnapshotKeeper(settings, place)
            return snapshots, snapshots
        case InVault() as place:
            vault = VaultKeeper(settings, place)
            return vault, vault
        case _:
            assert_never(settings.place)
