"""What lies in a bucket: the history of each object, rules and locks, and a copy's manifest. Reads only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from connectors.aws import code_of
from connectors.backups.client import make_client, translated
from connectors.backups.lifecycle import Rule, read_rule
from connectors.backups.settings import BackupsSettings, InBucket

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_NO_RULES = "NoSuchLifecycleConfiguration"
_NO_LOCK = "ObjectLockConfigurationNotFoundError"
_FIRST_REGION = "us-east-1"
"""What S3 calls no location at all."""
_OLD_NAMES: Mapping[str, str] = {"EU": "eu-west-1"}


@dataclass(frozen=True, slots=True)
class Version:
    """One version of an object; delete markers hold nothing and are none."""

    path: str
    """Below the settings' prefix."""
    key: str
    version_id: str
    written_at: datetime
    size: int
    noncurrent_since: datetime | None
    """When a newer version or a delete marker took its place; None for the current one."""
    newer: int
    """How many noncurrent versions are newer than this noncurrent one."""


@dataclass(frozen=True, slots=True)
class History:
    """All that is left of one object."""

    key: str
    versions: tuple[Version, ...]
    """Newest first."""
    markers: int
    """Delete markers."""


@dataclass(frozen=True, slots=True)
class Locked:
    """What forbids to delete a version."""

    until: datetime | None
    legal_hold: bool


class Bucket:
    """One bucket under one prefix."""

    def __init__(self, settings: BackupsSettings, place: InBucket) -> None:
        """Open nothing before first use."""
        self._settings = settings
        self._bucket, self._prefix = place.bucket, place.prefix

    @cached_property
    def _client(self) -> S3Client:
        client: S3Client = make_client("s3", self._settings)
        return client

    def histories(self, below: str = "") -> Iterator[History]:
        """Yield every object below the path of which a version or a marker is left, in the order of keys."""
        for key, entries in groupby(self._entries(below), key=itemgetter("Key")):
            yield _history(key, self._prefix, list(entries))

    def versions(self, below: str = "") -> Iterator[Version]:
        """Yield every version of every object below the path, live or not."""
        for history in self.histories(below):
            yield from history.versions

    def _entries(self, below: str) -> Iterator[Any]:
        """Yield versions and markers, key by key, newest first."""
        with self._translated(f"list {self._address(below)}"):
            pages = self._client.get_paginator("list_object_versions").paginate(
                Bucket=self._bucket, Prefix=self._prefix + below
            )
            for page in pages:
                entries = [*page.get("Versions", ()), *page.get("DeleteMarkers", ())]
                yield from sorted(
                    entries, key=lambda e: (e["Key"].encode(), not e["IsLatest"], -e["LastModified"].timestamp())
                )

    def content(self, path: str) -> bytes | None:
        """Return a small object's content, or None if there is no live one."""
        with self._translated(f"read {self._address(path)}"):
            try:
                return self._client.get_object(Bucket=self._bucket, Key=self._prefix + path)["Body"].read()
            except self._client.exceptions.NoSuchKey:
                return None

    def location(self) -> str:
        """Return the region in which the bucket lies, by the store's own word."""
        with self._translated(f"locate {self._address()}"):
            named = self._client.get_bucket_location(Bucket=self._bucket).get("LocationConstraint")
        return _OLD_NAMES.get(str(named), str(named)) if named else _FIRST_REGION

    def is_versioned(self) -> bool:
        """Whether a delete leaves a version: versioning is on, or was."""
        with self._translated(f"ask {self._address()} for its versioning"):
            return self._client.get_bucket_versioning(Bucket=self._bucket).get("Status") is not None

    def rules(self) -> tuple[Rule, ...]:
        """Return the lifecycle rules that the bucket really has, disabled ones included."""
        found = self._optional(self._client.get_bucket_lifecycle_configuration, _NO_RULES, "its lifecycle")
        return tuple(read_rule(number, rule) for number, rule in enumerate(found.get("Rules", ()), 1))

    def lock(self) -> str | None:
        """Return what the bucket's lock does by default (`governance P30D`, `no-default`); None if it has no lock."""
        found = self._optional(self._client.get_object_lock_configuration, _NO_LOCK, "its lock")
        configuration = found.get("ObjectLockConfiguration", {})
        if configuration.get("ObjectLockEnabled") != "Enabled":
            return None
        default = configuration.get("Rule", {}).get("DefaultRetention")
        if not default:
            return "no-default"
        length = f"P{default['Years']}Y" if "Years" in default else f"P{default['Days']}D"
        return f"{default['Mode'].lower()} {length}"

    def locked(self, version: Version) -> Locked:
        """Return what forbids to delete this version; one request."""
        with self._translated(f"ask {self._address(version.path)} for its lock"):
            head = self._client.head_object(Bucket=self._bucket, Key=version.key, VersionId=version.version_id)
        return Locked(head.get("ObjectLockRetainUntilDate"), head.get("ObjectLockLegalHoldStatus") == "ON")

    def _optional(self, ask: Any, absent: str, what: str) -> Any:  # noqa: ANN401 -- each answer has a type of its own
        """Ask for a setting of the bucket; an empty answer if the store says that there is none."""
        with self._translated(f"ask {self._address()} for {what}"):
            try:
                return ask(Bucket=self._bucket)
            except self._client.exceptions.ClientError as error:
                if code_of(error) == absent:
                    return {}
                raise

    def _address(self, below: str = "") -> str:
        return f"s3://{self._bucket}/{self._prefix}{below}"

    _translated = staticmethod(translated)

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]


def _history(key: str, prefix: str, entries: list[Any]) -> History:
    """Make a history of an object's entries, newest first: each is noncurrent since the one before it was written."""
    versions: list[Version] = []
    since: datetime | None = None
    newer = 0
    for entry in entries:
        if "ETag" in entry or "Size" in entry:
            versions.append(
                Version(
                    path=key.removeprefix(prefix),
                    key=key,
                    version_id=entry["VersionId"],
                    written_at=entry["LastModified"],
                    size=entry.get("Size", 0),
                    noncurrent_since=since,
                    newer=newer,
                )
            )
            newer += since is not None
        since = entry["LastModified"]
    return History(key, tuple(versions), len(entries) - len(versions))
