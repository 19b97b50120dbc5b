"""The entry point: settings → who holds the key-encryption keys."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.kms.settings import read_settings
from connectors.kms.wrapper import KmsWrapper
from retention.errors import MissingExtraError
from retention.ports.subject_keys import KeySystemSettings


def connect(settings: KeySystemSettings) -> KmsWrapper:
    """Return the holder; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        raise MissingExtraError("subject_keys: aws-kms needs boto3", hint="pip install 'retention[s3]'")
    return KmsWrapper(checked)
