"""Copies in a bucket: dated folders, replicas, dumps, noncurrent versions, days of an archive."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType

from connectors.backups.horizons import by_store, in_order, make_copy, registered
from connectors.backups.lifecycle import Rule, gone_at, removes_markers, switched_on
from connectors.backups.names import copy_id, day_within, exact_day, midnight
from connectors.backups.objects import Bucket, History, Version
from connectors.backups.settings import BackupsSettings, Layout, Remover
from retention.errors import TerminalFailure
from retention.model.copies import Copy, CopyFinding, CopyKind, End, Fault, Registered, Why
from retention.model.horizons import latest
from retention.model.ids import CopyId

_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class _Part:
    """Which copy a version belongs to, and the moment from which it counts."""

    name: str
    at: datetime


def _in_folder(version: Version) -> _Part | None:
    folder, _, rest = version.path.partition("/")
    return _Part(folder, version.written_at) if rest and exact_day(folder) else None


def _in_dump(version: Version) -> _Part | None:
    name = version.path.partition("/")[0]
    named = day_within(name)
    return _Part(name, midnight(named)) if named else None


def _by_day(version: Version) -> _Part:
    return _Part(f"{version.written_at.astimezone(UTC):%Y-%m-%d}", version.written_at)


def _when_replaced(version: Version) -> _Part | None:
    since = version.noncurrent_since
    return _Part(f"{since.astimezone(UTC):%Y-%m-%d}", since) if since else None


@dataclass(frozen=True, slots=True)
class _Way:
    """How copies of one layout are told apart."""

    kind: CopyKind
    part: Callable[[Version], _Part | None]
    expected: str | None
    """What every object must be like; None where some belong to no copy."""
    manifest: bool = False


_WAYS: Mapping[Layout, _Way] = MappingProxyType(
    {
        Layout.FOLDERS: _Way(CopyKind.FOLDER, _in_folder, "a folder named YYYY-MM-DD", manifest=True),
        Layout.REPLICA: _Way(CopyKind.REPLICA, _in_folder, "a folder named YYYY-MM-DD", manifest=True),
        Layout.DUMPS: _Way(CopyKind.DUMP, _in_dump, "a name with a date like 2026-11-22"),
        Layout.WINDOW: _Way(CopyKind.ARCHIVE_DAY, _by_day, None),
        Layout.VERSIONS: _Way(CopyKind.VERSIONS, _when_replaced, None),
    }
)


@dataclass(slots=True)
class _Pile:
    """What is known of one copy while its versions go by."""

    taken_at: datetime
    lasts_until: list[datetime | None] = field(default_factory=list)
    """The latest end that rules give any version so far; at most one."""
    locked_until: list[datetime | None] = field(default_factory=list)
    legal_hold: bool = False
    manifest: bool = False


@dataclass(frozen=True, slots=True)
class _Settings:
    """What the bucket says of itself."""

    rules: tuple[Rule, ...]
    versioned: bool
    lock: str | None
    region: str


class BucketKeeper:
    """The list of copies in one bucket; see `retention.ports.keeper.CopyKeeper`."""

    def __init__(self, settings: BackupsSettings, bucket: Bucket) -> None:
        """Read this bucket."""
        self._settings = settings
        self._bucket = bucket
        self._way = _WAYS[settings.layout]

    def copies(self) -> tuple[Copy, ...]:
        """Return the copies of which any version is left, oldest first.

        A folder was taken when its manifest says (`{"taken_at": …}`), else when its oldest version was written.

        Raises:
            TerminalFailure: something belongs to no copy, or a manifest cannot be read.

        """
        return self.examine().copies

    def exists(self, copy_id: CopyId) -> bool:
        """Whether any version of the copy is left.

        Raises:
            TerminalFailure: the copy is not one of this system.

        """
        below = self._below(copy_id)
        return any(self._named(version) == copy_id for version in self._bucket.versions(below))

    def examine(self) -> Registered:
        """Return the copies and what the bucket's configuration says; see `copies` for errors."""
        bucket = self._bucket
        rules = bucket.rules() if self._settings.removed_by is Remover.STORE else ()
        about = _Settings(rules, bucket.is_versioned(), bucket.lock(), bucket.location())
        piles: dict[str, _Pile] = {}
        markers = 0
        for history in bucket.histories():
            markers += _stays(history, about.rules)
            for version in history.versions:
                self._add(piles, version, about)
        copies = in_order(self._copy(name, pile, about.region) for name, pile in piles.items())
        findings = [*self._disabled(copies, about), *self._markers(markers)]
        return registered(self._settings, copies, findings, region=about.region, lock=about.lock)

    def _add(self, piles: dict[str, _Pile], version: Version, about: _Settings) -> None:
        part = self._part(version)
        if part is None:
            return
        pile = piles.setdefault(part.name, _Pile(part.at))
        pile.taken_at = min(pile.taken_at, part.at)
        pile.manifest |= self._way.manifest and version.path == f"{part.name}/{_MANIFEST}"
        if self._settings.removed_by is Remover.STORE:
            end = gone_at(version, about.rules, versioned=about.versioned)
            pile.lasts_until = [latest([*pile.lasts_until, end])]
        if about.lock is not None:
            locked = self._bucket.locked(version)
            pile.legal_hold |= locked.legal_hold
            if locked.until is not None:
                pile.locked_until = [latest([*pile.locked_until, locked.until])]

    def _part(self, version: Version) -> _Part | None:
        part = self._way.part(version)
        if part is None and self._way.expected is not None:
            message = f"backups {self._settings.system}: an object does not lie in {self._way.expected}"
            raise TerminalFailure(
                f"{message}: {version.path}", hint="a copy nobody knows about is never expired; move it or narrow url"
            )
        return part

    def _named(self, version: Version) -> CopyId | None:
        part = self._part(version)
        return copy_id(self._settings.system, part.name) if part else None

    def _below(self, copy: CopyId) -> str:
        """Return the path below which the copy lies, if its name is one."""
        system, _, name = copy.partition("/")
        if system != self._settings.system or not name:
            raise TerminalFailure(f"copy {copy}: expected the name of a copy like {self._settings.system}/YYYY-MM-DD")
        if self._settings.layout not in (Layout.FOLDERS, Layout.REPLICA):
            return ""
        if exact_day(name) is None:
            raise TerminalFailure(f"copy {copy}: expected the name of a copy like {system}/YYYY-MM-DD")
        return f"{name}/"

    def _copy(self, name: str, pile: _Pile, region: str) -> Copy:
        ends: list[End] = []
        for until in pile.lasts_until:
            ends += by_store(self._settings, Why.LIFECYCLE, until)
        ends += [End(Why.OBJECT_LOCK, until) for until in pile.locked_until]
        if pile.legal_hold:
            ends.append(End(Why.LEGAL_HOLD, None))
        stated = self._stated(name) if pile.manifest else None
        return make_copy(
            self._settings,
            copy_id(self._settings.system, name),
            self._way.kind,
            taken_at=stated or pile.taken_at,
            ends=ends,
            region=region,
        )

    def _disabled(self, copies: tuple[Copy, ...], about: _Settings) -> Iterator[CopyFinding]:
        """Yield each disabled rule that would remove something which nothing else removes."""
        if not any(end.why is Why.NO_EXPIRY for copy in copies for end in copy.ends):
            return
        off = [rule for rule in about.rules if not rule.enabled]
        left = [v for v in self._bucket.versions() if self._part(v) and not self._ends(v, about)] if off else []
        for rule in off:
            (on,) = switched_on([rule])
            others = (*(other for other in about.rules if other.enabled), on)
            if any(gone_at(version, others, versioned=about.versioned) for version in left):
                found = f"rule {rule.number} is disabled"
                yield CopyFinding(Fault.RULE_DISABLED, self._settings.system, "lifecycle", "an enabled rule", found)

    def _ends(self, version: Version, about: _Settings) -> bool:
        return gone_at(version, about.rules, versioned=about.versioned) is not None

    def _markers(self, count: int) -> Iterator[CopyFinding]:
        if count and self._settings.removed_by is Remover.STORE:
            found = f"{count} of which nothing else is left"
            yield CopyFinding(Fault.MARKERS_STAY, self._settings.system, "lifecycle", "no delete markers", found)

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


def _stays(history: History, rules: tuple[Rule, ...]) -> bool:
    """Whether only delete markers are left of the object, and no rule clears them."""
    return not history.versions and not removes_markers(history.key, rules)
