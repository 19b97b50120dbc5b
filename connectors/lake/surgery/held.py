"""Sources that are no object of a store: a local file, and bytes."""

from __future__ import annotations

import os
from threading import Lock
from typing import IO


class FileSource:
    """A seekable file. What it reads is at hand: nothing is gained by reading more than is asked."""

    def __init__(self, file: IO[bytes]) -> None:
        """Read this file; it stays open. One that the system knows is read by place, by many at a time."""
        self._file, self._lock = file, Lock()
        self._size = file.seek(0, 2)
        try:
            self._number: int | None = file.fileno()
        except OSError:  # bytes that only look like a file
            self._number = None

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        return self._size

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop); fewer where the file ends.

        Raises:
            OSError: the system's, as it is.

        """
        if self._number is not None:
            return _read(self._number, start, stop)
        with self._lock:
            self._file.seek(start)
            return self._file.read(max(0, stop - start))


def _read(number: int, start: int, stop: int) -> bytes:
    found = os.pread(number, max(0, stop - start), start)
    while found and start + len(found) < stop:  # the system gives at most 2 GiB at once
        more = os.pread(number, stop - start - len(found), start + len(found))
        if not more:
            break
        found += more
    return found


class Held:
    """Bytes in memory."""

    def __init__(self, content: bytes | memoryview) -> None:
        """Read these bytes."""
        self._content = content

    @property
    def size(self) -> int:
        """Return their number."""
        return len(self._content)

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop)."""
        return bytes(self._content[start:stop])

    def view(self, start: int, stop: int) -> memoryview:
        """Return bytes [start, stop) without a copy of them; all bytes stay in memory as long as it does."""
        return memoryview(self._content)[start:stop]
