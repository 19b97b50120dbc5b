"""Large stores: what a change would move, and a change of a part at a time.

A store whose capabilities say `shards` can be cut. Shards may be worked on side by side, in any order and by several
processes; each is as idempotent as the whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from retention.model.datamap import Dataset
from retention.model.ids import PlanId
from retention.model.predicate import Selection
from retention.model.volume import Estimate, Moved, Shard, StepVolume
from retention.ports.eraser import Eraser


class Gauge(Protocol):
    """The measuring side of a store; reads what objects say of themselves, never rows."""

    def estimate(self, dataset: Dataset, selection: Selection, rows: int) -> Estimate:
        """Return what a change of the selected rows, so many as were counted, is expected to cost.

        Raises:
            TransientFailure, TerminalFailure: from the store.

        """
        ...

    def shards(self, dataset: Dataset) -> tuple[Shard, ...]:
        """Cut the dataset by bytes; one shard that is all of it if it is small."""
        ...

    @property
    def moved(self) -> Moved:
        """Return what this process has moved to and from the store so far."""
        ...


class ShardedStore(Protocol):
    """A store that can be cut."""

    def gauge(self) -> Gauge:
        """Return the measuring side."""
        ...

    def eraser_of(self, shard: Shard) -> Eraser:
        """Return the writing side of one shard; of objects outside it nothing is read or written."""
        ...


class Volumes(Protocol):
    """Estimates and shards of steps: beside the plan, not in it. Its digest says what is touched, not how.

    How far shards are stands in the plan's journal.
    """

    def put(self, plan_id: PlanId, volumes: Iterable[StepVolume]) -> None:
        """Keep what was found for a plan's steps; what stands stays."""
        ...

    def of_plan(self, plan_id: PlanId) -> tuple[StepVolume, ...]:
        """Return them in the plan's order; empty for a plan without such steps."""
        ...


class HasVolumes(Protocol):
    """The part of the ledger about steps' bytes."""

    @property
    def volumes(self) -> Volumes:
        """Estimates and shards."""
        ...
