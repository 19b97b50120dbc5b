"""The backups' entry in retention.yaml, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.model.period import Period
from retention.ports.connector import SystemSettings

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_KNOWN = frozenset({"url", "expire", "region", "endpoint", "access_key", "secret_key"})


@dataclass(frozen=True, slots=True)
class BackupsSettings:
    """Which bucket, how long a copy is kept, and whose copies they are."""

    system: SystemId
    of_systems: tuple[SystemId, ...]
    expire: Period
    bucket: str
    prefix: str
    """Empty, or a path that ends in `/`; a folder a date lies below it."""
    region: str | None
    endpoint: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)


def read_settings(settings: SystemSettings) -> BackupsSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    expire = _period(options.get("expire", ""))
    address = _URL.fullmatch(options.get("url", ""))
    problems = [_problem(settings, name, f"one of {', '.join(sorted(_KNOWN))}") for name in sorted({*options} - _KNOWN)]
    if address is None:
        problems.append(_problem(settings, "url", "s3://bucket or s3://bucket/prefix"))
    if expire is None:
        problems.append(_problem(settings, "expire", "a period after which a copy is gone, like P35D"))
    if ("access_key" in options) != ("secret_key" in options):
        problems.append(_problem(settings, "access_key", "access_key and secret_key together, or neither"))
    if not settings.copies:
        problems.append(_problem(settings, "copies", "the systems these are backups of"))
    if problems or address is None or expire is None:
        raise SettingsError(f"system {settings.system_id} cannot be used", problems=tuple(problems))
    path = (address[2] or "").strip("/")
    return BackupsSettings(
        system=settings.system_id,
        of_systems=settings.copies,
        expire=expire,
        bucket=address[1],
        prefix=f"{path}/" if path else "",
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
    )


def _period(text: str) -> Period | None:
    try:
        return Period.parse(text)
    except ValueError:
        return None


def _problem(settings: SystemSettings, option: str, expected: str) -> Problem:
    found = "another text" if option in settings.options else "nothing"
    return Problem(where=f"systems.{settings.system_id}.{option}", expected=expected, found=found)
