"""What installed packages bring us, by entry point."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points


@cache
def brought(group: str) -> Mapping[str, EntryPoint]:
    """Return the group's entry points by name; looked up once a process, since it reads every package's metadata."""
    return {point.name: point for point in entry_points(group=group)}
