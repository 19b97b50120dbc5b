"""A file without some rows: untouched chunks stay byte by byte, touched ones are made anew, the footer is right.

Row groups come in the order of the file, and chunks in the order of the schema. Chunks are made by
threads, a few ahead of the one that is being written, so memory is bounded by some chunks.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

from connectors.lake.segments import Fresh, Segment, Source, Verbatim
from connectors.lake.surgery.chunks import Described, NewChunk
from connectors.lake.surgery.column import FIRST, moved, shifted
from connectors.lake.surgery.edit import GroupEdit
from connectors.lake.surgery.fields import Chunk, File, Group, Meta
from connectors.lake.surgery.footer import MAGIC, Footer, damaged, meta_of, rows_of, span
from connectors.lake.surgery.make import SMALL_GROUP, Job, Notes, make, units
from connectors.lake.surgery.shape import BLOOM_HEADER, OFFSET_INDEX, Shape, checked
from connectors.lake.surgery.thrift import (
    I16,
    I32,
    I64,
    LIST,
    STRUCT,
    CorruptThriftError,
    Struct,
    get,
    items,
    read_struct,
    write_struct,
)

THREADS: Final = 2
_AHEAD: Final = 3
"""Units of work per thread that are begun before they are needed."""
_AT_ONCE: Final = 32 << 20
"""Indexes are read in one piece up to so many bytes."""


@dataclass(slots=True)
class _Index:
    """A chunk that will be in the new file, and its indexes to be."""

    chunk: Struct
    by: int = 0
    """How far an old chunk moved."""
    new: Described | None = None
    at: int = 0
    """Where a new chunk stands."""


class Rewriting:
    """One run over one file. `notes` are complete when `segments` is used up."""

    def __init__(self, name: str, source: Source, footer: Footer, edits: Iterable[tuple[int, GroupEdit]]) -> None:
        """Take edits by row group, ascending; groups without one stay as they are."""
        self._source, self._footer, self._edits = source, footer, iter(edits)
        self.notes = Notes()
        self._job = Job(name, source, footer, self.notes)
        self._at = 0
        self._groups: list[Struct] = []
        self._indexes: list[_Index] = []

    def segments(self) -> Iterator[Segment]:
        """Yield the new file from its first byte to its last; neighbours that stay mostly come as one."""
        return _joined(self._all())

    def _all(self) -> Iterator[Segment | None]:
        """Yield the pieces, and None where the next one has to be waited for."""
        yield self._counted(Verbatim(0, len(MAGIC)))
        with ThreadPoolExecutor(THREADS) if self._footer.rows >= SMALL_GROUP else _Here() as pool:
            done = -1
            for number, edit, chunks in self._made(pool):
                for untouched in range(done + 1, number):
                    yield from self._same_group(self._footer.groups[untouched])
                if edit.rows_left:
                    yield from self._new_group(self._footer.groups[number], edit, chunks)
                done = number
            for untouched in range(done + 1, len(self._footer.groups)):
                yield from self._same_group(self._footer.groups[untouched])
        yield from self._blooms()
        yield from self._column_indexes()
        yield from self._offset_indexes()
        yield from self._end()

    def _counted(self, segment: Segment) -> Segment:
        self._at += len(segment.content) if isinstance(segment, Fresh) else segment.stop - segment.start
        return segment

    # -- chunks

    def _made(self, pool: Executor) -> Iterator[tuple[int, GroupEdit, Iterator[dict[int, NewChunk]]]]:
        """Yield, group by group, the new chunks of its leaves as they are ready; some are begun ahead."""
        groups: deque[tuple[int, GroupEdit, deque[Future[dict[int, NewChunk]]]]] = deque()
        begun = 0

        def submissions() -> Iterator[bool]:
            for number, edit in self._edits:
                futures: deque[Future[dict[int, NewChunk]]] = deque()
                groups.append((number, edit, futures))
                for tops in units(self._footer, number, edit) if edit.rows_left else []:
                    futures.append(pool.submit(make, self._job, number, edit, tops))
                    yield True

        coming = submissions()

        def begin() -> None:
            nonlocal begun
            while begun < THREADS * _AHEAD and next(coming, False):
                begun += 1

        def results(futures: deque[Future[dict[int, NewChunk]]]) -> Iterator[dict[int, NewChunk]]:
            nonlocal begun
            while futures:
                found = futures.popleft().result()
                begun -= 1
                begin()  # the rest of this group before the next one
                yield found

        while True:
            begin()
            if not groups:
                return
            number, edit, futures = groups.popleft()
            yield number, edit, results(futures)

    def _same_group(self, group: Struct) -> Iterator[Segment]:
        chunks = []
        for number, chunk in enumerate(items(group, Group.CHUNKS)):
            new, segment = self._same_chunk(chunk, meta_of(group, number))
            chunks.append(new)
            yield segment
        self._add(group, chunks, rows_of(group), get(group, Group.BYTES))

    def _same_chunk(self, chunk: Struct, meta: Struct) -> tuple[Struct, Segment]:
        start, stop = span(meta)
        by = self._at - start
        new = {**chunk, Chunk.META: (STRUCT, moved(meta, by))}
        if get(chunk, Chunk.OFFSET):
            new[Chunk.OFFSET] = (I64, get(chunk, Chunk.OFFSET) + by)
        self._indexes.append(_Index(new, by))
        return new, self._counted(Verbatim(start, stop))

    def _new_group(
        self, group: Struct, edit: GroupEdit, parts: Iterator[dict[int, NewChunk]]
    ) -> Iterator[Segment | None]:
        ready: dict[int, NewChunk] = {}
        chunks: list[Struct] = []
        for number, chunk in enumerate(items(group, Group.CHUNKS)):
            if number not in ready and edit.touches(self._footer, number):
                yield None
                ready |= next(parts)
            new = ready.pop(number, None)
            if new is None:
                same, segment = self._same_chunk(chunk, meta_of(group, number))
                chunks.append(same)
                yield segment
                continue
            at = self._at
            for segment in new.segments():
                yield self._counted(segment)
            chunks.append(self._described(chunk, new.described(), at))
        size = sum(get(get(chunk, Chunk.META), Meta.UNCOMPRESSED) for chunk in chunks)
        self._add(edit.unsorted(self._footer, group), chunks, edit.rows_left, size)

    def _described(self, old: Struct, new: Described, at: int) -> Struct:
        chunk: Struct = {
            Chunk.OFFSET: (I64, at if get(old, Chunk.OFFSET) else 0),
            Chunk.META: (STRUCT, moved(new.meta, at - FIRST)),
        }
        had = Chunk.OFFSET_INDEX in old
        index = Described({}, new.size, new.pages if had else None, new.column_index if had else None, new.bloom)
        self._indexes.append(_Index(chunk, new=index, at=at))
        if Meta.BLOOM in get(old, Chunk.META) and new.bloom is None:
            self.notes.blooms_dropped += 1
        if Chunk.COLUMN_INDEX in old and new.column_index is None:
            self.notes.column_indexes_dropped += 1
        return chunk

    def _add(self, group: Struct, chunks: list[Struct], rows: int, size: int) -> None:
        metas = [get(chunk, Chunk.META) for chunk in chunks]
        new: Struct = {
            **group,
            Group.CHUNKS: (LIST, (STRUCT, chunks)),
            Group.BYTES: (I64, size),
            Group.ROWS: (I64, rows),
        }
        if get(group, Group.OFFSET):
            new[Group.OFFSET] = (I64, min((at for at, _ in map(span, metas) if at), default=len(MAGIC)))
        if Group.COMPRESSED in group:
            new[Group.COMPRESSED] = (I64, sum(get(meta, Meta.COMPRESSED) for meta in metas))
        if Group.ORDINAL in group:
            new[Group.ORDINAL] = (I16, len(self._groups))
        self._groups.append(new)

    # -- after the last row group

    def _blooms(self) -> Iterator[Segment]:
        for index in self._indexes:
            meta = get(index.chunk, Chunk.META)
            if index.new is None and Meta.BLOOM in meta:
                at, size = get(meta, Meta.BLOOM), self._bloom_size(meta)
                segment: Segment = Verbatim(at, at + size)
            elif index.new is not None and index.new.bloom is not None:
                size = len(index.new.bloom)
                segment = Fresh(index.new.bloom)
                self.notes.blooms_rebuilt += 1
            else:
                continue
            meta[Meta.BLOOM], meta[Meta.BLOOM_LENGTH] = (I64, self._at), (I32, size)
            yield self._counted(segment)

    def _bloom_size(self, meta: Struct) -> int:
        if Meta.BLOOM_LENGTH in meta:
            return int(get(meta, Meta.BLOOM_LENGTH))
        at = get(meta, Meta.BLOOM)
        header, length = self._told(self._source.read(at, min(at + 64, self._source.size)), BLOOM_HEADER)
        return length + int(get(header, 1))

    def _told(self, content: bytes, shape: Shape) -> tuple[Struct, int]:
        """Return the struct that the file says to be there, and where it ends."""
        try:
            found, stop = read_struct(content)
            return checked(found, shape), stop
        except CorruptThriftError:
            raise damaged(self._job.name, "an index or a filter that cannot be read") from None

    def _column_indexes(self) -> Iterator[Segment]:
        for index in self._indexes:
            if index.new is None and Chunk.COLUMN_INDEX in index.chunk:
                at, size = get(index.chunk, Chunk.COLUMN_INDEX), get(index.chunk, Chunk.COLUMN_INDEX_LENGTH)
                segment: Segment = Verbatim(at, at + size)
            elif index.new is not None and index.new.column_index is not None:
                size = len(index.new.column_index)
                segment = Fresh(index.new.column_index)
            else:
                continue
            index.chunk |= {Chunk.COLUMN_INDEX: (I64, self._at), Chunk.COLUMN_INDEX_LENGTH: (I32, size)}
            yield self._counted(segment)

    def _offset_indexes(self) -> Iterator[Segment]:
        old = self._old_offset_indexes()
        for index in self._indexes:
            if index.new is None and Chunk.OFFSET_INDEX in index.chunk:
                at, size = get(index.chunk, Chunk.OFFSET_INDEX), get(index.chunk, Chunk.OFFSET_INDEX_LENGTH)
                pages = shifted(self._told(old(at, at + size), OFFSET_INDEX)[0], index.by)
            elif index.new is not None and index.new.pages is not None:
                pages = shifted(index.new.pages, index.at - FIRST)
            else:
                continue
            content = write_struct(pages)
            index.chunk |= {Chunk.OFFSET_INDEX: (I64, self._at), Chunk.OFFSET_INDEX_LENGTH: (I32, len(content))}
            yield self._counted(Fresh(content))

    def _old_offset_indexes(self) -> Callable[[int, int], bytes]:
        """Return a reader of the file's offset indexes, which mostly stand together."""
        places = [
            (get(index.chunk, Chunk.OFFSET_INDEX), get(index.chunk, Chunk.OFFSET_INDEX_LENGTH))
            for index in self._indexes
            if index.new is None and Chunk.OFFSET_INDEX in index.chunk
        ]
        if not places:
            return self._source.read
        first, last = min(at for at, _ in places), max(at + size for at, size in places)
        if last - first > _AT_ONCE:
            return self._source.read
        held = self._source.read(first, last)
        return lambda start, stop: held[start - first : stop - first]

    def _end(self) -> Iterator[Segment]:
        tree: Struct = {
            **self._footer.tree,
            File.ROWS: (I64, sum(get(group, Group.ROWS) for group in self._groups)),
            File.GROUPS: (LIST, (STRUCT, self._groups)),
        }
        content = write_struct(tree)
        yield self._counted(Fresh(content + len(content).to_bytes(4, "little") + MAGIC))


class _Here(Executor):
    """Does the work at once, where threads would cost more than it does."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **named: Any) -> Future[Any]:  # noqa: ANN401 -- as it is declared
        """Return the work done; its error comes with the result, as from a thread."""
        future: Future[Any] = Future()
        try:
            future.set_result(fn(*args, **named))
        except Exception as error:  # noqa: BLE001 -- raised where the result is asked for
            future.set_exception(error)
        return future


def _joined(segments: Iterator[Segment | None]) -> Iterator[Segment]:
    """Join neighbours that stay; who takes them may go on with them while others are made."""
    held: Verbatim | None = None
    for segment in segments:
        if isinstance(segment, Verbatim):
            if segment.start == segment.stop:
                continue
            if held is not None and held.stop == segment.start:
                held = Verbatim(held.start, segment.stop)
                continue
            if held is not None:
                yield held
            held = segment
            continue
        if held is not None:
            yield held
            held = None
        if segment is not None:
            yield segment
    if held is not None:
        yield held
