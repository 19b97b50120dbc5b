"""Bytes of objects' contents that go to and fro, counted; requests' own bytes and listings are not."""

from __future__ import annotations

from threading import Lock

from retention.model.volume import Moved


class Meter:
    """Counts for one bucket; threads may count at the same time."""

    def __init__(self) -> None:
        """Begin at nothing."""
        self._lock = Lock()
        self._moved = Moved()

    @property
    def moved(self) -> Moved:
        """Return what went so far."""
        return self._moved

    def count(self, *, read: int = 0, written: int = 0, copied: int = 0) -> None:
        """Add to it."""
        with self._lock:
            self._moved += Moved(read, written, copied)
