"""The entry point: settings → a queue."""

from __future__ import annotations

from importlib.util import find_spec

from connectors.sqs.queue import SqsQueue
from connectors.sqs.settings import read_settings
from retention.errors import MissingExtraError
from retention.ports.queues import QueueSettings


def connect(settings: QueueSettings) -> SqsQueue:
    """Return the queue; touches no network.

    Raises:
        SettingsError: an option is missing, unknown or malformed.
        MissingExtraError: boto3 is not installed.

    """
    checked = read_settings(settings)
    if find_spec("boto3") is None:
        raise MissingExtraError(f"events.queues.{settings.name}: sqs needs boto3", hint="pip install 'retention[s3]'")
    return SqsQueue(checked)
