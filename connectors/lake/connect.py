"""The entry point: settings → a lake."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.lake.capabilities import CAPABILITIES
from connectors.lake.eraser import LakeEraser
from connectors.lake.finder import LakeFinder
from connectors.lake.inspector import LakeInspector
from connectors.lake.objects import Bucket
from connectors.lake.planter import LakePlanter
from connectors.lake.settings import LakeSettings, read_settings
from retention.errors import MissingExtraError
from retention.ports.connector import Capabilities, SystemSettings


class Lake:
    """One bucket of files; see `retention.ports.connector.Store`."""

    def __init__(self, settings: LakeSettings) -> None:
        """Open nothing before first use."""
        self._bucket = Bucket(settings)
        self._inspector = LakeInspector(settings)

    @property
    def capabilities(self) -> Capabilities:
        """Return what the lake can do."""
        return CAPABILITIES

    def finder(self) -> LakeFinder:
        """Return the reading side."""
        return LakeFinder(self._bucket)

    def eraser(self) -> LakeEraser:
        """Return the writing side."""
        return LakeEraser(self._bucket)

    def inspector(self) -> LakeInspector:
        """Return the side that verification reads by, with a client of its own."""
        return self._inspector

    def planter(self) -> LakePlanter:
        """Return the side that plants canaries."""
        return LakePlanter(self._bucket)

    def tables(self) -> tuple[str, ...]:
        """Return the folders (`viewing/`) and single objects at the top, also those with old versions only."""
        return self._bucket.folders()

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()
        self._inspector.close()


def connect(settings: SystemSettings) -> Lake:
    """Return the lake; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} is a lake on S3 and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return Lake(checked)
