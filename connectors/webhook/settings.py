"""The options of a webhook, checked; every problem at once.

alerts:
  desk:
    alerter: webhook
    url: env:DESK_WEBHOOK            # https, save on this machine
    secret: env:DESK_SECRET          # whsec_ and 24 to 64 bytes in base64
    timeout: "10"                    # seconds, for each answer
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from retention.errors import Problem, SettingsError
from retention.ports.alerts import AlerterSettings

PREFIX = "whsec_"
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_REQUIRED, _OPTIONAL = ("url", "secret"), ("timeout",)
_LENGTHS = range(24, 65)
"""Bytes of a secret (Standard Webhooks, "Signature scheme")."""


@dataclass(frozen=True, slots=True)
class WebhookSettings:
    """One address, checked."""

    name: str
    url: SplitResult = field(repr=False)
    """Addresses of webhooks often hold a token: it is shown nowhere."""
    secret: bytes = field(repr=False)
    timeout: float
    """Seconds, for connecting and for each answer."""


def read_options(settings: AlerterSettings) -> WebhookSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem; no value is shown.

    """
    problems = tuple(_problems(f"alerts.{settings.name}", settings.options))
    if problems:
        raise SettingsError(f"nobody can be told by {settings.name}", problems=problems)
    options = settings.options
    timeout = float(options.get("timeout", "10"))
    return WebhookSettings(settings.name, urlsplit(options["url"]), _secret(options["secret"]) or b"", timeout)


def _problems(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    for name in _REQUIRED:
        if not options.get(name):
            yield Problem(where=f"{where}.{name}", expected="a value", found="nothing")
    known = (*_REQUIRED, *_OPTIONAL)
    for name in sorted(set(options) - set(known)):
        yield Problem(where=f"{where}.{name}", expected=f"one of {', '.join(known)}", found="an unknown option")
    if options.get("url") and not _is_safe(options["url"]):
        yield Problem(where=f"{where}.url", expected="an https address without user and password", found="another")
    if options.get("secret") and _secret(options["secret"]) is None:
        yield Problem(where=f"{where}.secret", expected=f"{PREFIX} and 24 to 64 bytes in base64", found="another")
    if not re.fullmatch(r"[1-9]\d{0,2}(\.\d{1,3})?|0\.\d{1,3}", options.get("timeout", "10")):
        yield Problem(where=f"{where}.timeout", expected="seconds", found="something else")


def _is_safe(text: str) -> bool:
    try:
        url = urlsplit(text)
        port_is_one = url.port is None or url.port > 0
    except ValueError:
        return False
    is_here = url.scheme == "http" and url.hostname in _LOOPBACK
    named = bool(url.hostname) and "@" not in url.netloc
    return port_is_one and named and text.isprintable() and " " not in text and (url.scheme == "https" or is_here)


def _secret(text: str) -> bytes | None:
    if not text.startswith(PREFIX):
        return None
    try:
        secret = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return secret if len(secret) in _LENGTHS else None
