"""A new object before it is published: the pieces of the old one, and what is new in a local temporary file.

It reads like the object it will be, so it can be checked first.
"""

from __future__ import annotations

import tempfile
from bisect import bisect_right
from collections.abc import Generator
from itertools import accumulate
from threading import Lock
from types import TracebackType
from typing import Self, TypeVar

from connectors.lake.parts import Kept, New, Piece, Send, joined, length
from connectors.lake.segments import Fresh, Segment, Source, Verbatim

_IN_MEMORY = 4 << 20

Told = TypeVar("Told")


class Draft:
    """A `Source` of the object that is to be; close it, or use it as a context manager."""

    def __init__(self, old: Source) -> None:
        """Begin with nothing, over the old object."""
        self._old = old
        self._new = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115 -- closed by `close`
        self._lock = Lock()
        self._pieces: tuple[Piece, ...] = ()
        self._ends: list[int] = []

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Throw the temporary file away."""
        self.close()

    def close(self) -> None:
        """Throw the temporary file away."""
        self._new.close()

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        return self._ends[-1] if self._ends else 0

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Return what it is made of."""
        return self._pieces

    @property
    def new(self) -> Source:
        """Return what is new alone, as a source of its own."""
        return _New(self)

    def fill(self, segments: Generator[Segment, None, Told]) -> Told:
        """Take in all segments; return what the generator returns.

        Raises:
            OSError: the temporary file cannot be written.

        """
        pieces: list[Piece] = []
        written = 0
        try:
            while True:
                match next(segments):
                    case Verbatim(start, stop):
                        _append(pieces, Kept(start, stop))
                    case Fresh(content):
                        self._new.write(content)
                        _append(pieces, New(written, written + len(content)))
                        written += len(content)
        except StopIteration as done:
            self._pieces = tuple(joined(pieces))
            self._ends = list(accumulate(map(length, self._pieces)))
            told: Told = done.value
            return told

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop) of the object that is to be; see `Source.read`."""
        found = []
        index = bisect_right(self._ends, start)
        while start < min(stop, self.size):
            piece, end = self._pieces[index], self._ends[index]
            here = min(stop, end)
            first = piece.start + start - (end - length(piece))
            found.append(self._piece(type(piece)(first, first + here - start)))
            start, index = here, index + 1
        return b"".join(found)

    def content(self, part: Send) -> bytes:
        """Return the bytes of a part that passes through the client."""
        return b"".join(map(self._piece, part.pieces))

    def _piece(self, piece: Piece) -> bytes:
        if isinstance(piece, Kept):
            return self._old.read(piece.start, piece.stop)
        with self._lock:
            self._new.seek(piece.start)
            return self._new.read(length(piece))


class _New:
    """What is new in a draft, end to end."""

    def __init__(self, draft: Draft) -> None:
        self._draft = draft
        self._pieces = [piece for piece in draft.pieces if isinstance(piece, New)]

    @property
    def size(self) -> int:
        return max((piece.stop for piece in self._pieces), default=0)

    def read(self, start: int, stop: int) -> bytes:
        return self._draft.content(Send((New(start, min(stop, self.size)),)))


def _append(pieces: list[Piece], piece: Piece) -> None:
    """Add the piece; one that goes on where the last ended becomes part of it, so that the list stays short."""
    last = pieces[-1] if pieces else None
    if last is not None and type(last) is type(piece) and last.stop == piece.start:
        pieces[-1] = type(piece)(last.start, piece.stop)
    else:
        pieces.append(piece)
