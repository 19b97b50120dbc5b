"""Which copies exist and until when. A copy is a folder named by its date: `2026-11-22/…`."""

from __future__ import annotations

import json
import re
from datetime import date, datetime

from connectors.backups.expiry import expires_at
from connectors.backups.objects import Bucket
from connectors.backups.settings import BackupsSettings
from retention.errors import TerminalFailure
from retention.model.copies import Copy
from retention.model.ids import CopyId

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MANIFEST = "manifest.json"


class BackupsKeeper:
    """The list of copies; see `retention.ports.keeper.CopyKeeper`."""

    def __init__(self, settings: BackupsSettings, bucket: Bucket) -> None:
        """Read this bucket."""
        self._settings = settings
        self._bucket = bucket

    def copies(self) -> tuple[Copy, ...]:
        """Return the copies of which any version is left, oldest first.

        A copy was taken when its manifest says (`{"taken_at": …}`), else when its oldest version was written.

        Raises:
            TerminalFailure: something lies outside a dated folder, or a manifest cannot be read.

        """
        first: dict[str, datetime] = {}
        with_manifest: set[str] = set()
        for version in self._bucket.versions():
            folder, _, rest = version.path.partition("/")
            if not rest or not _is_date(folder):
                message = f"backups {self._settings.system}: {version.path} does not lie in a folder named YYYY-MM-DD"
                raise TerminalFailure(message, hint="a copy nobody knows about is never expired; move it or narrow url")
            first[folder] = min(first.get(folder, version.written_at), version.written_at)
            if rest == _MANIFEST:
                with_manifest.add(folder)
        stated = {folder: self._stated(folder) for folder in with_manifest}
        copies = (self._copy(folder, stated.get(folder) or written) for folder, written in first.items())
        return tuple(sorted(copies, key=lambda copy: (copy.taken_at, copy.copy_id)))

    def exists(self, copy_id: CopyId) -> bool:
        """Whether any version is left in the copy's folder.

        Raises:
            TerminalFailure: the copy is not one of this system.

        """
        system, _, folder = copy_id.rpartition("/")
        if system != self._settings.system or not _is_date(folder):
            expected = f"{self._settings.system}/YYYY-MM-DD"
            raise TerminalFailure(f"copy {copy_id}: expected the name of a copy like {expected}")
        return next(self._bucket.versions(f"{folder}/"), None) is not None

    def _copy(self, folder: str, taken_at: datetime) -> Copy:
        return Copy(
            copy_id=CopyId(f"{self._settings.system}/{folder}"),
            keeper=self._settings.system,
            of_systems=self._settings.of_systems,
            taken_at=taken_at,
            expires_at=expires_at(taken_at, self._settings.expire),
        )

    def _stated(self, folder: str) -> datetime | None:
        path = f"{folder}/{_MANIFEST}"
        content = self._bucket.content(path)
        if content is None:
            return None
        try:
            taken_at = datetime.fromisoformat(json.loads(content)["taken_at"])
        except (ValueError, KeyError, TypeError) as error:
            message = f"backups {self._settings.system}: {path}: expected taken_at in ISO 8601, found something else"
            raise TerminalFailure(message) from error
        if taken_at.tzinfo is None:
            raise TerminalFailure(f"backups {self._settings.system}: {path}: taken_at has no time zone")
        return taken_at


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
