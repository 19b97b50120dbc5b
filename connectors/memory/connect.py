"""Settings → store."""

from __future__ import annotations

from connectors.memory.capabilities import CAPABILITIES
from connectors.memory.database import Database, database
from connectors.memory.eraser import MemoryEraser
from connectors.memory.finder import MemoryFinder
from connectors.memory.inspector import MemoryInspector
from connectors.memory.planter import MemoryPlanter
from connectors.memory.settings import MemoryOptions, options
from connectors.memory.surveyor import MemorySurveyor
from connectors.memory.suspender import MemorySuspender
from retention.ports.connector import Capabilities, SystemSettings


def connect(settings: SystemSettings) -> MemoryStore:
    """Return the store; nothing is read yet.

    Raises:
        SettingsError: the options cannot be used.

    """
    return MemoryStore(options(settings))


class MemoryStore:
    """A named database of this process, or of a file."""

    def __init__(self, options: MemoryOptions) -> None:
        """Keep the options."""
        self._options = options

    @property
    def capabilities(self) -> Capabilities:
        """Return what this store can do."""
        return CAPABILITIES

    def finder(self) -> MemoryFinder:
        """Return the reading side."""
        return MemoryFinder(self._database)

    def eraser(self) -> MemoryEraser:
        """Return the writing side."""
        return MemoryEraser(self._database)

    def inspector(self) -> MemoryInspector:
        """Return the side that verification reads by."""
        return MemoryInspector(self._database)

    def suspender(self) -> MemorySuspender:
        """Return the side that suspends."""
        return MemorySuspender(self._database)

    def planter(self) -> MemoryPlanter:
        """Return the side that plants canaries."""
        return MemoryPlanter(self._database)

    def surveyor(self) -> MemorySurveyor:
        """Return the side that reads the whole schema."""
        return MemorySurveyor(self._database)

    def tables(self) -> tuple[str, ...]:
        """Return the tables' names, sorted."""
        return tuple(sorted(self._database().tables()))

    def close(self) -> None:
        """Do nothing: no connection is held."""

    def _database(self) -> Database:
        path = self._options.path
        return database(self._options.name) if path is None else Database(self._options.name, path)
