"""What a change would move, said by footers and sizes alone, beside what it does move."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from connectors.lake import parquet, weight
from connectors.lake.change import Erase
from connectors.lake.segments import Fresh
from connectors.lake.sources import WHOLE
from connectors.lake.surgery.held import Held
from connectors.lake.weight import Weight
from retention.model.ids import KeySetId
from retention.model.predicate import Among, Selection
from retention.model.subject import KeySet
from retention.model.volume import Estimate, Moved

GROUPS, ROWS = 20, 10_000


class Counted(Held):
    """A source that counts what is read of it, once."""

    def __init__(self, content: bytes) -> None:
        """Hold the content."""
        super().__init__(content)
        self.seen = np.zeros(len(content), np.bool_)

    def read(self, start: int, stop: int) -> bytes:
        """Return bytes [start, stop)."""
        self.seen[start:stop] = True
        return super().read(start, stop)


def written(*, is_sorted: bool) -> bytes:
    """Return a file of a hundred rows a user, together or all over the file."""
    user = np.arange(GROUPS * ROWS) // 100
    r = np.random.default_rng(3)
    if not is_sorted:
        r.shuffle(user)
    sink = io.BytesIO()
    table = pa.table({"user": user, "x": r.random(len(user)), "y": r.random(len(user))})
    pq.write_table(table, sink, row_group_size=ROWS, use_dictionary=False)
    return sink.getvalue()


def of(user: int) -> Selection:
    """Return the selection of one user's rows."""
    return Selection(Among("user", KeySet(KeySetId("k"), 1, "")), {KeySetId("k"): frozenset({user})})


@pytest.mark.parametrize("is_sorted", [True, False])
def test_an_estimate_is_near_what_is_moved(*, is_sorted: bool) -> None:
    """One user's hundred rows: one row group of twenty, or nearly all; read and written are foretold within a quarter.

    It looks at no row: only the footer is read.
    """
    source = Counted(written(is_sorted=is_sorted))
    found = weight.of_parquet("a.parquet", source, of(57))
    assert source.seen.sum() < source.size / 20
    told = weight.estimate([found], 100, least=1)
    pieces = list(parquet.segments("a.parquet", source, of(57), Erase()))
    fresh = sum(len(piece.content) for piece in pieces if isinstance(piece, Fresh))
    assert told.moved.read == pytest.approx(source.seen.sum(), rel=0.25)
    assert told.moved.written >= 0.9 * fresh
    assert (told.surgical, told.dense) == ((1, 0) if is_sorted else (0, 1))
    assert told.moved.written + told.moved.copied == source.size
    assert told.moved.written == pytest.approx(source.size / 20 if is_sorted else source.size, rel=0.25)


def test_a_small_object_is_looked_at_whole() -> None:
    """It is fetched with one request, whatever of it is needed."""
    content = written(is_sorted=True)
    sink = io.BytesIO()
    pq.write_table(pq.read_table(io.BytesIO(content)).slice(0, 5_000), sink)
    small = sink.getvalue()
    assert len(small) < WHOLE < len(content)
    assert weight.of_parquet("a.parquet", Held(small), of(7)).looked_at == len(small)
    assert weight.of_parquet("a.parquet", Held(content), of(7)).looked_at < len(content) / 5


def test_objects_are_told_apart_by_how_they_are_changed() -> None:
    """Those that rule the rows out cost their footer; plain text keeps its other lines, what is packed is made anew."""
    clean = Weight(10_000, 100, (), splits=False)
    plain, packed = weight.of_text(10_000, packed=False), weight.of_text(10_000, packed=True)
    told = weight.estimate([clean, plain, packed], 10_000, least=5)
    assert (told.objects, told.size, told.clean, told.surgical, told.dense) == (3, 30_000, 1, 1, 1)
    assert told.moved.read == 20_100
    assert weight.estimate([plain], 10, least=5).moved == Moved(10_000, 50, 9_950)
    assert weight.estimate([plain], 10, least=6_000).moved == Moved(10_000, 10_000, 0)
    assert weight.estimate([clean], 10, least=5).moved == Moved(100, 0, 0)
    assert weight.estimate([], 10, least=5) == Estimate(0, 0, 0, 0, 0, Moved())
