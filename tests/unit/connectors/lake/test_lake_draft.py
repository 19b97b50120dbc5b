"""Drafts read like the object they will be, and what was fetched once is not fetched again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator

from hypothesis import given
from hypothesis import strategies as st

from connectors.lake.draft import Draft
from connectors.lake.segments import Fresh, Segment, Verbatim
from connectors.lake.sources import Remembering, Whole, opened
from connectors.lake.surgery.held import Held

OLD = bytes(range(100))
_SEGMENTS = st.lists(
    st.builds(lambda one, other: Verbatim(min(one, other), max(one, other)), st.integers(0, 100), st.integers(0, 100))
    | st.builds(Fresh, st.binary(max_size=9)),
    max_size=9,
)


def told(segments: list[Segment]) -> Generator[Segment, None, str]:
    """Yield the segments, and return a word."""
    yield from segments
    return "done"


@given(_SEGMENTS, st.integers(0, 300), st.integers(0, 300))
def test_a_draft_reads_like_the_object_to_be(segments: list[Segment], start: int, stop: int) -> None:
    """Any range of it is that range of the segments put together, and what is new can be read alone."""
    parts = [OLD[each.start : each.stop] if isinstance(each, Verbatim) else each.content for each in segments]
    whole = b"".join(parts)
    with Draft(Held(OLD)) as draft:
        assert draft.fill(told(segments)) == "done"
        assert draft.size == len(whole)
        assert draft.read(start, stop) == whole[start:stop]
        assert opened(draft).read() == whole
        new = b"".join(each.content for each in segments if isinstance(each, Fresh))
        assert draft.new.read(0, draft.new.size) == new


class Counting(Held):
    """Bytes, with a note of how often each was fetched."""

    def __init__(self) -> None:
        """Hold a hundred bytes."""
        super().__init__(OLD)
        self.fetched: Counter[int] = Counter()

    def read(self, start: int, stop: int) -> bytes:
        """Return some, and note them."""
        self.fetched.update(range(start, stop))
        return super().read(start, stop)


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 40)), max_size=12))
def test_no_byte_is_fetched_twice(reads: list[tuple[int, int]]) -> None:
    """Whatever is read in whatever order, each answer is right and each byte is fetched at most once."""
    source = Counting()
    remembering = Remembering(source)
    for start, size in reads:
        assert remembering.read(start, start + size) == OLD[start : start + size]
    remembering.close()
    assert max(source.fetched.values(), default=0) <= 1


@given(st.lists(st.tuples(st.integers(0, 100), st.integers(0, 40)), min_size=1, max_size=12))
def test_a_small_source_is_fetched_once_as_a_whole(reads: list[tuple[int, int]]) -> None:
    """Whatever is read of it, each answer is right and one request was made; none before the first read."""
    source = Counting()
    whole = Whole(source)
    assert (whole.size, source.fetched) == (100, Counter())
    for start, size in reads:
        assert whole.read(start, start + size) == OLD[start : start + size]
    assert source.fetched == Counter(range(100))
