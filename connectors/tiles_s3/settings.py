"""The entry `evidence` of retention.yaml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.model.period import Period
from retention.ports.tiles import ObjectLock, TileSettings

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")
_KNOWN = frozenset({"region", "endpoint", "access_key", "secret_key"})


@dataclass(frozen=True, slots=True)
class TilesSettings:
    """Which bucket, and how firmly its files are kept."""

    bucket: str
    prefix: str
    """Empty, or a path that ends in `/`."""
    lock: ObjectLock
    retain: Period
    """Zero without a lock."""
    region: str | None
    endpoint: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)


def read_settings(settings: TileSettings) -> TilesSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    address = _URL.fullmatch(settings.store)
    problems = tuple(_problems(settings))
    if address is None or problems:
        wrong = () if address else (_problem("store", "s3://bucket or s3://bucket/prefix", "another text"),)
        raise SettingsError("the evidence log's bucket cannot be used", problems=(*wrong, *problems))
    path = (address[2] or "").strip("/")
    return TilesSettings(
        bucket=address[1],
        prefix=f"{path}/" if path else "",
        lock=settings.object_lock,
        retain=settings.retain or Period(),
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
    )


def _problems(settings: TileSettings) -> Iterator[Problem]:
    locked = settings.object_lock is not ObjectLock.NONE
    for name in sorted({*settings.options} - _KNOWN):
        yield _problem(name, f"one of {', '.join(sorted(_KNOWN))}", "an option that nobody reads")
    if ("access_key" in settings.options) != ("secret_key" in settings.options):
        yield _problem("access_key", "access_key and secret_key together, or neither", "one of them")
    if locked and (settings.retain is None or settings.retain.is_zero):
        yield _problem("retain", "how long files are locked, like P10Y", "nothing")
    if not locked and settings.retain is not None:
        yield _problem("object_lock", "compliance or governance, since `retain` is given", "none")


def _problem(option: str, expected: str, found: str) -> Problem:
    return Problem(where=f"evidence.{option}", expected=expected, found=found)
