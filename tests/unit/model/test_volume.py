"""Datasets cut by bytes, and how far a work has come: pure rules."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from retention.model.volume import Moved, Progress, ShardState, cut, progress

AT = datetime(2026, 11, 26, 9, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@given(sizes=st.lists(st.integers(0, 500), max_size=40), size=st.integers(1, 300), most=st.integers(1, 12))
def test_shards_cover_every_name_once_and_are_bounded(sizes: list[int], size: int, most: int) -> None:
    """Each listed object lies in one shard, names that come later too; what is large goes alone; not too many."""
    listing = [(f"k{number:03}", bytes_) for number, bytes_ in enumerate(sizes)]
    shards = cut(listing, size, most)
    assert (shards[0].after, shards[-1].until) == ("", None)
    assert [shard.until for shard in shards[:-1]] == [shard.after for shard in shards[1:]]
    inside = [
        [bytes_ for name, bytes_ in listing if name > shard.after and (shard.until is None or name <= shard.until)]
        for shard in shards
    ]
    assert [sum(part) for part in inside] == [shard.size for shard in shards]
    assert sum(map(len, inside)) == len(listing)
    assert len(shards) <= max(most, 1)
    bound = max(size, -(-2 * sum(sizes) // max(1, most - 1)))
    assert all(sum(part) <= bound or len([bytes_ for bytes_ in part if bytes_]) == 1 for part in inside)


def test_the_end_is_told_by_the_rate_that_was_reached() -> None:
    """A third in two minutes leaves four; nothing is promised before the first shard is done, nor after the last."""
    begun = ShardState(100, AT, None)
    done = ShardState(100, AT, AT + 2 * MINUTE)
    waits = ShardState(100, None, None)
    assert progress([]) == Progress(0, 0, None)
    assert progress([begun, waits, waits]) == Progress(0, 300, None)
    assert progress([done, begun, waits]) == Progress(100, 300, AT + 6 * MINUTE)
    beside = ShardState(100, AT + MINUTE, AT + 2 * MINUTE)
    assert progress([done, beside, waits]) == Progress(200, 300, AT + 3 * MINUTE)
    assert progress([done, done]) == Progress(200, 200, None)
    assert progress([ShardState(100, AT, AT), waits]) == Progress(100, 200, None)


def test_bytes_are_counted_by_their_way() -> None:
    """They add up and are taken from one another."""
    assert Moved(5, 3, 1) - Moved(1, 1, 1) + Moved(0, 0, 9) == Moved(4, 2, 9)
