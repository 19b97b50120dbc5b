"""An entry of `events.queues` with `connector: sqs`, read and checked."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from retention.errors import Problem, SettingsError
from retention.ports.queues import QueueSettings

_URL = re.compile(r"https?://[^/\s@]+/[^\s@]+")
_KNOWN = frozenset({"url", "region", "endpoint", "access_key", "secret_key"})


@dataclass(frozen=True, slots=True)
class SqsSettings:
    """Which queue, and how to reach it."""

    name: str
    url: str
    """The queue's own address, as SQS gives it."""
    region: str | None
    endpoint: str | None
    """Another address than Amazon's: a simulator."""
    access_key: str | None = field(repr=False)
    """With `secret_key`; without both, boto3 looks where it always looks."""
    secret_key: str | None = field(repr=False)


def read_settings(settings: QueueSettings) -> SqsSettings:
    """Return the checked settings.

    Raises:
        SettingsError: an option is missing, unknown or malformed; all problems at once.

    """
    options = settings.options
    problems = tuple(_problems(settings))
    if problems:
        raise SettingsError(f"the queue {settings.name} cannot be used", problems=problems)
    return SqsSettings(
        name=settings.name,
        url=options["url"],
        region=options.get("region"),
        endpoint=options.get("endpoint"),
        access_key=options.get("access_key"),
        secret_key=options.get("secret_key"),
    )


def _problems(settings: QueueSettings) -> Iterator[Problem]:
    options, where = settings.options, f"events.queues.{settings.name}"
    for name in sorted({*options} - _KNOWN):
        yield Problem(where=f"{where}.{name}", expected=f"one of {', '.join(sorted(_KNOWN))}", found="another option")
    if not _URL.fullmatch(options.get("url", "")):
        expected = "the queue's address, like https://sqs.ap-northeast-1.amazonaws.com/123456789012/crm-events"
        yield Problem(where=f"{where}.url", expected=expected, found="another text" if "url" in options else "nothing")
    if ("access_key" in options) != ("secret_key" in options):
        expected = "access_key and secret_key together, or neither"
        yield Problem(where=f"{where}.access_key", expected=expected, found="one of them")
