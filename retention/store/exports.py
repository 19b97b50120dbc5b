"""Sets for joint users in a folder."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from retention.errors import InputError, TransientFailure
from retention.store.durable import make_folder, sync_folder, write_beside

# no part starts with a dot: neither `..` nor our own half-written files can be named
_PATH = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")


class FolderExports:
    """Implements `ports.exports.ExportStore`."""

    def __init__(self, folder: Path) -> None:
        """Keep the folder; it is made with the first file."""
        self._folder = folder

    def put(self, path: str, content: bytes) -> None:
        """Put the file in place whole, whatever was there.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached():
            make_folder(file.parent)
            write_beside(file, content, 0o640).replace(file)
            sync_folder(file.parent)

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        file = self._inside(path)
        with self._reached():
            return file.read_bytes() if file.is_file() else None

    def paths(self, folder: str) -> tuple[str, ...]:
        """Return the files below the folder, sorted; half-written ones of a process that died as well.

        Raises:
            InputError: the path would leave the folder.
            TransientFailure: the folder cannot be used.

        """
        with self._reached():
            files = (file for file in self._inside(folder).rglob("*") if file.is_file())
            return tuple(sorted(file.relative_to(self._folder).as_posix() for file in files))

    def remove(self, path: str) -> None:
        """Remove the file; harmless if it is gone.

        Raises:
            TransientFailure: the folder cannot be used.

        """
        parts = path.split("/")
        file = self._inside("/".join(parts[:-1])) / parts[-1]  # a half-written file's name starts with a dot
        with self._reached():
            if file.parent.is_dir():
                file.unlink(missing_ok=True)
                sync_folder(file.parent)

    def _inside(self, path: str) -> Path:
        if _PATH.fullmatch(path) is None:
            raise InputError(f"exports: expected a path inside the folder of exports, found {path!r}")
        return self._folder / path

    @contextmanager
    def _reached(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise TransientFailure(
                f"folder of exports {self._folder}: cannot be used ({error.strerror})", hint="check the folder"
            ) from error
