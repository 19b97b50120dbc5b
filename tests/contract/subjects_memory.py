"""The in-memory reference: in the process, and kept in a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import ClassVar

from connectors import memory
from retention.model.datamap import ColumnType, Dataset
from retention.model.ids import SystemId
from retention.model.transform import Value
from retention.ports.connector import Store, SystemSettings


class InMemory:
    """A named database of this process."""

    name: ClassVar[str] = "memory"

    def __init__(self, folder: Path) -> None:
        """Make an empty database."""
        self.database = memory.make(f"contract-{folder.name}")

    def connect(self) -> Store:
        """Return a store on it."""
        return self._store({"url": f"memory:{self.database.name}"})

    def unreachable(self) -> Store:
        """Return a store on a database that nobody made."""
        return self._store({"url": "memory:never-made"})

    def location(self, table: str) -> str:
        """Return the table's name."""
        return table

    def load(self, dataset: Dataset, rows: Sequence[dict[str, Value]], schema: Mapping[str, ColumnType]) -> None:
        """Put the rows into the database itself."""
        self.database.put(dataset.location, schema, rows)

    def rows(self, dataset: Dataset) -> list[dict[str, Value]]:
        """Read the database itself."""
        return self.database.rows(dataset.location)

    def close(self) -> None:
        """Forget the database."""
        memory.forget(self.database.name)

    def _store(self, options: Mapping[str, str]) -> Store:
        return memory.connect(SystemSettings(SystemId("sut"), "memory", options))


class InMemoryFile(InMemory):
    """The same, kept in a file that other processes see."""

    name: ClassVar[str] = "memory-file"

    def __init__(self, folder: Path) -> None:
        """Make an empty database in a file."""
        self.path = folder / "database.json"
        self.database = memory.make(f"contract-{folder.name}", self.path)

    def connect(self) -> Store:
        """Return a store that knows the file only."""
        return self._store({"url": "memory:any-name", "path": str(self.path)})


SUBJECTS = (InMemory, InMemoryFile)
