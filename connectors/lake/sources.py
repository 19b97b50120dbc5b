"""Objects to read from: one version by ranges, what was read kept at hand, and a file over it for libraries."""

from __future__ import annotations

import io
import tempfile
from bisect import bisect_left, insort
from collections.abc import Iterator
from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from connectors.lake.client import translated
from connectors.lake.meter import Meter
from connectors.lake.segments import Source
from retention.errors import TransientFailure

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_BUFFER = 1 << 20
WHOLE: Final = 1 << 18
"""Bytes up to which an object is fetched at once: footer, magic and a column by themselves are three requests."""


class ObjectSource:
    """One version of one object; see `segments.Source`. Every read names the version's entity tag."""

    def __init__(
        self, client: S3Client, address: dict[str, Any], etag: str, size: int, *, title: str, meter: Meter
    ) -> None:
        """Read nothing yet; `address` is what `get_object` takes."""
        self._client, self._address, self._etag, self._title = client, address, etag, title
        self._size, self._meter = size, meter

    @property
    def size(self) -> int:
        """Return the length as it was listed."""
        return self._size

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop); ObjectChanged if it is another object by now."""
        stop = min(stop, self._size)
        if start >= stop:
            return b""
        with translated(f"read {self._title}"):
            answer = self._client.get_object(**self._address, IfMatch=self._etag, Range=f"bytes={start}-{stop - 1}")
            content: bytes = answer["Body"].read()
        self._meter.count(read=len(content))
        if len(content) != stop - start:
            raise TransientFailure(f"read {self._title}: the store sent another number of bytes than asked")
        return content


class Whole:
    """A small source, fetched as a whole when the first of its bytes is asked for, and held in memory."""

    def __init__(self, source: Source) -> None:
        """Fetch nothing yet."""
        self._source, self._lock = source, Lock()
        self._content: bytes | None = None

    @property
    def size(self) -> int:
        """Return the source's."""
        return self._source.size

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop); the first call fetches all, and raises as the source does."""
        with self._lock:
            if self._content is None:
                self._content = self._source.read(0, self.size)
        return self._content[start:stop]


class Remembering:
    """A source of which no byte is fetched twice: what was read lies in a local temporary file."""

    def __init__(self, source: Source) -> None:
        """Remember nothing yet; close it when done."""
        self._source = source
        self._file = tempfile.TemporaryFile()  # noqa: SIM115 -- closed by `close`; sparse
        self._lock = Lock()
        self._edges: list[int] = []
        """Where remembered ranges begin and end, by turns."""

    @property
    def size(self) -> int:
        """Return the source's."""
        return self._source.size

    def close(self) -> None:
        """Throw the temporary file away."""
        self._file.close()

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop); fetches only what is missing."""
        with self._lock:
            return self._read(start, min(stop, self.size))

    def _read(self, start: int, stop: int) -> bytes:
        for first, last in list(self._missing(start, stop)):
            content = self._source.read(first, last)
            self._file.seek(first)
            self._file.write(content)
            self._remember(first, last)
        self._file.seek(start)
        return self._file.read(max(0, stop - start))

    def _missing(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        index = bisect_left(self._edges, start + 1)
        while start < stop:
            edge = self._edges[index] if index < len(self._edges) else stop
            if index % 2 == 0 and start < edge:  # between two remembered ranges
                yield start, min(edge, stop)
            start, index = max(start, edge), index + 1

    def _remember(self, start: int, stop: int) -> None:
        for edge in (start, stop):
            index = bisect_left(self._edges, edge)
            if index < len(self._edges) and self._edges[index] == edge:
                del self._edges[index]  # it touches a remembered range: one range from now on
            else:
                insort(self._edges, edge)


class SourceFile(io.RawIOBase):
    """A seekable file over a source, for libraries that want one."""

    def __init__(self, source: Source) -> None:
        """Begin at the start."""
        self._source, self._at = source, 0

    def readable(self) -> bool:
        """Return True."""
        return True

    def seekable(self) -> bool:
        """Return True."""
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, as files do."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._source.size}[whence]
        self._at = base + offset
        return self._at

    def tell(self) -> int:
        """Return where it is."""
        return self._at

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 -- any writable buffer, as the base class has it
        """Read as much as fits."""
        content = self._source.read(self._at, min(self._at + len(buffer), self._source.size))
        buffer[: len(content)] = content
        self._at += len(content)
        return len(content)


def opened(source: Source) -> io.BufferedReader:
    """Return a buffered file over the source."""
    return io.BufferedReader(SourceFile(source), _BUFFER)
