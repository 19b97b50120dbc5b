"""Sources that are no object of a store: a local file, and bytes."""

from __future__ import annotations

from threading import Lock
from typing import IO


class FileSource:
    """A seekable file. One reader at a time: the position is the file's own."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read this file; it stays open."""
        self._file, self._lock = file, Lock()
        self._size = file.seek(0, 2)

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        return self._size

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop); fewer where the file ends.

        Raises:
            OSError: the system's, as it is.

        """
        with self._lock:
            self._file.seek(start)
            return self._file.read(max(0, stop - start))


class Held:
    """Bytes in memory."""

    def __init__(self, content: bytes) -> None:
        """Read these bytes."""
        self._content = content

    @property
    def size(self) -> int:
        """Return their number."""
        return len(self._content)

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop)."""
        return self._content[start:stop]
