"""What the options that all commands share have said."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class State:
    """What the shared options said."""

    folder: Path
