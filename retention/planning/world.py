"""What planning may look at. Finders read; nothing here can change a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from retention.deidentify.recipe import Recipe
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId, SystemId
from retention.model.policy import Policy
from retention.model.predicate import Predicate, Selection
from retention.model.suspension import SuspendsBy
from retention.planning.keysets import KeySets
from retention.ports.connector import Action
from retention.ports.constraints import Constraints
from retention.ports.finder import Finder
from retention.ports.keeper import CopyKeeper
from retention.ports.subject_keys import KeyFinder


@dataclass(frozen=True, slots=True)
class World:
    """The systems as one planning run sees them."""

    policy: Policy
    datamap: DataMap
    finders: Mapping[SystemId, Finder]
    actions: Mapping[SystemId, frozenset[Action]]
    """What each store can do, from its capabilities record."""
    keepers: Mapping[SystemId, CopyKeeper]
    copied: Mapping[SystemId, tuple[SystemId, ...]]
    """Backup system → the systems it copies."""
    now: datetime
    """Aware; in the policy's zone."""
    constraints: Mapping[SystemId, Constraints] = field(default_factory=dict)
    """Store → what it enforces among its tables; stores that enforce nothing do not appear."""
    recipes: Mapping[str, Recipe] = field(default_factory=dict)
    """The policy's recipes."""
    suspends: Mapping[SystemId, frozenset[SuspendsBy]] = field(default_factory=dict)
    """By which means each store can stop the use of rows, from its capabilities record."""
    subject_keys: Mapping[SystemId, KeyFinder] = field(default_factory=dict)
    """Keys of people, under which applications encrypt; read only."""

    @property
    def zone(self) -> ZoneInfo:
        """The policy's time zone."""
        return ZoneInfo(self.policy.timezone)

    def dataset(self, dataset_id: DatasetId) -> Dataset:
        """Return the dataset."""
        return self.datamap.datasets[dataset_id]

    def finder(self, dataset: Dataset) -> Finder:
        """Return the finder of the dataset's system."""
        return self.finders[dataset.system]

    def count(self, dataset: Dataset, where: Predicate, keysets: KeySets) -> int:
        """Count the dataset's rows now."""
        return self.finder(dataset).count(dataset, Selection(where, keysets.values))
