"""How many bytes a step on rows moves: expected before, counted after; and the parts it is cut into."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import starmap

from retention.model.ids import DatasetId, StepId


@dataclass(frozen=True, slots=True)
class Moved:
    """Bytes by the way they go."""

    read: int = 0
    """From the store to us."""
    written: int = 0
    """From us to the store."""
    copied: int = 0
    """Within the store: they pass through nobody."""

    def __add__(self, other: Moved) -> Moved:
        """Add up."""
        return Moved(self.read + other.read, self.written + other.written, self.copied + other.copied)

    def __sub__(self, other: Moved) -> Moved:
        """Return what came on top of the other."""
        return Moved(self.read - other.read, self.written - other.written, self.copied - other.copied)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a change of selected rows is expected to cost, from what objects say of themselves."""

    objects: int
    size: int
    """Bytes of all objects."""
    clean: int
    """Objects that say that none of the rows can be in them."""
    surgical: int
    """Objects of which most is expected to stay as it is."""
    dense: int
    """Objects of which most is expected to be written anew."""
    moved: Moved


@dataclass(frozen=True, slots=True)
class Shard:
    """A part of a dataset, by the order in which its store lists it; together they cover all, also what comes later."""

    after: str
    """Begins behind this name; empty: at the first."""
    until: str | None
    """Ends with this name; None: at the last."""
    size: int
    """Bytes when it was cut."""


ALL = Shard("", None, 0)
"""A whole dataset, of whatever size."""


@dataclass(frozen=True, slots=True)
class StepVolume:
    """What is expected of one step, and how it is cut."""

    step_id: StepId
    dataset: DatasetId
    estimate: Estimate
    shards: tuple[Shard, ...]


@dataclass(frozen=True, slots=True)
class ShardState:
    """How far a shard is."""

    size: int
    begun_at: datetime | None
    done_at: datetime | None


@dataclass(frozen=True, slots=True)
class Course:
    """How a step with a volume goes."""

    volume: StepVolume
    states: tuple[ShardState, ...]
    moved: Moved | None
    """What it did move; None until it is done."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far steps are, in bytes of the datasets they go through."""

    done: int
    of: int
    until: datetime | None
    """When all is expected to be done, by the rate so far; None while nothing is done, and when all is."""


def progress(states: Sequence[ShardState]) -> Progress:
    """Return how far they are: done shards over the time from the first begun to the last that ended.

    What was begun and has not ended counts as nothing, and the time in which nobody worked counts as worked: the rate
    is what was reached, never what might be.
    """
    done = sum(state.size for state in states if state.done_at)
    of = sum(state.size for state in states)
    begun = [state.begun_at for state in states if state.begun_at]
    ended = [state.done_at for state in states if state.done_at]
    if not begun or not ended or not 0 < done < of:
        return Progress(done, of, None)
    last, took = max(ended), max(ended) - min(begun)
    return Progress(done, of, last + took * ((of - done) / done) if took else None)


def cut(parts: Sequence[tuple[str, int]], size: int, most: int) -> tuple[Shard, ...]:
    """Cut a listing of (name, bytes), in the store's order, into shards of about `size` bytes, `most` of them.

    A part larger than a shard is one of its own. Whatever is listed, the shards cover every name there could be.
    """
    size = max(size, -(-2 * sum(bytes_ for _, bytes_ in parts) // max(1, most - 1)))
    ends: list[tuple[str, int]] = []
    held = 0
    for index, (name, bytes_) in enumerate(parts):
        following = parts[index + 1][1] if index + 1 < len(parts) else 0
        held += bytes_
        if held + following > size:
            ends.append((name, held))
            held = 0
    if held or not ends:
        ends.append(("", held))
    starts = ["", *(name for name, _ in ends[:-1])]
    stops = [*(name for name, _ in ends[:-1]), None]
    return tuple(starmap(Shard, zip(starts, stops, (bytes_ for _, bytes_ in ends), strict=True)))
