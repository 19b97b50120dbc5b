"""How a new object travels: which ranges the store copies by itself, and which pass through the client. Pure.

A multipart upload is a row of parts; each but the last has a least size, each a greatest, and there is a
greatest number of them. A range that stays is worth a part of its own only if it reaches the least size; the
part before it may have to borrow its first bytes to reach the least size too.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import TypeAlias

from retention.errors import TerminalFailure

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class Limits:
    """The store's rules for parts, in bytes: docs.aws.amazon.com/AmazonS3/latest/userguide/qfacts.html."""

    least: int = 5 * _MIB
    """Of every part but the last."""
    most: int = 5 << 30
    count: int = 10_000
    sent: int = 16 * _MIB
    """How much a part that passes through the client holds: also how much of it is in memory."""


@dataclass(frozen=True, slots=True)
class Kept:
    """Bytes [start, stop) of the old object."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class New:
    """Bytes [start, stop) of what was newly written."""

    start: int
    stop: int


Piece: TypeAlias = Kept | New


@dataclass(frozen=True, slots=True)
class Copy:
    """A part that the store copies out of the old object."""

    start: int
    stop: int


@dataclass(frozen=True, slots=True)
class Send:
    """A part that passes through the client."""

    pieces: tuple[Piece, ...]

    @property
    def size(self) -> int:
        """Return its length in bytes."""
        return sum(map(length, self.pieces))


Part: TypeAlias = Copy | Send


def length(piece: Piece | Copy) -> int:
    """Return how many bytes the piece has."""
    return piece.stop - piece.start


def joined(pieces: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the pieces with neighbours made one, and without empty ones."""
    held: Piece | None = None
    for piece in pieces:
        if not length(piece):
            continue
        if held is not None and type(held) is type(piece) and held.stop == piece.start:
            held = type(piece)(held.start, piece.stop)
            continue
        if held is not None:
            yield held
        held = piece
    if held is not None:
        yield held


def plan_parts(pieces: Iterable[Piece], limits: Limits) -> tuple[Part, ...]:
    """Return the parts that make up the pieces, in order.

    Raises:
        TerminalFailure: the object is larger than so many parts of the greatest size.

    """
    whole = tuple(joined(pieces))
    total = sum(map(length, whole))
    least = max(limits.least, -(-total // max(1, limits.count - 1)))
    if least > limits.most:
        raise TerminalFailure(f"an object of {total} bytes has more than {limits.count} parts of {limits.most} bytes")
    return tuple(_parts(whole, least, limits))


def _parts(whole: tuple[Piece, ...], least: int, limits: Limits) -> Iterator[Part]:
    gathered = _Gathered(max(limits.sent, 2 * least))  # twice: so that a half is not too small
    for piece in whole:
        borrowed = max(0, least - gathered.size) if gathered.size else 0
        if isinstance(piece, Kept) and length(piece) - borrowed >= least:
            gathered.add(Kept(piece.start, piece.start + borrowed))
            yield from gathered.all()
            yield from _copies(piece.start + borrowed, piece.stop, limits.most)
        else:
            gathered.add(piece)
            yield from gathered.full()
    yield from gathered.all()


def _copies(start: int, stop: int, most: int) -> Iterator[Copy]:
    """Yield copies of about one size, so that none is too small."""
    number = -(-(stop - start) // most)
    edges = [start + (stop - start) * index // number for index in range(number + 1)]
    for first, last in pairwise(edges):
        yield Copy(first, last)


class _Gathered:
    """Pieces for the client to send, cut into parts of one size."""

    def __init__(self, part: int) -> None:
        self._part = part
        self._pieces: deque[Piece] = deque()
        self.size = 0

    def add(self, piece: Piece) -> None:
        if length(piece):
            self._pieces.append(piece)
            self.size += length(piece)

    def full(self) -> Iterator[Send]:
        """Yield parts of full size while there is more than one."""
        while self.size > self._part:
            yield self._take(self._part)

    def all(self) -> Iterator[Send]:
        """Yield what is left, in parts of about one size."""
        for number in range(-(-self.size // self._part), 0, -1):
            yield self._take(-(-self.size // number))

    def _take(self, wanted: int) -> Send:
        taken: list[Piece] = []
        self.size -= wanted
        while wanted:
            piece = self._pieces.popleft()
            if length(piece) > wanted:
                cut = piece.start + wanted
                self._pieces.appendleft(type(piece)(cut, piece.stop))
                piece = type(piece)(piece.start, cut)
            taken.append(piece)
            wanted -= length(piece)
        return Send(tuple(taken))
