"""A dump as a store. What is done in the scratch database is done when the dump is replaced, and not before."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from connectors.sql.database import Database
from connectors.sql.dumps import programs
from connectors.sql.dumps.object import DumpObject
from connectors.sql.eraser import SqlEraser
from connectors.sql.finder import SqlFinder
from connectors.sql.inspector import SqlInspector
from connectors.sql.store import SqlStore
from connectors.sql.surveyor import SqlSurveyor
from retention.model.datamap import Dataset
from retention.model.outcome import Effect
from retention.model.predicate import Selection
from retention.model.transform import Transform
from retention.ports.constraints import Constraints


class DumpStore(SqlStore):
    """A scratch database that is loaded from the dump when it is first asked, and again after each change.

    So verification reads what lies on S3, and a process that finds another one dead begins with
    what was replaced as a whole. One process at a time may use one scratch database.
    """

    def __init__(self, database: Database, dump: DumpObject) -> None:
        """Fetch nothing yet."""
        super().__init__(database)
        self._dump = dump
        self._tag: str | None = None
        self._is_plain = False

    def loaded(self) -> None:
        """See that the scratch database is what the dump says."""
        if self._tag is not None:
            return
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "dump"
            tag = self._dump.fetch(file)
            self._is_plain = programs.load(self._database, file)
        self._tag = tag

    def change(self, work: Callable[[], Effect]) -> Effect:
        """Change the scratch database, then the dump with all its versions.

        Raises:
            TerminalFailure: a version is locked: nothing was done.
            ConcurrentWriteFailure: someone else wrote the dump meanwhile: the change is not in it.

        """
        self._dump.refuse_locked()
        self.loaded()
        effect = work()
        if effect.rows or effect.rows_suppressed:
            self._write_back()
            effect = replace(effect, objects_rewritten=1)
        return replace(effect, versions_removed=effect.versions_removed + self._dump.remove_earlier())

    def _write_back(self) -> None:
        tag, self._tag = self._tag, None
        assert tag is not None  # noqa: S101 -- narrows the type; it was loaded
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "dump"
            programs.dump(self._database, file, plain=self._is_plain)
            self._dump.replace(file, tag)

    def finder(self) -> SqlFinder:
        """Return the reading side."""
        self.loaded()
        return super().finder()

    def eraser(self) -> DumpEraser:  # type: ignore[override]  # it is an eraser, of another class
        """Return the writing side."""
        return DumpEraser(super().eraser(), self)

    def inspector(self) -> SqlInspector:
        """Return the side that verification reads by."""
        self.loaded()
        return super().inspector()

    def constraints(self) -> Constraints:
        """Return the foreign keys, and the columns that cannot be null."""
        self.loaded()
        return super().constraints()

    def surveyor(self) -> SqlSurveyor:
        """Return the side that reads the whole schema."""
        self.loaded()
        return super().surveyor()

    def tables(self) -> tuple[str, ...]:
        """Return the schema's tables, sorted."""
        self.loaded()
        return super().tables()

    def close(self) -> None:
        """Give connections back."""
        super().close()
        self._dump.close()


class DumpEraser:
    """See `retention.ports.eraser.Eraser`; every call ends with the dump replaced."""

    def __init__(self, scratch: SqlEraser, store: DumpStore) -> None:
        """Change through this store."""
        self._scratch = scratch
        self._store = store

    def erase_rows(self, dataset: Dataset, selection: Selection) -> Effect:
        """Remove the selected rows."""
        return self._store.change(lambda: self._scratch.erase_rows(dataset, selection))

    def redact_fields(self, dataset: Dataset, selection: Selection, fields: Sequence[str]) -> Effect:
        """Set the fields of the selected rows to null."""
        return self._store.change(lambda: self._scratch.redact_fields(dataset, selection, fields))

    def anonymize_rows(
        self,
        dataset: Dataset,
        selection: Selection,
        transforms: Mapping[str, Transform],
        quasi: Sequence[str],
        rare: frozenset[str],
    ) -> Effect:
        """Apply the transforms to the selected rows; remove rows whose class is rare."""
        return self._store.change(lambda: self._scratch.anonymize_rows(dataset, selection, transforms, quasi, rare))
