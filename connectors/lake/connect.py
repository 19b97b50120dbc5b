"""The entry point: settings → a lake."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from connectors.lake.arrivals import LakeArrivals
from connectors.lake.capabilities import CAPABILITIES
from connectors.lake.eraser import LakeEraser
from connectors.lake.finder import LakeFinder
from connectors.lake.gauge import LakeGauge
from connectors.lake.inspector import LakeInspector
from connectors.lake.objects import Bucket
from connectors.lake.planter import LakePlanter
from connectors.lake.settings import LakeSettings, read_settings
from connectors.lake.surveyor import BucketFiles, FolderFiles, LakeSurveyor
from retention.errors import MissingExtraError, SettingsError
from retention.model.volume import Shard
from retention.ports.connector import Capabilities, SystemSettings


class Lake:
    """One bucket of files; see `retention.ports.connector.Store`."""

    def __init__(self, settings: LakeSettings) -> None:
        """Open nothing before first use."""
        self._bucket, self._shard = Bucket(settings), settings.shard
        self._inspector = LakeInspector(settings)
        self._surveyor = LakeSurveyor(BucketFiles(settings))

    @property
    def capabilities(self) -> Capabilities:
        """Return what the lake can do."""
        return CAPABILITIES

    def finder(self) -> LakeFinder:
        """Return the reading side."""
        return LakeFinder(self._bucket)

    def arrivals(self) -> LakeArrivals:
        """Return the reading side of what is new."""
        return LakeArrivals(self._bucket)

    def eraser(self) -> LakeEraser:
        """Return the writing side."""
        return LakeEraser(self._bucket)

    def gauge(self) -> LakeGauge:
        """Return the side that says what a change would move, and cuts datasets."""
        return LakeGauge(self._bucket, self._shard)

    def eraser_of(self, shard: Shard) -> LakeEraser:
        """Return the writing side of some of the objects."""
        return LakeEraser(self._bucket, shard)

    def inspector(self) -> LakeInspector:
        """Return the side that verification reads by, with a client of its own."""
        return self._inspector

    def planter(self) -> LakePlanter:
        """Return the side that plants canaries."""
        return LakePlanter(self._bucket)

    def surveyor(self) -> LakeSurveyor:
        """Return the side that reads all shapes of files, with a client of its own."""
        return self._surveyor

    def tables(self) -> tuple[str, ...]:
        """Return the folders (`viewing/`) and single objects at the top, also those with old versions only."""
        return self._bucket.folders()

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()
        self._inspector.close()
        self._surveyor.close()


def connect(settings: SystemSettings) -> Lake:
    """Return the lake; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    return Lake(_checked(settings))


def survey(settings: SystemSettings) -> LakeSurveyor:
    """Return a reader of everything under the prefix; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    return LakeSurveyor(BucketFiles(_checked(settings)))


def survey_files(settings: SystemSettings) -> LakeSurveyor:
    """Return a reader of the file or folder of this machine that the option `path` names.

    Raises:
        SettingsError: there is none.

    """
    path = Path(settings.workspace, settings.options["path"])
    if not path.exists():
        raise SettingsError(f"{settings.options['path']} does not exist", hint="name a file, a folder or an address")
    return LakeSurveyor(FolderFiles(path))


def _checked(settings: SystemSettings) -> LakeSettings:
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        message = f"system {settings.system_id} is a lake on S3 and needs boto3"
        raise MissingExtraError(message, hint="pip install 'retention[s3]'")
    return checked
