"""A new object told as pieces: ranges of the old one that stay as they are, and bytes that are new.

An engine (Parquet, JSON Lines, CSV) reads a `Source` by ranges and answers with segments. Whoever writes the object
decides how a range travels: through the client, or by a copy inside the store that moves nothing through it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Verbatim:
    """Bytes [start, stop) of the old object, unchanged."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Fresh:
    """Bytes that the old object does not have."""

    content: bytes | memoryview


Segment = Verbatim | Fresh


class Source(Protocol):
    """An object as it was when it was opened: every read is of the same version."""

    @property
    def size(self) -> int:
        """Length in bytes."""

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop).

        Raises:
            TransientFailure: the store did not answer.
            ConcurrentWriteFailure: the object is no longer the version that was opened.

        """
