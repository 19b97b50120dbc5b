"""The lake's entry in retention.yaml, read and checked."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.ports.connector import SystemSettings

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?")
_KNOWN = frozenset({"url", "region", "endpoint", "access_key", "secret_key", "attempts", "part", "shard"})
_ATTEMPTS = 5
_PART = 5 << 20
_SHARD = 1 << 30


@dataclass(frozen=True, slots=True)
class LakeSettings:
    """Which bucket, and how to reach it."""

    system: str
    bucket: str
    prefix: str
    """Empty, or a path that ends in `/`; every dataset's pattern is relative to it."""
    region: str | None
    endpoint: str | None
    """Another address than Amazon's: a compatible store, or a simulator."""
    access_key: str | None = field(repr=False)
    """With `secret_key`; without both, boto3 looks where it always looks."""
    secret_key: str | None = field(repr=False)
    attempts: int
    """How often one request is sent before it counts as failed."""
    part: int = _PART
    """The least size in bytes of a part of an upload; Amazon's is 5 MiB, other stores have others."""
    shard: int = _SHARD
    """About how many bytes of a dataset one task works on."""

    @property
    def url(self) -> str:
        """Return the address for messages."""
        return f"s3://{self.bucket}/{self.prefix}"


def read_settings(settings: SystemSettings) -> LakeSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    problems = [*_unknown(settings), *_url_problems(settings), *_key_problems(settings), *_number_problems(settings)]
    if problems:
        raise SettingsError(f"system {settings.system_id} cannot be used", problems=tuple(problems))
    bucket, path = _url_parts(options)
    return LakeSettings(
        system=settings.system_id,
        bucket=bucket,
        prefix=f"{path}/" if path else "",
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
        attempts=int(options.get("attempts", _ATTEMPTS)),
        part=int(options.get("part", _PART)),
        shard=int(options.get("shard", _SHARD)),
    )


def _url_parts(options: Mapping[str, str]) -> tuple[str, str]:
    match = _URL.fullmatch(options.get("url", ""))
    return (match[1], (match[2] or "").strip("/")) if match else ("", "")


def _unknown(settings: SystemSettings) -> list[Problem]:
    return [
        Problem(where=f"systems.{settings.system_id}", expected=", ".join(sorted(_KNOWN)), found=f"option {name!r}")
        for name in sorted(set(settings.options) - _KNOWN)
    ]


def _url_problems(settings: SystemSettings) -> list[Problem]:
    if _url_parts(settings.options)[0]:
        return []
    where = f"systems.{settings.system_id}.url"
    return [Problem(where=where, expected="s3://bucket or s3://bucket/prefix", found="another address, or none")]


def _key_problems(settings: SystemSettings) -> list[Problem]:
    if ("access_key" in settings.options) == ("secret_key" in settings.options):
        return []
    where = f"systems.{settings.system_id}"
    return [Problem(where=where, expected="access_key and secret_key together, or neither", found="one of them")]


def _number_problems(settings: SystemSettings) -> list[Problem]:
    numbers = {
        "attempts": (r"[1-9]|10", "a number from 1 to 10"),
        "part": (r"[1-9][0-9]{0,9}", "the least size of an upload's part in bytes"),
        "shard": (r"[1-9][0-9]{0,14}", "about how many bytes one task works on"),
    }
    return [
        Problem(where=f"systems.{settings.system_id}.{name}", expected=expected, found="something else")
        for name, (shape, expected) in numbers.items()
        if not re.fullmatch(shape, settings.options.get(name, "1"))
    ]
