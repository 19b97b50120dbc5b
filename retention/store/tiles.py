"""The evidence log's files in a folder."""

from __future__ import annotations

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import FoundError, InputError, TransientFailure
from retention.store.durable import make_folder, sync_folder, write_beside

# no part starts with a dot: neither `..` nor our own half-written files can be named
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class FolderTiles:
    """Implements `ports.tiles.TileStore`; anybody may read the folder."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made with the first file."""
        self._folder = folder

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached():
            return _content(file)

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place whole: a reader sees the old or the new, never a part. Durable on return.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached():
            _put(file, content)

    def write_once(self, path: str, content: bytes) -> None:
        """Put a file in place that never changes; nothing happens if it is there with these bytes.

        Raises:
            FoundError: it is there with other bytes; they stay.
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached(), self._alone():
            found = _content(file)
            if found is None:
                _put(file, content)
            elif found == content:
                sync_folder(file.parent)  # whoever wrote it may have died before its name was durable
            else:
                raise FoundError(
                    f"evidence folder {self._folder}: {path} is there with other bytes",
                    hint="another ledger has published here, or the file was changed: bring the right one back",
                )

    def replace(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Put the file in place if it is still `before` (None: absent); else return False and change nothing.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached(), self._alone():
            if _content(file) != before:
                return False
            _put(file, after)
        return True

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let one writer at a time look and write; the lock goes with the process that holds it."""
        make_folder(self._folder)
        with (self._folder / ".lock").open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _inside(self, path: str) -> Path:
        if _PATH.fullmatch(path) is None:
            raise InputError(f"evidence: expected a path like tile/0/000 inside the log's folder, found {path!r}")
        return self._folder / path

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientFailure(
                f"evidence folder {self._folder}: cannot be used ({error.strerror})", hint="check the folder"
            ) from error


def _content(file: Path) -> bytes | None:
    try:
        return file.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None


def _put(file: Path, content: bytes) -> None:
    make_folder(file.parent)
    passing = write_beside(file, content, 0o644)
    try:
        passing.replace(file)
    except OSError:
        passing.unlink()
        raise
    sync_folder(file.parent)
