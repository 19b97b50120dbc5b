"""Queues of other people's making, from which events come: taken, committed here, and only then deleted there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias

from retention.model.ids import SystemId
from retention.model.parcel import Urgency


@dataclass(frozen=True, slots=True)
class QueueSettings:
    """One entry of `events.queues` in retention.yaml, secrets already resolved."""

    name: str
    connector: str
    """Entry point of `retention.queues`: `sqs`."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """What the connector asks for; it checks it and raises SettingsError."""
    objects_of: SystemId | None = None
    """The system whose new objects it tells of (S3 event notifications); None: it carries events about people."""
    workspace: Path = Path()
    """The folder relative paths start from."""


@dataclass(frozen=True, slots=True)
class Message:
    """One message, hidden from others until it is deleted or its time is up."""

    body: bytes = field(repr=False)
    handle: str = field(repr=False)
    """By which it is deleted; good for this reception only."""


class Queue(Protocol):
    """One queue. Every method raises TransientFailure (not reached, busy) or TerminalFailure (it refuses)."""

    def receive(self, wait_seconds: int) -> Sequence[Message]:
        """Return some messages, waiting so long for the first; none: it is empty, or others are being read."""
        ...

    def delete(self, messages: Sequence[Message]) -> int:
        """Delete messages; return how many went. Those that did not come again, which harms nobody."""
        ...

    def depth(self) -> int:
        """Return about how many messages could be received now; none is taken."""
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


@dataclass(frozen=True, slots=True)
class Intake:
    """Where events come from besides files and calls, and which of them cannot wait: `events` of retention.yaml."""

    queues: Mapping[str, Queue] = field(default_factory=dict)
    objects_of: Mapping[str, SystemId] = field(default_factory=dict)
    """Queue → the system whose new objects it tells of."""
    urgent: Mapping[str, Urgency] = field(default_factory=dict)
    """Kind of event → what it sets going at once."""


ConnectQueue: TypeAlias = Callable[[QueueSettings], Queue]
