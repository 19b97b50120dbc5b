"""Removing files for good: on a disk, or on S3 with every version; what a lock keeps is a residue."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from connectors.lake.client import HeldByStore
from connectors.lake.objects import Bucket
from connectors.lake.settings import LakeSettings
from retention.model.outcome import Residue


class Files(Protocol):
    """Where a table's files lie."""

    def remove(self, address: str) -> tuple[Residue, ...]:
        """Remove one file; none is there is no error. Return what stays physically, and until when.

        Raises:
            TransientFailure, TerminalFailure: the store's; a legal hold is a TerminalFailure.

        """

    def exists(self, address: str) -> bool:
        """Whether the file, or an older version of it, is there."""


class LocalFiles:
    """Files on a disk."""

    def remove(self, address: str) -> tuple[Residue, ...]:
        """Remove one file."""
        _path(address).unlink(missing_ok=True)
        return ()

    def exists(self, address: str) -> bool:
        """Whether it is there."""
        return _path(address).exists()


class S3Files:
    """Objects of a bucket, versioned or not."""

    def __init__(self, settings: LakeSettings) -> None:
        """Open nothing before first use."""
        self._bucket = Bucket(settings)

    def remove(self, address: str) -> tuple[Residue, ...]:
        """Remove every version and delete marker; locked ones stay until their day."""
        found = []
        held: HeldByStore | None = None
        for stored in self._bucket.history(urlsplit(address).path.lstrip("/")):
            try:
                until = self._bucket.remove_version(stored)
            except HeldByStore as error:
                held = error
                continue
            if until is not None:
                found.append(Residue("locked-version", until))
        if held is not None:
            raise held
        return tuple(found)

    def exists(self, address: str) -> bool:
        """Whether any version is there."""
        return bool(self._bucket.history(urlsplit(address).path.lstrip("/")))

    def close(self) -> None:
        """Give connections back."""
        self._bucket.close()


def _path(address: str) -> Path:
    return Path(address.removeprefix("file://"))
