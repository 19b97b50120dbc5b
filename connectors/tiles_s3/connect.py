"""The entry point: settings → a store of tiles."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.tiles_s3.settings import read_settings
from connectors.tiles_s3.tiles import S3Tiles
from retention.errors import MissingExtraError
from retention.ports.tiles import TileSettings


def connect(settings: TileSettings) -> S3Tiles:
    """Return the store; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        raise MissingExtraError("evidence: a log on S3 needs boto3", hint="pip install 'retention[s3]'")
    return S3Tiles(checked)
