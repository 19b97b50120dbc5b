"""Where the evidence log's files lie: a folder or a bucket that anybody may read."""

from __future__ import annotations

from typing import Protocol


class TileStore(Protocol):
    """Files by relative path (`checkpoint`, `tile/0/000.p/3`)."""

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place whole: a reader sees the old or the new, never a part. Durable on return."""
        ...
