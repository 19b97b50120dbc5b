"""A step on a large dataset, a shard at a time: by the step itself, or by several processes beside each other.

A shard has two lines in the journal, INTENT and DONE, under the step's name and its number. What a shard cannot do is
the step's to tell: it tries again and its failure is the case's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import astuple, dataclass
from datetime import datetime
from typing import cast

from retention.execution.effects import as_body, as_effect, together
from retention.execution.lines import Lines
from retention.execution.site import Site
from retention.model.datamap import Dataset
from retention.model.ids import StepId
from retention.model.outcome import Effect
from retention.model.volume import Course, Moved, Progress, Shard, ShardState, StepVolume, progress
from retention.ports.eraser import Eraser
from retention.ports.ledger import Phase
from retention.ports.volume import ShardedStore


@dataclass(frozen=True, slots=True)
class Work:
    """A step's work on its dataset, whichever part of it."""

    step: StepId
    dataset: Dataset
    change: Callable[[Eraser], Effect]
    """Carries the step out with a store's writing side."""


def shard_id(step: StepId, number: int) -> StepId:
    """Return the journal's name for a shard; numbers begin at 1."""
    return StepId(f"{step}/{number}")


def shards_of(volumes: Sequence[StepVolume], step: StepId) -> tuple[Shard, ...]:
    """Return what the step is cut into; empty if it is carried out whole."""
    shards = next((volume.shards for volume in volumes if volume.step_id == step), ())
    return shards if len(shards) > 1 else ()


def change_all(site: Site, lines: Lines, work: Work, now: datetime) -> Effect:
    """Carry the step out, shard by shard; those that are done stay so. Whoever watches is told after each.

    Raises:
        TransientFailure, TerminalFailure: from the store; what comes later is not begun.

    """
    shards = shards_of(site.volumes, work.step)
    if not shards:
        return work.change(site.store(work.dataset).eraser())
    effects = []
    for number in range(1, len(shards) + 1):
        effects.append(change_shard(site, lines, work, number, now))
        site.watch(work.step, so_far(site.volumes, lines))
    return together(effects)


def change_shard(site: Site, lines: Lines, work: Work, number: int, now: datetime) -> Effect:
    """Carry one shard out, if it is not done."""
    name = shard_id(work.step, number)
    if lines.find(name, Phase.DONE) is None:
        resumed = lines.find(name, Phase.INTENT) is not None
        lines.write(name, Phase.INTENT, site.moment(now), {})
        store = cast("ShardedStore", site.store(work.dataset))
        meter = metered(site, work.dataset)
        effect = work.change(store.eraser_of(shards_of(site.volumes, work.step)[number - 1]))
        body = {**as_body(effect), "resumed": resumed, "moved": astuple(meter())}
        lines.write(name, Phase.DONE, site.moment(now), body)
    return as_effect(lines.body(name, Phase.DONE))


def metered(site: Site, dataset: Dataset) -> Callable[[], Moved]:
    """Begin to count; the answer tells what the dataset's store has moved since. Nothing where no store counts."""
    store = site.store(dataset)
    if not store.capabilities.shards:
        return Moved
    gauge = cast("ShardedStore", store).gauge()
    before = gauge.moved
    return lambda: gauge.moved - before


def moved_by_all(site: Site, lines: Lines, step: StepId) -> Moved | None:
    """Return what the step's shards moved, whoever carried them out; None if it has none."""
    numbers = range(1, len(shards_of(site.volumes, step)) + 1)
    parts = [_moved(shard_id(step, number), lines) or Moved() for number in numbers]
    return sum(parts, Moved()) if parts else None


def was_resumed(site: Site, lines: Lines, step: StepId) -> bool:
    """Whether some shard was begun more than once, so that nobody knows what its first attempt did."""
    numbers = range(1, len(shards_of(site.volumes, step)) + 1)
    return any(lines.body(shard_id(step, number), Phase.DONE)["resumed"] for number in numbers)


def courses(volumes: Sequence[StepVolume], lines: Lines) -> tuple[Course, ...]:
    """Return how the steps go, by the journal."""
    return tuple(Course(volume, tuple(_states(volume, lines)), _moved(volume.step_id, lines)) for volume in volumes)


def so_far(volumes: Sequence[StepVolume], lines: Lines) -> Progress:
    """Return how far all steps are together."""
    return progress([state for course in courses(volumes, lines) for state in course.states])


def _states(volume: StepVolume, lines: Lines) -> list[ShardState]:
    cut = shards_of([volume], volume.step_id)
    names = [shard_id(volume.step_id, number) for number in range(1, len(cut) + 1)] or [volume.step_id]
    sizes = [shard.size for shard in volume.shards] or [volume.estimate.size]
    return [_state(size, name, lines) for size, name in zip(sizes, names, strict=True)]


def _state(size: int, name: StepId, lines: Lines) -> ShardState:
    begun, done = lines.find(name, Phase.INTENT), lines.find(name, Phase.DONE)
    return ShardState(size, begun.at if begun else None, done.at if done else None)


def _moved(name: StepId, lines: Lines) -> Moved | None:
    """Return what its DONE says; an earlier version said nothing."""
    if lines.find(name, Phase.DONE) is None:
        return None
    return Moved(*lines.body(name, Phase.DONE).get("moved", ()))
