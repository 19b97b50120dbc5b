"""One S3 client, and its errors in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import aws
from connectors.tiles_s3.settings import TilesSettings
from retention.errors import ConcurrentWriteFailure, TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Taken(ConcurrentWriteFailure):
    """A condition failed: the object is there already, or is not the one that was read."""


class Missing(TerminalFailure):
    """There is no such object."""


def _taken(doing: str) -> Taken:
    return Taken(f"{doing}: someone else wrote it first", hint="run again")


def _missing(doing: str) -> Missing:
    return Missing(f"{doing}: it is not there")


translated = aws.Words(
    meanings={
        **dict.fromkeys(("PreconditionFailed", "ConditionalRequestConflict", "412", "409"), _taken),
        **dict.fromkeys(("NoSuchKey", "404"), _missing),
    },
    hints={
        "AccessDenied": "the credentials need s3:GetObject, s3:PutObject and, with a lock, s3:PutObjectRetention",
        "NoSuchBucket": "create it, with Object Lock if `object_lock` is set",
    },
).translated
"""Raises Taken and Missing beside what `aws.Words.translated` raises."""


def make_client(settings: TilesSettings) -> S3Client:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    client: S3Client = aws.make_client("s3", settings)
    return client
