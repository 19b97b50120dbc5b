"""One SQS client, and its errors in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import aws
from connectors.sqs.settings import SqsSettings

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

LONGEST_WAIT = 20
"""Seconds: the longest poll that SQS allows."""

translated = aws.Words(
    "the queue",
    hints={
        "AccessDenied": "the credentials need sqs:ReceiveMessage, sqs:DeleteMessage and sqs:GetQueueAttributes",
        "AWS.SimpleQueueService.NonExistentQueue": "create it, or correct `url`",
    },
).translated


def make_client(settings: SqsSettings) -> SQSClient:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    client: SQSClient = aws.make_client("sqs", settings, read_seconds=LONGEST_WAIT + 10)
    return client
