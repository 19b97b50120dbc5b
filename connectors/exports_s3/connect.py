"""The entry point: settings → a store of exports."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.exports_s3.exports import S3Exports
from connectors.exports_s3.settings import read_settings
from retention.errors import MissingExtraError
from retention.ports.exports import ExportSettings


def connect(settings: ExportSettings) -> S3Exports:
    """Return the store; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        raise MissingExtraError("exports: a bucket needs boto3", hint="pip install 'retention[s3]'")
    return S3Exports(checked)
