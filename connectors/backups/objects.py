"""What lies in the bucket: versions under a prefix, and a copy's manifest. Reads only."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache, cached_property
from threading import Lock
from typing import TYPE_CHECKING

from connectors.backups.settings import BackupsSettings
from retention.errors import TerminalFailure, TransientFailure

if TYPE_CHECKING:
    from boto3.session import Session
    from mypy_boto3_s3 import S3Client

_BUSY = frozenset({"SlowDown", "Throttling", "RequestTimeout"})
_SERVER_ERROR = 500


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object; delete markers hold nothing and are none."""

    path: str
    """Below the settings' prefix."""
    written_at: datetime


_MAKING = Lock()
"""A session makes one client at a time; clients may be used by any thread."""


@cache
def _session() -> Session:
    """Return the process's session: it keeps the service's description, which takes 0.15 s to read."""
    import boto3  # noqa: PLC0415 -- heavy; loaded when a bucket is first used

    return boto3.session.Session()


class Bucket:
    """One bucket under one prefix."""

    def __init__(self, settings: BackupsSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> S3Client:
        from botocore.config import Config  # noqa: PLC0415 -- heavy; loaded when a bucket is first used

        with _MAKING:
            return _session().client(
                "s3",
                region_name=self._settings.region,
                endpoint_url=self._settings.endpoint,
                aws_access_key_id=self._settings.access_key,
                aws_secret_access_key=self._settings.secret_key,
                config=Config(
                    retries={"mode": "adaptive", "total_max_attempts": 5},
                    connect_timeout=10,
                    read_timeout=60,
                    s3={"addressing_style": "path" if self._settings.endpoint else "auto"},
                ),
            )

    def versions(self, below: str = "") -> Iterator[Version]:
        """Yield every version of every object below the path, live or not."""
        prefix = self._settings.prefix
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._settings.bucket, Prefix=prefix + below
        )
        with self._translated(f"list s3://{self._settings.bucket}/{prefix}{below}"):
            for page in pages:
                for entry in page.get("Versions", ()):
                    yield Version(entry["Key"].removeprefix(prefix), entry["LastModified"])

    def content(self, path: str) -> bytes | None:
        """Return a small object's content, or None if there is no live one."""
        address = f"s3://{self._settings.bucket}/{self._settings.prefix}{path}"
        with self._translated(f"read {address}"):
            try:
                key = self._settings.prefix + path
                return self._client.get_object(Bucket=self._settings.bucket, Key=key)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None

    @contextmanager
    def _translated(self, doing: str) -> Iterator[None]:
        from botocore import exceptions as vendor  # noqa: PLC0415 -- heavy

        try:
            yield
        except vendor.ClientError as error:
            code = error.response.get("Error", {}).get("Code", "?")
            status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
            kind = TransientFailure if status >= _SERVER_ERROR or code in _BUSY else TerminalFailure
            raise kind(f"{doing}: the store answered {code}") from error
        except (vendor.ConnectionError, vendor.HTTPClientError, vendor.IncompleteReadError) as error:
            raise TransientFailure(f"{doing}: the store could not be reached ({type(error).__name__})") from error
        except vendor.BotoCoreError as error:
            raise TerminalFailure(f"{doing}: the request could not be made ({type(error).__name__})") from error

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]
