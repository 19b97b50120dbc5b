"""Objects of one bucket: list, read, replace only what was read, and every version.

No write here can overwrite someone else's: a replacement and a deletion of the live object
name the entity tag that was read, and other deletions name one version.
"""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import cached_property
from itertools import groupby
from typing import IO, TYPE_CHECKING, Any
from urllib.parse import urlencode

from connectors.lake.client import AccessRefused, ObjectChanged, make_client, translated
from connectors.lake.pattern import Pattern
from connectors.lake.settings import LakeSettings
from retention.errors import TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_CHUNK = 1 << 20
_KEPT = (
    "ContentType",
    "ContentEncoding",
    "ContentDisposition",
    "ContentLanguage",
    "CacheControl",
    "WebsiteRedirectLocation",
    "Metadata",
    "StorageClass",
    "ServerSideEncryption",
    "SSEKMSKeyId",
    "BucketKeyEnabled",
)
"""What a replacement takes over from the object it replaces; tags are read beside it."""


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


@dataclass(frozen=True, slots=True)
class Upload:
    """A multipart upload that was never finished: its parts are stored, and can't be read."""

    key: str
    upload_id: str
    begun_at: datetime


class Bucket:
    """One bucket under one prefix."""

    def __init__(self, settings: LakeSettings) -> None:
        """Nothing is opened before first use."""
        self._settings = settings

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._settings)

    @property
    def _name(self) -> str:
        return self._settings.bucket

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def pattern(self, location: str) -> Pattern:
        """Return the dataset's pattern of full keys."""
        return Pattern(self._settings.prefix + location)

    def title(self, stored: Stored) -> str:
        """Name the object for messages."""
        version = f" version {stored.version_id}" if stored.version_id else ""
        return f"s3://{self._name}/{stored.key}{version}"

    # -- listing

    def live(self, pattern: Pattern) -> Iterator[Stored]:
        """Yield the live objects by key."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._name, Prefix=pattern.prefix)
        with self._doing("list", pattern.prefix):
            for page in pages:
                for entry in page.get("Contents", ()):
                    if pattern.matches(entry["Key"]):
                        yield Stored(entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"])

    def histories(self, pattern: Pattern) -> Iterator[tuple[str, tuple[Stored, ...]]]:
        """Yield, by key, every version and delete marker, whether or not a live object is left."""
        for key, versions in groupby(self._versions(pattern.prefix), key=lambda stored: stored.key):
            if pattern.matches(key):
                yield key, tuple(versions)

    def history(self, key: str) -> tuple[Stored, ...]:
        """Return every version and delete marker of one key."""
        return tuple(stored for stored in self._versions(key) if stored.key == key)

    def _versions(self, prefix: str) -> Iterator[Stored]:
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._name, Prefix=prefix)
        with self._doing("list the versions of", prefix):
            for page in pages:
                yield from sorted(_entries(page), key=lambda stored: stored.key)

    def folders(self) -> tuple[str, ...]:
        """Return what lies directly under the prefix: folders (`viewing/`) and single objects."""
        root = self._settings.prefix
        pages = self._client.get_paginator("list_object_versions").paginate(
            Bucket=self._name, Prefix=root, Delimiter="/"
        )
        found: set[str] = set()
        with self._doing("list", root):
            for page in pages:
                found |= {entry["Prefix"] for entry in page.get("CommonPrefixes", ())}
                found |= {stored.key for stored in _entries(page)}
        return tuple(sorted(name.removeprefix(root) for name in found))

    def uploads(self, pattern: Pattern) -> tuple[datetime, tuple[Upload, ...]]:
        """Return the store's own time, and the unfinished uploads of such keys."""
        found: list[Upload] = []
        now: datetime | None = None
        pages = self._client.get_paginator("list_multipart_uploads").paginate(Bucket=self._name, Prefix=pattern.prefix)
        with self._doing("list the uploads of", pattern.prefix):
            for page in pages:
                now = parsedate_to_datetime(page["ResponseMetadata"]["HTTPHeaders"]["date"])
                found += [Upload(up["Key"], up["UploadId"], up["Initiated"]) for up in page.get("Uploads", ())]
        assert now is not None  # noqa: S101 -- a paginator yields at least one page
        return now, tuple(upload for upload in found if pattern.matches(upload.key))

    # -- reading

    def stat(self, key: str) -> Stored:
        """Return the live object as it is now.

        Raises:
            ObjectMissing: there is none.

        """
        with self._doing("look at", key):
            head = self._client.head_object(Bucket=self._name, Key=key)
        return Stored(key, head["ETag"], head["ContentLength"], head["LastModified"])

    @contextmanager
    def whole(self, stored: Stored) -> Iterator[IO[bytes]]:
        """Give the content as a local file without a name.

        One request reads it all, so it is one version's content even if someone writes meanwhile.
        """
        with tempfile.TemporaryFile() as file:
            with self._doing("read", stored.key):
                answer = self._client.get_object(**self._address(stored), IfMatch=stored.etag)
                for chunk in answer["Body"].iter_chunks(_CHUNK):
                    file.write(chunk)
            file.seek(0)
            yield file

    @contextmanager
    def ranged(self, stored: Stored) -> Iterator[IO[bytes]]:
        """Give a seekable reader that fetches only the parts asked for; ObjectChanged if it is overwritten."""
        with io.BufferedReader(_Ranged(self, stored), _CHUNK) as reader:
            yield reader

    def _part(self, stored: Stored, start: int, stop: int) -> bytes:
        with self._doing("read", stored.key):
            answer = self._client.get_object(
                **self._address(stored), IfMatch=stored.etag, Range=f"bytes={start}-{stop - 1}"
            )
            return answer["Body"].read()

    def _address(self, stored: Stored) -> dict[str, Any]:
        version = {"VersionId": stored.version_id} if stored.version_id else {}
        return {"Bucket": self._name, "Key": stored.key, **version}

    # -- writing

    def replace(self, read: Stored, content: IO[bytes]) -> Stored:
        """Put new content in the place of exactly what was read, with its type, metadata, tags, class and encryption.

        Raises:
            ObjectChanged: it is another one by now; nothing was written.

        """
        attributes = self._attributes(read)
        size = content.seek(0, io.SEEK_END)
        content.seek(0)
        try:
            with self._doing("write", read.key):
                answer = self._client.put_object(
                    Bucket=self._name, Key=read.key, Body=content, IfMatch=read.etag, **attributes
                )
        except ObjectChanged:
            return self._already(read, content)
        return Stored(read.key, answer["ETag"], size, read.modified_at)

    def _attributes(self, read: Stored) -> dict[str, Any]:
        with self._doing("look at", read.key):
            head: dict[str, Any] = {**self._client.head_object(**self._address(read), IfMatch=read.etag)}
        with self._doing("read the tags of", read.key):
            tags = self._client.get_object_tagging(**self._address(read))["TagSet"]
        kept = {name: head[name] for name in _KEPT if name in head}
        return kept | ({"Tagging": urlencode({tag["Key"]: tag["Value"] for tag in tags})} if tags else {})

    def _already(self, read: Stored, content: IO[bytes]) -> Stored:
        """Return the live object if it is what we wrote: an answer got lost and the retry met our own write."""
        live = self.stat(read.key)
        with self.whole(live) as file:
            content.seek(0)
            if _same(content, file):
                return live
        raise ObjectChanged(f"write s3://{self._name}/{read.key}: someone else wrote it first", hint="run again")

    def remove(self, read: Stored) -> None:
        """Delete the live object if it is still what was read (a versioned bucket sets a delete marker).

        Raises:
            ObjectChanged: it is another one by now; nothing was deleted.

        """
        with self._doing("delete", read.key):
            self._client.delete_object(Bucket=self._name, Key=read.key, IfMatch=read.etag)

    def remove_version(self, stored: Stored) -> datetime | None:
        """Delete one version for good; return until when a lock forbids it, None when it was deleted.

        Raises:
            TerminalFailure: it is refused for another reason, or by a legal hold, which has no end.

        """
        try:
            with self._doing("delete a version of", stored.key):
                self._client.delete_object(**self._address(stored))
        except AccessRefused:
            until = self._locked_until(stored)
            if until is None:
                raise
            return until
        return None

    def _locked_until(self, stored: Stored) -> datetime | None:
        with self._doing("read the lock of", stored.key):
            head = self._client.head_object(**self._address(stored))
        if head.get("ObjectLockLegalHoldStatus") == "ON":
            message = f"{self.title(stored)} is under a legal hold of the store"
            raise TerminalFailure(message, hint="have the hold lifted, then run again")
        return head.get("ObjectLockRetainUntilDate")

    def create(self, key: str, content: bytes) -> None:
        """Write a new object; raises ObjectChanged if there is one."""
        with self._doing("write", key):
            self._client.put_object(Bucket=self._name, Key=key, Body=content, IfNoneMatch="*")

    def abort(self, upload: Upload) -> None:
        """Throw the parts of an unfinished upload away."""
        with self._doing("abort the upload of", upload.key):
            self._client.abort_multipart_upload(Bucket=self._name, Key=upload.key, UploadId=upload.upload_id)

    @contextmanager
    def _doing(self, verb: str, key: str) -> Iterator[None]:
        with translated(f"{verb} s3://{self._name}/{key}"):
            yield


class _Ranged(io.RawIOBase):
    """Reads one version of one object part by part."""

    def __init__(self, bucket: Bucket, stored: Stored) -> None:
        self._bucket, self._stored, self._at = bucket, stored, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._stored.size}[whence]
        self._at = base + offset
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- any writable buffer, as the base class has it
        stop = min(self._at + len(buffer), self._stored.size)
        if stop <= self._at:
            return 0
        part = self._bucket._part(self._stored, self._at, stop)  # noqa: SLF001 -- a part of the same module
        buffer[: len(part)] = part
        self._at += len(part)
        return len(part)


def _entries(page: Any) -> Iterator[Stored]:  # noqa: ANN401 -- the two listings have the same shape
    for entry in page.get("Versions", ()):
        yield Stored(
            entry["Key"], entry["ETag"], entry["Size"], entry["LastModified"], entry["VersionId"], entry["IsLatest"]
        )
    for entry in page.get("DeleteMarkers", ()):
        yield Stored(entry["Key"], "", 0, entry["LastModified"], entry["VersionId"], entry["IsLatest"], marker=True)


def _same(left: IO[bytes], right: IO[bytes]) -> bool:
    while True:
        one, other = left.read(_CHUNK), right.read(_CHUNK)
        if one != other:
            return False
        if not one:
            return True
