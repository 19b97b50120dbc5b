"""The backups' entry in retention.yaml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from types import MappingProxyType
from typing import TypeAlias, TypeVar

from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.model.period import Period
from retention.ports.connector import SystemSettings

_KNOWN = frozenset({"url", "kind", "expire", "removed_by", "cadence", "region", "endpoint", "access_key", "secret_key"})


class Layout(Enum):
    """How copies lie in their store; the option `kind`."""

    FOLDERS = "folders"
    VERSIONS = "versions"
    REPLICA = "replica"
    DUMPS = "dumps"
    WINDOW = "window"
    RDS = "rds"
    AWS_BACKUP = "aws-backup"


class Remover(Enum):
    """Who removes a copy; the option `removed_by`."""

    JOB = "job"
    """A program of the company: what is declared is the end, and it is looked for."""
    STORE = "store"
    """The store's own rule, which is read and held against what was declared."""


@dataclass(frozen=True, slots=True)
class InBucket:
    """Objects below a prefix: empty, or a path that ends in `/`."""

    bucket: str
    prefix: str


@dataclass(frozen=True, slots=True)
class InFolder:
    """Files in a folder."""

    path: Path


@dataclass(frozen=True, slots=True)
class OfInstance:
    """Snapshots of one database instance of RDS."""

    instance: str


@dataclass(frozen=True, slots=True)
class InVault:
    """Recovery points in one vault of AWS Backup."""

    vault: str


_Words = TypeVar("_Words", bound=Enum)
Place: TypeAlias = InBucket | InFolder | OfInstance | InVault

_BUCKET = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_FOLDER = re.compile(r"folder:(.+)")
_INSTANCE = re.compile(r"rds:([a-z][a-z0-9-]{0,62})")
_VAULT = re.compile(r"backup:([A-Za-z0-9_-]{2,50})")
_EXPECTED: Mapping[Layout, str] = MappingProxyType(
    {
        Layout.FOLDERS: "s3://bucket or s3://bucket/prefix",
        Layout.VERSIONS: "s3://bucket or s3://bucket/prefix",
        Layout.REPLICA: "s3://bucket or s3://bucket/prefix",
        Layout.DUMPS: "folder:PATH or s3://bucket/prefix",
        Layout.WINDOW: "folder:PATH or s3://bucket/prefix",
        Layout.RDS: "rds:INSTANCE",
        Layout.AWS_BACKUP: "backup:VAULT",
    }
)
_REMOVERS: Mapping[Layout, Remover] = MappingProxyType(
    {
        Layout.FOLDERS: Remover.JOB,
        Layout.DUMPS: Remover.JOB,
        Layout.WINDOW: Remover.JOB,
        Layout.VERSIONS: Remover.STORE,
        Layout.REPLICA: Remover.STORE,
        Layout.RDS: Remover.STORE,
        Layout.AWS_BACKUP: Remover.STORE,
    }
)
"""Who removes copies, if nobody says."""


@dataclass(frozen=True, slots=True)
class BackupsSettings:
    """Where copies lie, how long they are kept and who removes them, and whose they are."""

    system: SystemId
    of_systems: tuple[SystemId, ...]
    layout: Layout
    place: Place
    expire: Period
    """After which time a copy is gone, as declared."""
    removed_by: Remover
    cadence: Period | None
    """How often a copy is taken, as declared."""
    region: str | None
    """Where copies are to lie."""
    endpoint: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)


def read_settings(settings: SystemSettings) -> BackupsSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    layout = _word(Layout, options.get("kind", Layout.FOLDERS.value))
    place = _place(options.get("url", ""), layout, settings.workspace) if layout else None
    remover = _word(Remover, options["removed_by"]) if "removed_by" in options else layout and _REMOVERS[layout]
    expire = _period(options.get("expire", ""))
    cadence = _period(options.get("cadence", "P0D"))
    problems = [_problem(settings, name, f"one of {', '.join(sorted(_KNOWN))}") for name in sorted({*options} - _KNOWN)]
    if layout is None:
        problems.append(_problem(settings, "kind", f"one of {', '.join(word.value for word in Layout)}"))
    elif place is None:
        problems.append(_problem(settings, "url", _EXPECTED[layout]))
    if expire is None:
        problems.append(_problem(settings, "expire", "a period after which a copy is gone, like P35D"))
    if cadence is None:
        problems.append(_problem(settings, "cadence", "a period between two copies, like P1D"))
    if remover is None or (remover is Remover.STORE and isinstance(place, InFolder)):
        problems.append(_problem(settings, "removed_by", "job, or store where the store has rules of its own"))
    if ("access_key" in options) != ("secret_key" in options):
        problems.append(_problem(settings, "access_key", "access_key and secret_key together, or neither"))
    if not settings.copies:
        problems.append(_problem(settings, "copies", "the systems these are backups of"))
    if problems or layout is None or place is None or expire is None or remover is None:
        raise SettingsError(f"system {settings.system_id} cannot be used", problems=tuple(problems))
    return BackupsSettings(
        system=settings.system_id,
        of_systems=settings.copies,
        layout=layout,
        place=place,
        expire=expire,
        removed_by=remover,
        cadence=cadence if "cadence" in options else None,
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
    )


def _place(url: str, layout: Layout, workspace: Path) -> Place | None:
    if layout is Layout.RDS:
        found = _INSTANCE.fullmatch(url)
        return OfInstance(found[1]) if found else None
    if layout is Layout.AWS_BACKUP:
        found = _VAULT.fullmatch(url)
        return InVault(found[1]) if found else None
    if (bucket := _BUCKET.fullmatch(url)) is not None:
        path = (bucket[2] or "").strip("/")
        return InBucket(bucket[1], f"{path}/" if path else "")
    folder = _FOLDER.fullmatch(url) if layout in (Layout.DUMPS, Layout.WINDOW) else None
    return InFolder(workspace / folder[1]) if folder else None


def _word(words: type[_Words], text: str) -> _Words | None:
    try:
        return words(text)
    except ValueError:
        return None


def _period(text: str) -> Period | None:
    try:
        return Period.parse(text)
    except ValueError:
        return None


def _problem(settings: SystemSettings, option: str, expected: str) -> Problem:
    found = "another text" if option in settings.options else "nothing"
    return Problem(where=f"systems.{settings.system_id}.{option}", expected=expected, found=found)
