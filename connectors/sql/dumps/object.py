"""One object that holds a dump. Who replaces it replaces what he read, and then removes every earlier version."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from email.utils import parsedate_to_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Final

from connectors import aws
from connectors.sql.settings import SqlOptions
from retention.errors import ConcurrentWriteFailure, TerminalFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client


def _changed(doing: str) -> ConcurrentWriteFailure:
    return ConcurrentWriteFailure(f"{doing}: someone else wrote it first", hint="run again")


_WORDS: Final = aws.Words(
    meanings=dict.fromkeys(("PreconditionFailed", "ConditionalRequestConflict", "412", "409"), _changed)
)


class DumpObject:
    """The object at `dump` of the settings."""

    def __init__(self, options: SqlOptions) -> None:
        """Open nothing before first use."""
        assert options.dump is not None  # noqa: S101 -- narrows the type; a dump store is made of it
        self._options = options
        self._bucket, self._key = options.dump

    @property
    def address(self) -> str:
        """Return where it lies."""
        return f"s3://{self._bucket}/{self._key}"

    @cached_property
    def _client(self) -> S3Client:
        client: S3Client = aws.make_client("s3", self._options, attempts=5, adaptive=True)
        return client

    def fetch(self, target: Path) -> str:
        """Write the dump into the file; return the entity tag that `replace` asks for."""
        with self._translated("read"):
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key)
            with target.open("wb") as file:
                for part in answer["Body"].iter_chunks():
                    file.write(part)
            return answer["ETag"]

    def refuse_locked(self) -> None:
        """Return if every version may go, by the store's own clock.

        Raises:
            TerminalFailure: one is locked: it can only be kept out of use, and expire.

        """
        for version in self._versions():
            with self._translated("look at"):
                head = self._client.head_object(Bucket=self._bucket, Key=self._key, VersionId=version)
            now = parsedate_to_datetime(head["ResponseMetadata"]["HTTPHeaders"]["date"])
            until = head.get("ObjectLockRetainUntilDate")
            held = head.get("ObjectLockLegalHoldStatus") == "ON"
            if held or (until is not None and until > now):
                by = "a legal hold" if held else f"a lock until {until:%Y-%m-%d}"
                raise TerminalFailure(
                    f"{self.address}: {by} keeps a version; nothing was done",
                    hint="let it expire, and replay on restore: `retention restore gate`",
                )

    def replace(self, content: Path, tag: str) -> None:
        """Put the file in the place of what was fetched, with what was noted about it.

        Raises:
            ConcurrentWriteFailure: someone else wrote it since.

        """
        with self._translated("write"), content.open("rb") as file:
            head = self._client.head_object(Bucket=self._bucket, Key=self._key)
            self._client.put_object(
                Bucket=self._bucket,
                Key=self._key,
                Body=file,
                IfMatch=tag,
                ContentType=head.get("ContentType", "binary/octet-stream"),
                Metadata=head.get("Metadata", {}),
            )

    def remove_earlier(self) -> int:
        """Remove every version but the current one; return how many went."""
        earlier = list(self._versions())[1:]
        with self._translated("remove earlier versions of"):
            for version in earlier:
                self._client.delete_object(Bucket=self._bucket, Key=self._key, VersionId=version)
        return len(earlier)

    def _versions(self) -> Iterator[str]:
        """Yield the object's versions, the current one first; one without a version is its own only one."""
        pages = self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, Prefix=self._key)
        with self._translated("list versions of"):
            found = [entry for page in pages for entry in page.get("Versions", ()) if entry["Key"] == self._key]
        yield from (entry["VersionId"] for entry in sorted(found, key=lambda entry: not entry["IsLatest"]))

    def _translated(self, doing: str) -> AbstractContextManager[None]:
        return _WORDS.translated(f"{doing} {self.address}")

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
