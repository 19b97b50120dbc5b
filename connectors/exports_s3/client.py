"""One S3 client, and its errors in our words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors import aws
from connectors.exports_s3.settings import BucketSettings
from retention.errors import TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


class Missing(TerminalFailure):
    """There is no such object."""


def _missing(doing: str) -> Missing:
    return Missing(f"{doing}: it is not there")


translated = aws.Words(
    meanings={"NoSuchKey": _missing, "404": _missing},
    hints={
        "AccessDenied": "the credentials need s3:GetObject, s3:PutObject, s3:ListBucketVersions, "
        "s3:DeleteObjectVersion",
        "NoSuchBucket": "create it",
    },
).translated
"""Raises Missing beside what `aws.Words.translated` raises."""


def make_client(settings: BucketSettings) -> S3Client:
    """Return a client with bounded retries and time-outs; opens no connection yet."""
    client: S3Client = aws.make_client("s3", settings)
    return client
