"""Where the evidence log's files lie: a folder or a bucket that anybody may read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Protocol, TypeAlias

from retention.model.period import Period


class ObjectLock(Enum):
    """How firmly a store keeps what was written once (the words of S3 Object Lock)."""

    NONE = "none"
    """As firmly as its permissions do."""
    GOVERNANCE = "governance"
    """Until the date, save for whoever has a special permission."""
    COMPLIANCE = "compliance"
    """Until the date, and nobody can change that: neither we nor the account's owner."""


@dataclass(frozen=True, slots=True)
class TileSettings:
    """The entry `evidence` of retention.yaml, secrets already resolved."""

    store: str
    """`s3://bucket/prefix`, or a folder."""
    object_lock: ObjectLock = ObjectLock.NONE
    retain: Period | None = None
    """How long what was written once is kept; needed with a lock."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Everything else: region, endpoint and so on; the connector checks it and raises SettingsError."""
    workspace: Path = Path()
    """The folder relative paths start from."""


class TileStore(Protocol):
    """Files by relative path (`checkpoint`, `tile/0/000.p/3`).

    Every method raises TransientFailure if the store cannot be reached.
    """

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None."""
        ...

    def write(self, path: str, content: bytes) -> None:
        """Put the file in place whole: a reader sees the old or the new, never a part. Durable on return."""
        ...

    def write_once(self, path: str, content: bytes) -> None:
        """Put a file in place that never changes; nothing happens if it is there with these bytes.

        Raises:
            FoundError: it is there with other bytes; they stay.

        """
        ...

    def replace(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Put the file in place if it is still `before` (None: absent); else return False and change nothing.

        This is what keeps a slow writer from putting an older checkpoint over a newer one.
        """
        ...


ConnectTiles: TypeAlias = Callable[[TileSettings], TileStore]
"""The type of the entry points `retention.tiles`, by scheme of the address. They do not touch the network."""
