"""What a connector package offers: `connect(settings) -> Connector`, found by entry point.

The planner asks the capabilities record and never the class.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeAlias

from retention.model.ids import SystemId
from retention.model.suspension import SuspendsBy
from retention.ports.eraser import Eraser
from retention.ports.finder import Finder
from retention.ports.inspector import Inspector
from retention.ports.keeper import CopyKeeper
from retention.ports.processor import Processor


class SystemKind(Enum):
    """What a system is to us."""

    STORE = "store"
    COPIES = "copies"
    PROCESSOR = "processor"


class Action(Enum):
    """What a store can do to rows."""

    ERASE = "erase"
    REDACT = "redact"
    ANONYMIZE = "anonymize"


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a system can do."""

    kind: SystemKind
    actions: frozenset[Action] = frozenset()
    versioned: bool = False
    """Whether the store keeps noncurrent versions that must be removed as well."""
    transactional: bool = False
    """Whether one call's effect is all or nothing."""
    plants: bool = False
    """Whether a canary's rows can be added; such a store is a `ports.planter.PlantingStore`."""
    constrains: bool = False
    """Whether foreign keys and the like are enforced; such a store is a `ports.constraints.ConstrainingStore`."""
    surveys: bool = False
    """Whether its whole schema can be read; such a store is a `ports.surveyor.SurveyingStore`."""
    probes: bool = False
    """Whether one can look if a processor still knows a person; it is a `ports.processor.ProbingProcessor`."""
    checks: bool = False
    """Whether a processor has a harmless call; it is a `ports.processor.CheckableProcessor`."""
    reminds: bool = False
    """Whether a processor can be reminded; it is a `ports.processor.RemindingProcessor`."""
    expires: bool = False
    """Whether the store can let rows go by itself; such a store is a `ports.expiring.ExpiringStore`."""
    suspends: frozenset[SuspendsBy] = frozenset()
    """By which means the use of rows can be stopped; with any, it is a `ports.suspender.SuspendingStore`."""
    shards: bool = False
    """Whether a dataset can be worked on a part at a time; such a store is a `ports.volume.ShardedStore`."""
    receives: bool = False
    """Whether the store can tell what it received since when; such a store is a `ports.arrivals.ReceivingStore`."""


@dataclass(frozen=True, slots=True)
class SystemSettings:
    """One entry of `systems` in retention.yaml, secrets already resolved."""

    system_id: SystemId
    connector: str
    options: Mapping[str, str] = field(repr=False)
    """Everything but `connector`; the connector checks it and raises SettingsError."""
    copies: tuple[SystemId, ...] = ()
    """For backups: the systems it copies."""
    restores: SystemId | None = None
    """For a restored store: the system whose datasets it holds."""
    workspace: Path = Path()
    """The folder relative paths start from."""


class Store(Protocol):
    """A system that holds live data."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what this store can do."""
        ...

    def finder(self) -> Finder:
        """Return the reading side."""
        ...

    def eraser(self) -> Eraser:
        """Return the writing side."""
        ...

    def inspector(self) -> Inspector:
        """Return the side that verification reads by."""
        ...

    def tables(self) -> tuple[str, ...]:
        """Return live tables, or top-level prefixes, to compare with the data map."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class CopiesSystem(Protocol):
    """A system that holds dated copies of others."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what this system can do."""
        ...

    def keeper(self) -> CopyKeeper:
        """Return the list of copies."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class ProcessorSystem(Protocol):
    """A system of someone who processes data for us."""

    @property
    def capabilities(self) -> Capabilities:
        """Return what this system can do."""
        ...

    def processor(self) -> Processor:
        """Return the client."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


Connector: TypeAlias = Store | CopiesSystem | ProcessorSystem
Connect: TypeAlias = Callable[[SystemSettings], Connector]
"""The entry point's type. It raises SettingsError and does not touch the network."""
