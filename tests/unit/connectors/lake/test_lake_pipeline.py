"""Many small objects at a time, large ones alone; and what a large one holds in memory."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from threading import Barrier, Lock

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.lake import parquet
from connectors.lake.change import Erase
from connectors.lake.objects import Stored
from connectors.lake.pipeline import side_by_side
from connectors.lake.segments import Fresh
from retention.errors import TransientFailure
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet

AT = datetime(2026, 11, 26, tzinfo=UTC)
LARGE = 5 << 20


def objects(*sizes: int) -> Iterator[Stored]:
    """Yield objects of these sizes; their keys are their numbers."""
    for number, size in enumerate(sizes):
        yield Stored(str(number), "", size, AT)


class Counting:
    """Work that knows how much of it goes on at the same time."""

    def __init__(self, together: int) -> None:
        """The first so many wait for one another: without them side by side, nothing would go on."""
        self._barrier, self._together = Barrier(together), together
        self._lock = Lock()
        self._now = self._begun = 0
        self.most = 0
        self.beside_large = 0

    def __call__(self, stored: Stored) -> str:
        """Work on the object."""
        with self._lock:
            self._now, self._begun = self._now + 1, self._begun + 1
            first = self._begun <= self._together
            self.most = max(self.most, self._now)
            self.beside_large += self._now - 1 if stored.size == LARGE else 0
        if first:
            self._barrier.wait(timeout=60)
        with self._lock:
            self._now -= 1
        return stored.key


def test_small_objects_go_eight_at_a_time_and_come_in_order() -> None:
    """Eight are under way together, never more, whatever there is; and what is listed is not listed far ahead."""
    work, listed = Counting(8), []

    def listing() -> Iterator[Stored]:
        for stored in objects(*[1] * 60):
            listed.append(stored.key)
            yield stored

    came = []
    for key in side_by_side(work, listing()):
        came.append(key)
        assert len(listed) - len(came) <= 16
    assert came == [str(number) for number in range(60)]
    assert work.most == 8


def test_a_large_object_is_worked_on_alone() -> None:
    """Its memory is its own: small ones before it end first, those behind it wait."""
    work = Counting(3)
    assert list(side_by_side(work, objects(1, 1, 1, LARGE, 1, LARGE, LARGE))) == list("0123456")
    assert work.beside_large == 0


def test_the_first_error_ends_it_when_what_is_under_way_has_ended() -> None:
    """Objects behind it are not begun."""
    begun = []

    def work(stored: Stored) -> str:
        begun.append(stored.key)
        if stored.key == "1":
            raise TransientFailure("gone")
        return stored.key

    with pytest.raises(TransientFailure):
        list(side_by_side(work, objects(*[1] * 100)))
    assert len(begun) < 40


class Held(bytes):
    """Bytes that count how many of their kind are alive."""

    now = most = 0

    @classmethod
    def of(cls, content: bytes) -> Held:
        """Return the content, counted until nobody has it any more."""
        made = cls(content)
        Held.now += len(made)
        Held.most = max(Held.most, Held.now)
        return made

    def __del__(self) -> None:
        """Count no more."""
        Held.now -= len(self)


class Watched:
    """An object whose reader is watched."""

    def __init__(self, content: bytes) -> None:
        """Hold the content."""
        self._content = content

    @property
    def size(self) -> int:
        """Return its length."""
        return len(self._content)

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes that are counted."""
        return Held.of(self._content[start:stop])


@pytest.mark.parametrize("pages", [True, False], ids=["page by page", "by Arrow"])
def test_memory_is_bounded_by_a_few_row_groups_however_long_the_object_is(*, pages: bool) -> None:
    """Of a file with every row group touched, what is read and made anew at any time does not grow with the file."""
    peaks = {}
    for groups in (6, 24):
        rows = 3_000 * groups
        r = np.random.default_rng(7)
        user = np.tile(np.arange(3_000), groups)
        table = pa.table({"user": user, "x": r.random(rows), "text": [f"text {n}" for n in range(rows)]})
        sink = io.BytesIO()
        pq.write_table(
            table, sink, row_group_size=3_000, use_dictionary=False, column_encoding=None if pages else DELTA
        )
        one = len(sink.getvalue()) // groups
        Held.now = Held.most = 0
        selection = Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({1_234})})
        made = list(_lengths(parquet.segments("a.parquet", Watched(sink.getvalue()), selection, Erase())))
        assert sum(made) > 0
        peaks[groups] = (Held.most / one, max(made) / one)
    assert peaks[24][0] <= max(peaks[6][0] * 1.5, 8)
    assert peaks[24][1] <= 1.5


DELTA = {"text": "DELTA_BYTE_ARRAY", "user": "DELTA_BINARY_PACKED", "x": "PLAIN"}


def _lengths(segments: Iterator[Fresh | object]) -> Iterator[int]:
    """Yield how long new pieces are, and let go of each."""
    for segment in segments:
        if isinstance(segment, Fresh):
            yield len(segment.content)
