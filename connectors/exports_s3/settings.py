"""The entry `exports` of retention.yaml, read and checked."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.ports.exports import ExportSettings

_URL = re.compile(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/([A-Za-z0-9._/-]*))?")
_KNOWN = frozenset({"region", "endpoint", "access_key", "secret_key"})


@dataclass(frozen=True, slots=True)
class BucketSettings:
    """Which bucket, and how it is reached."""

    bucket: str
    prefix: str
    """Empty, or a path that ends in `/`."""
    region: str | None
    endpoint: str | None
    access_key: str | None = field(repr=False)
    secret_key: str | None = field(repr=False)


def read_settings(settings: ExportSettings) -> BucketSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    address = _URL.fullmatch(settings.store)
    problems = [
        Problem(where=f"exports.{name}", expected=f"one of {', '.join(sorted(_KNOWN))}", found="an option nobody reads")
        for name in sorted({*options} - _KNOWN)
    ]
    if ("access_key" in options) != ("secret_key" in options):
        expected = "access_key and secret_key together, or neither"
        problems.append(Problem(where="exports.access_key", expected=expected, found="one of them"))
    if address is None:
        expected = "s3://bucket or s3://bucket/prefix"
        problems.append(Problem(where="exports.store", expected=expected, found="another text"))
    if address is None or problems:
        raise SettingsError("the bucket of exports cannot be used", problems=tuple(problems))
    path = (address[2] or "").strip("/")
    return BucketSettings(
        bucket=address[1],
        prefix=f"{path}/" if path else "",
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
    )
