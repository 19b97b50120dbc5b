"""Where sets for joint users are put: a folder or a bucket that each joint user reads his part of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeAlias


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """The entry `exports` of retention.yaml, secrets already resolved."""

    store: str
    """`s3://bucket/prefix`, or a folder."""
    options: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Everything else: region, endpoint and so on; the connector checks it and raises SettingsError."""
    workspace: Path = Path()
    """The folder relative paths start from."""


class ExportStore(Protocol):
    """Files by relative path (`usen/group/viewing/x-2026…/part-00000.parquet`).

    Every method raises TransientFailure if the store cannot be reached, TerminalFailure if it refuses.
    """

    def put(self, path: str, content: bytes) -> None:
        """Put the file in place whole, whatever was there. Durable on return; no earlier version stays."""
        ...

    def read(self, path: str) -> bytes | None:
        """Return the file's bytes, or None."""
        ...

    def paths(self, folder: str) -> tuple[str, ...]:
        """Return the files below the folder, sorted."""
        ...

    def remove(self, path: str) -> None:
        """Remove the file and every earlier version of it; harmless if it is gone. Durable on return."""
        ...


ConnectExports: TypeAlias = Callable[[ExportSettings], ExportStore]
"""The type of the entry points `retention.exports`, by scheme of the address. They do not touch the network."""
