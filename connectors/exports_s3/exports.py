"""Files put, read, listed and removed for good: what must be forgotten leaves no version behind."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING, Any

from connectors.exports_s3.client import Missing, make_client, translated
from connectors.exports_s3.settings import BucketSettings

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_ONLY = "null"
"""What a bucket that keeps no versions calls the one there is."""


class S3Exports:
    """Implements `retention.ports.exports.ExportStore`.

    Every method raises TransientFailure if the bucket cannot be reached, TerminalFailure if it refuses.
    """

    def __init__(self, settings: BucketSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._settings)

    def put(self, path: str, content: bytes) -> None:
        """Put the object in place, and remove the versions that were there before."""
        with translated(f"write {self._address(path)}"):
            answer = self._client.put_object(Bucket=self._settings.bucket, Key=self._key(path), Body=content)
        ours = answer.get("VersionId", _ONLY)
        for version in [found for found in self._versions(path) if found != ours]:
            self._remove(path, version)

    def read(self, path: str) -> bytes | None:
        """Return the object's bytes, or None."""
        try:
            with translated(f"read {self._address(path)}"):
                answer = self._client.get_object(Bucket=self._settings.bucket, Key=self._key(path))
                return answer["Body"].read()
        except Missing:
            return None

    def paths(self, folder: str) -> tuple[str, ...]:
        """Return the objects below the folder, sorted."""
        pages = self._client.get_paginator("list_objects_v2").paginate(
            Bucket=self._settings.bucket, Prefix=self._key(f"{folder}/")
        )
        with translated(f"list {self._address(folder)}"):
            keys = [entry["Key"] for page in pages for entry in page.get("Contents", ())]
        return tuple(sorted(key.removeprefix(self._settings.prefix) for key in keys))

    def remove(self, path: str) -> None:
        """Remove the object, all its versions and delete markers; harmless if it is gone."""
        for version in list(self._versions(path)):
            self._remove(path, version)

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def _versions(self, path: str) -> Iterator[str]:
        key = self._key(path)
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._settings.bucket, Prefix=key)
        with translated(f"list the versions of {self._address(path)}"):
            for page in pages:
                entries: list[Any] = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                yield from (entry["VersionId"] for entry in entries if entry["Key"] == key)

    def _remove(self, path: str, version: str) -> None:
        with translated(f"delete {self._address(path)}"):
            self._client.delete_object(Bucket=self._settings.bucket, Key=self._key(path), VersionId=version)

    def _key(self, path: str) -> str:
        return self._settings.prefix + path

    def _address(self, path: str) -> str:
        return f"s3://{self._settings.bucket}/{self._settings.prefix}{path}"
