"""The evidence log's files in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import InputError, TransientFailure
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
            try:
                return file.read_bytes()
            except (FileNotFoundError, NotADirectoryError):
                return None

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place whole: a reader sees the old or the new, never a part. Durable on return.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached():
            make_folder(file.parent)
            passing = write_beside(file, content, 0o644)
            try:
                passing.replace(file)
            except OSError:
                passing.unlink()
                raise
            sync_folder(file.parent)

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
