"""What stays of a text and what is new, as segments: a long run that stays is named, a short one is handed on.

A short run costs less to write again than to copy inside the store, and its bytes are in hand anyway.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from connectors.lake.blocks import Block
from connectors.lake.change import Counts
from connectors.lake.segments import Fresh, Segment, Verbatim


@dataclass(frozen=True, slots=True)
class Edit:
    """Bytes [start, stop) of a block become something else; empty: they go."""

    start: int
    stop: int
    new: bytes


@dataclass(frozen=True, slots=True)
class Edited:
    """A block, what becomes of it, and what that counts."""

    block: Block
    edits: tuple[Edit, ...]
    counts: Counts


_AT_ONCE = 1 << 20

Segments: TypeAlias = Generator[Segment, None, Counts]


def texts(edited: Iterable[Edited]) -> Generator[bytes, None, Counts]:
    """Yield the new text, a block at a time; return what was done."""
    total = Counts()
    for each in edited:
        total += each.counts
        yield b"".join(_pieces(each))
    return total


def _pieces(each: Edited) -> Iterator[bytes]:
    done = 0
    for edit in each.edits:
        yield each.block.content[done : edit.start]
        yield edit.new
        done = edit.stop
    yield each.block.content[done:]


class Told(Iterator[bytes]):
    """The new text, block by block; `told` is what was done, once it has been read to its end."""

    def __init__(self, text: Generator[bytes, None, Counts]) -> None:
        """Begin with nothing told."""
        self._text = text
        self.told = Counts()

    def __next__(self) -> bytes:
        """Return the next block."""
        try:
            return next(self._text)
        except StopIteration as done:
            self.told = done.value
            raise


def segments(edited: Iterable[Edited], least: int) -> Segments:
    """Yield what stays, in runs of at least `least` bytes, and the rest as new; return what was done."""
    total = Counts()
    run = _Run(least)
    for each in edited:
        total += each.counts
        start, content = each.block.start, each.block.content
        done = 0
        for edit in each.edits:
            run.stays(start + done, content[done : edit.start])
            yield from run.changes(edit.new)
            done = edit.stop
        run.stays(start + done, content[done:])
    yield from run.ends()
    return total


class _Run:
    """Neighbouring bytes that stay, in hand until they are long enough to be named, and what is new before them."""

    def __init__(self, least: int) -> None:
        self._least = least
        self._start = self._stop = 0
        self._held: list[bytes] = []
        self._fresh: list[bytes] = []
        self._size = 0

    def stays(self, start: int, content: bytes) -> None:
        if self._start == self._stop:
            self._start = self._stop = start
        self._stop += len(content)
        if self._stop - self._start >= self._least:
            self._held.clear()
        elif content:
            self._held.append(content)

    def changes(self, new: bytes) -> Iterator[Segment]:
        if self._stop - self._start >= self._least:
            yield from self._flush()
            yield Verbatim(self._start, self._stop)
        else:
            self._fresh += self._held
            self._size += self._stop - self._start
        self._held.clear()
        self._start = self._stop
        self._fresh.append(new)
        self._size += len(new)
        if self._size >= _AT_ONCE:
            yield from self._flush()

    def ends(self) -> Iterator[Segment]:
        yield from self.changes(b"")
        yield from self._flush()

    def _flush(self) -> Iterator[Segment]:
        if self._size:
            yield Fresh(b"".join(self._fresh))
        self._fresh.clear()
        self._size = 0
