"""Files written once and locked, and the checkpoint, replaced only if it is the one that was read."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, assert_never

from connectors.tiles_s3.client import Missing, Taken, make_client, translated
from connectors.tiles_s3.expiry import locked_until
from connectors.tiles_s3.settings import TilesSettings
from retention.errors import FoundError, InputError, SettingsError, TerminalFailure
from retention.ports.tiles import ObjectLock

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class S3Tiles:
    """Implements `retention.ports.tiles.TileStore`.

    Every write is conditional: a file that is written once with If-None-Match, the checkpoint with
    If-Match. With a lock, each version of each file is kept until its date, checkpoints too.
    """

    def __init__(self, settings: TilesSettings) -> None:
        """Open nothing before first use."""
        self._settings = settings
        self._found_lockable = False

    @cached_property
    def _client(self) -> S3Client:
        return make_client(self._settings)

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None.

        Raises:
            TransientFailure: the store cannot be reached.
            TerminalFailure: it refused.

        """
        found = self._found(path)
        return None if found is None else found[0]

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place, whatever was there; its earlier versions stay.

        Raises:
            TransientFailure: the store cannot be reached.
            TerminalFailure: it refused.

        """
        self._put(path, content)

    def write_once(self, path: str, content: bytes) -> None:
        """Put a file in place that never changes; nothing happens if it is there with these bytes.

        Raises:
            FoundError: it is there with other bytes; they stay.
            TransientFailure: the store cannot be reached.
            TerminalFailure: it refused.

        """
        try:
            self._put(path, content, {"IfNoneMatch": "*"})
        except Taken:
            if self.read(path) != content:
                raise FoundError(
                    f"{self._address(path)} is there with other bytes",
                    hint="another ledger has published here: bring the right one back, or give this log a new prefix",
                ) from None

    def replace(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Put the file in place if it is still `before` (None: absent); else return False and change nothing.

        Raises:
            TransientFailure: the store cannot be reached; whether it was replaced shows at the next reading.
            TerminalFailure: it refused.

        """
        found = self._found(path)
        if (None if found is None else found[0]) != before:
            return False
        condition = {"IfNoneMatch": "*"} if found is None else {"IfMatch": found[1]}
        try:
            self._put(path, after, condition)
        except (Taken, Missing):
            return False
        return True

    def close(self) -> None:
        """Give connections back."""
        if "_client" in self.__dict__:
            self._client.close()
            del self.__dict__["_client"]

    def _found(self, path: str) -> tuple[bytes, str] | None:
        """Return the live object's content and entity tag."""
        key = self._key(path)
        try:
            with translated(f"read {self._address(path)}"):
                answer = self._client.get_object(Bucket=self._settings.bucket, Key=key)
                return answer["Body"].read(), answer["ETag"]
        except Missing:
            return None

    def _put(self, path: str, content: bytes, condition: dict[str, Any] | None = None) -> None:
        key, lock = self._key(path), self._lock()
        with translated(f"write {self._address(path)}"):
            self._client.put_object(
                Bucket=self._settings.bucket,
                Key=key,
                Body=content,
                ChecksumAlgorithm="SHA256",  # a lock needs one
                ContentType="text/plain; charset=utf-8" if "/" not in path else "application/octet-stream",
                **lock,
                **(condition or {}),
            )

    def _lock(self) -> dict[str, Any]:
        match self._settings.lock:
            case ObjectLock.NONE:
                return {}
            case ObjectLock.GOVERNANCE | ObjectLock.COMPLIANCE:
                self._refuse_unlockable()
                until = locked_until(datetime.now(UTC), self._settings.retain)
                return {"ObjectLockMode": self._settings.lock.name, "ObjectLockRetainUntilDate": until}
            case _:
                assert_never(self._settings.lock)

    def _refuse_unlockable(self) -> None:
        """Ask once whether the bucket can lock at all: some stores ignore what they do not know."""
        if self._found_lockable:
            return
        bucket = self._settings.bucket
        try:
            with translated(f"read the Object Lock settings of s3://{bucket}"):
                answer = self._client.get_object_lock_configuration(Bucket=bucket)
                enabled = answer.get("ObjectLockConfiguration", {}).get("ObjectLockEnabled") == "Enabled"
        except Missing:
            enabled = False
        except TerminalFailure as error:
            if "ObjectLockConfigurationNotFoundError" not in error.message:
                raise
            enabled = False
        if not enabled:
            raise SettingsError(
                f"evidence: object_lock is {self._settings.lock.value}, and the bucket {bucket} has no Object Lock",
                hint="it can only be switched on for a bucket with versioning: make one, or write `object_lock: none`",
            )
        self._found_lockable = True

    def _key(self, path: str) -> str:
        if _PATH.fullmatch(path) is None:
            raise InputError(f"evidence: expected a path like tile/0/000 inside the log's prefix, found {path!r}")
        return self._settings.prefix + path

    def _address(self, path: str) -> str:
        return f"s3://{self._settings.bucket}/{self._settings.prefix}{path}"
