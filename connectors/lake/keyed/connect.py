"""The entry point: settings → a store of whole objects."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.lake.keyed.capabilities import CAPABILITIES
from connectors.lake.keyed.eraser import KeyedEraser
from connectors.lake.keyed.finder import KeyedFinder
from connectors.lake.keyed.inspector import KeyedInspector
from connectors.lake.keyed.planter import KeyedPlanter
from connectors.lake.objects import Bucket
from connectors.lake.settings import LakeSettings, read_settings
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings


class KeyedObjects:
    """One bucket of uploads; see `retention.ports.connector.Store`."""

    def __init__(self, settings: LakeSettings) -> None:
        """Open nothing before first use."""
        self._bucket = Bucket(settings, keys_name_people=True)
        self._inspector = KeyedInspector(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the store can do."""
        return CAPABILITIES

    def finder(self) -> KeyedFinder:
        """Return the reading side."""
        return KeyedFinder(self._bucket)

    def eraser(self) -> KeyedEraser:
        """Return the writing side."""
        return KeyedEraser(self._bucket)

    def inspector(self) -> KeyedInspector:
        """Return the side that verification reads by, with a client of its own."""
        return self._inspector

    def planter(self) -> KeyedPlanter:
        """Return the side that plants canaries."""
        return KeyedPlanter(self._bucket)

    def tables(self) -> tuple[str, ...]:
        """Return the folders and single objects at the top, also those with old versions only."""
        return self._bucket.folders()

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()
        self._inspector.close()


def connect(settings: SystemSettings) -> KeyedObjects:
    """Return the store; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} keeps objects on S3 and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return KeyedObjects(checked)
