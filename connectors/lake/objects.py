"""Objects of one bucket: list, read, replace only what was read, and every version.

No write here can overwrite someone else's: a replacement and a deletion of the live object
name the entity tag that was read, and other deletions name one version.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import groupby
from typing import TYPE_CHECKING, Any

from connectors.lake.attributes import refuse_asleep
from connectors.lake.client import AccessRefused, HeldByStore, ObjectChanged, ObjectMissing, connected, translated
from connectors.lake.meter import Meter
from connectors.lake.pattern import Pattern
from connectors.lake.settings import LakeSettings
from connectors.lake.sources import ObjectSource

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of one object, as listed."""

    key: str
    etag: str
    size: int
    modified_at: datetime
    version_id: str | None = None
    """None: the live object, whichever version that is."""
    latest: bool = True
    marker: bool = False
    """A delete marker: no content."""
    storage_class: str = "STANDARD"


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that was never finished: its parts are stored, and can't be read."""

    key: str
    upload_id: str
    begun_at: datetime
    initiator: str | None
    """Who began it: an account's name in the store."""


class Bucket:
    """One bucket under one prefix."""

    def __init__(self, settings: LakeSettings, *, keys_name_people: bool = False) -> None:
        """Nothing is opened before first use; keys that name people stay out of messages."""
        self._settings = settings
        self._keys_name_people = keys_name_people
        self.meter = Meter()

    @cached_property
    def client(self) -> S3Client:
        """Return the client; the first use makes sure that the bucket lies where it should."""
        return connected(self._settings)

    @property
    def name(self) -> str:
        """Return the bucket's name."""
        return self._settings.bucket

    @property
    def least_part(self) -> int:
        """Return the least size in bytes of a part of an upload."""
        return self._settings.part

    def close(self) -> None:
        """Give connections back."""
        if "client" in self.__dict__:
            self.client.close()
            del self.__dict__["client"]

    def pattern(self, location: str) -> Pattern:
        """Return the dataset's pattern of full keys."""
        return Pattern(self._settings.prefix + location)

    def title(self, stored: Stored) -> str:
        """Name the object for messages."""
        version = f" version {stored.version_id}" if stored.version_id else ""
        return f"s3://{self.name}/{self._spoken(stored.key)}{version}"

    def _spoken(self, key: str) -> str:
        return f"{self._settings.prefix}..." if self._keys_name_people else key

    # -- listing

    def live(self, pattern: Pattern) -> Iterator[Stored]:
        """Yield the live objects by key."""
        listing = self.client.get_paginator("list_objects_v2")
        pages = listing.paginate(Bucket=self.name, Prefix=pattern.prefix, StartAfter=pattern.after)
        with self.doing("list", pattern.prefix):
            for page in pages:
                for entry in page.get("Contents", ()):
                    if pattern.is_past(entry["Key"]):
                        return
                    if pattern.matches(entry["Key"]):
                        listed = Stored(entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"])
                        yield replace(listed, storage_class=entry.get("StorageClass", "STANDARD"))

    def histories(self, pattern: Pattern) -> Iterator[tuple[str, tuple[Stored, ...]]]:
        """Yield, by key, every version and delete marker, whether or not a live object is left."""
        listed = self._versions(pattern.prefix, pattern.after)
        for key, versions in groupby(listed, key=lambda stored: stored.key):
            if pattern.is_past(key):
                return
            if pattern.matches(key):
                yield key, tuple(versions)

    def history(self, key: str) -> tuple[Stored, ...]:
        """Return every version and delete marker of one key."""
        return tuple(stored for stored in self._versions(key) if stored.key == key)

    def _versions(self, prefix: str, after: str = "") -> Iterator[Stored]:
        begin: Any = {"KeyMarker": after} if after else {}  # the stubs know of no first marker
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=prefix, **begin)
        with self.doing("list the versions of", prefix):
            for page in pages:
                yield from sorted(_entries(page), key=lambda stored: stored.key)

    def folders(self) -> tuple[str, ...]:
        """Return what lies directly under the prefix: folders (`viewing/`) and single objects."""
        root = self._settings.prefix
        pages = self.client.get_paginator("list_object_versions").paginate(Bucket=self.name, Prefix=root, Delimiter="/")
        found: set[str] = set()
        with self.doing("list", root):
            for page in pages:
                found |= {entry["Prefix"] for entry in page.get("CommonPrefixes", ())}
                found |= {stored.key for stored in _entries(page)}
        return tuple(sorted(name.removeprefix(root) for name in found))

    def uploads(self, pattern: Pattern) -> tuple[datetime, tuple[Upload, ...]]:
        """Return the store's own time, and the unfinished uploads of such keys."""
        found: list[Upload] = []
        now: datetime | None = None
        pages = self.client.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=pattern.prefix)
        with self.doing("list the uploads of", pattern.prefix):
            for page in pages:
                now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
                found += [
                    Upload(up["Key"], up["UploadId"], up["Initiated"], up.get("Initiator", {}).get("ID"))
                    for up in page.get("Uploads", ())
                ]
        assert now is not None  # noqa: S101 -- a paginator yields at least one page
        return now, tuple(upload for upload in found if pattern.matches(upload.key))

    # -- reading

    def stat(self, key: str) -> Stored:
        """Return the live object as it is now.

        Raises:
            ObjectMissing: there is none.

        """
        with self.doing("look at", key):
            head = self.client.head_object(Bucket=self.name, Key=key)
        stored = Stored(key, head["ETag"], head["ContentLength"], head["LastModified"])
        return replace(stored, storage_class=head.get("StorageClass", "STANDARD"))

    def source(self, stored: Stored) -> ObjectSource:
        """Return the content to be read by ranges, all of the same version.

        Raises:
            TerminalFailure: it lies in an archive and must be restored first.

        """
        refuse_asleep(stored.storage_class, self.title(stored))
        where, title = self.address(stored), self.title(stored)
        return ObjectSource(self.client, where, stored.etag, stored.size, title=title, meter=self.meter)

    def address(self, stored: Stored) -> dict[str, Any]:
        """Return the object as requests name it."""
        version = {"VersionId": stored.version_id} if stored.version_id else {}
        return {"Bucket": self.name, "Key": stored.key, **version}

    # -- writing; see also `transfer`

    def remove(self, read: Stored) -> None:
        """Delete the live object if it is still what was read (a versioned bucket sets a delete marker).

        Raises:
            ObjectChanged: it is another one by now; nothing was deleted.

        """
        try:
            with self.doing("delete", read.key):
                self.client.delete_object(Bucket=self.name, Key=read.key, IfMatch=read.etag)
        except ObjectChanged:
            with suppress(ObjectMissing):  # an answer got lost, and the retried request met our own deletion
                self.stat(read.key)
                raise

    def remove_version(self, stored: Stored) -> datetime | None:
        """Delete one version for good; return until when a lock forbids it, None when it was deleted.

        Raises:
            HeldByStore: a legal hold forbids it, which has no end.
            TerminalFailure: it is refused for another reason.

        """
        try:
            with self.doing("delete a version of", stored.key):
                self.client.delete_object(**self.address(stored))
        except AccessRefused:
            until = self._locked_until(stored)
            if until is None:
                raise
            return until
        return None

    def _locked_until(self, stored: Stored) -> datetime | None:
        with self.doing("read the lock of", stored.key):
            head = self.client.head_object(**self.address(stored))
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            message = f"{self.title(stored)} is under a legal hold of the store"
            raise HeldByStore(message, hint="have the hold lifted, then run again")
        return head.get("ObjectLockRetainUntilDate")

    def create(self, key: str, content: bytes) -> None:
        """Write a new object; raises ObjectChanged if there is one."""
        with self.doing("write", key):
            self.client.put_object(Bucket=self.name, Key=key, Body=content, IfNoneMatch="*")

    def abort(self, key: str, upload_id: str) -> None:
        """Throw the parts of an unfinished upload away; one that is finished or gone already is no error."""
        with suppress(ObjectChanged), self.doing("abort the upload of", key):
            self.client.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)

    @contextmanager
    def doing(self, verb: str, key: str) -> Iterator[None]:
        """Raise the store's errors as ours; see `client.translated`."""
        with translated(f"{verb} s3://{self.name}/{self._spoken(key)}"):
            yield


def _entries(page: Any) -> Iterator[Stored]:  # noqa: ANN401 -- the two listings have the same shape
    for entry in page.get("Versions", ()):
        listed = Stored(entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"], entry["VersionId"])
        yield replace(listed, latest=entry["IsLatest"], storage_class=entry.get("StorageClass", "STANDARD"))
    for entry in page.get("DeleteMarkers", ()):
        yield Stored(entry["Key"], "", 0, entry["LastModified"], entry["VersionId"], entry["IsLatest"], marker=True)
