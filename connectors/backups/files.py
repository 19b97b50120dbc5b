"""Copies as files in a folder: dumps by the date in their name, a write-ahead archive by day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from connectors.backups.horizons import in_order, make_copy, registered
from connectors.backups.names import copy_id, day_within, midnight
from connectors.backups.settings import BackupsSettings, InFolder, Layout
from retention.errors import TerminalFailure, TransientFailure
from retention.model.copies import Copy, CopyKind, Registered
from retention.model.ids import CopyId


class FolderKeeper:
    """The list of copies in one folder; see `retention.ports.keeper.CopyKeeper`."""

    def __init__(self, settings: BackupsSettings, place: InFolder) -> None:
        """Read this folder."""
        self._settings = settings
        self._folder = place.path

    def copies(self) -> tuple[Copy, ...]:
        """Return the copies of which any file is left, oldest first.

        Raises:
            TransientFailure: the folder is not there or cannot be read: perhaps it is not mounted.
            TerminalFailure: a dump has no date in its name.

        """
        taken: dict[CopyId, datetime] = {}
        for named, at in self._found():
            taken[named] = min(taken.get(named, at), at)
        kind = CopyKind.DUMP if self._settings.layout is Layout.DUMPS else CopyKind.ARCHIVE_DAY
        region = self._settings.region
        return in_order(
            make_copy(self._settings, named, kind, taken_at=at, ends=(), region=region) for named, at in taken.items()
        )

    def exists(self, copy_id: CopyId) -> bool:
        """Whether any file of the copy is left.

        Raises:
            TransientFailure: the folder cannot be read.
            TerminalFailure: the copy is not one of this system.

        """
        if copy_id.partition("/")[0] != self._settings.system:
            raise TerminalFailure(f"copy {copy_id}: expected a copy of {self._settings.system}")
        return any(named == copy_id for named, _ in self._found())

    def examine(self) -> Registered:
        """Return the copies; a folder has no rules of its own."""
        return registered(self._settings, self.copies(), (), region=self._settings.region, lock=None)

    def _found(self) -> Iterator[tuple[CopyId, datetime]]:
        """Yield the copy that each file belongs to, and from when it is."""
        for path in self._listed():
            if self._settings.layout is Layout.WINDOW:
                written = self._written(path)
                yield copy_id(self._settings.system, f"{written:%Y-%m-%d}"), written
                continue
            named = day_within(path.name)
            if named is None:
                raise TerminalFailure(
                    f"backups {self._settings.system}: a file of {self._folder.name} has no date in its name",
                    hint="a copy that nobody can date never counts as gone; move it or name it like shop-2026-11-22",
                )
            yield copy_id(self._settings.system, path.name), midnight(named)

    def _listed(self) -> list[Path]:
        try:
            return sorted(path for path in self._folder.iterdir() if not path.name.startswith("."))
        except OSError as error:
            raise TransientFailure(
                f"backups {self._settings.system}: the folder {self._folder.name} cannot be read"
                f" ({type(error).__name__})",
                hint="a folder that is not mounted holds copies all the same",
            ) from error

    def _written(self, path: Path) -> datetime:
        try:
            return datetime.fromtimestamp(path.stat().st_mtime, UTC)
        except OSError as error:
            message = f"backups {self._settings.system}: a file went away or cannot be read while it was looked at"
            raise TransientFailure(message, hint="run again") from error
