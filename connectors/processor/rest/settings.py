"""The options of a processor with the protocol `rest`, checked; every problem at once.

crm:
  connector: processor
  protocol: rest
  descriptor: zendesk              # one that comes with the product, or a file of the workspace
  url: https://example.zendesk.com # where the descriptor names none, or another region
  user: env:ZENDESK_USER           # secrets: token, user, password, client_id, client_secret
  password: env:ZENDESK_TOKEN
  timeout: 30                      # optional, seconds
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors.processor.rest.descriptor import Auth, Basic, Bearer, Descriptor, Header, OAuth2
from connectors.processor.rest.reading import read_descriptor
from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

_OPTIONS = frozenset({"protocol", "descriptor", "url", "timeout"})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_TIMEOUT = "30"


@dataclass(frozen=True, slots=True)
class RestSettings:
    """One processor, checked."""

    system_id: SystemId
    descriptor: Descriptor
    url: str
    """Without a slash at the end."""
    secrets: Mapping[str, str] = field(repr=False)
    """Options of the credentials, and those that the descriptor needs."""
    timeout: float
    """Seconds."""


def read_settings(settings: SystemSettings) -> RestSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem.
        InputError: the descriptor cannot be used.

    """
    options = settings.options
    where = f"systems.{settings.system_id}"
    if "descriptor" not in options:
        problem = Problem(where=f"{where}.descriptor", expected="a descriptor's name or file", found="nothing")
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=(problem,))
    descriptor = read_descriptor(options["descriptor"], settings.workspace)
    wanted = _wanted(descriptor.auth) | set(descriptor.needs)
    url = options.get("url", descriptor.url or "").rstrip("/")
    problems = [*_names(where, options, wanted), *_address(where, url), *_seconds(where, options)]
    if problems:
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=tuple(problems))
    secrets = {name: options[name] for name in wanted}
    return RestSettings(settings.system_id, descriptor, url, secrets, float(options.get("timeout", _TIMEOUT)))


def _wanted(auth: Auth) -> set[str]:
    match auth:
        case Bearer() | Header():
            return {"token"}
        case Basic():
            return {"user", "password"}
        case OAuth2():
            return {"client_id", "client_secret"}


def _names(where: str, options: Mapping[str, str], wanted: set[str]) -> Iterator[Problem]:
    for name in sorted(wanted - set(options)):
        yield Problem(where=f"{where}.{name}", expected="a value, or env:NAME or file:PATH", found="nothing")
    known = _OPTIONS | wanted
    for name in sorted(set(options) - known):
        near = difflib.get_close_matches(name, known, n=1)
        expected = "one of " + ", ".join(sorted(known))
        hint = f"did you mean {near[0]}?" if near else ""
        yield Problem(where=f"{where}.{name}", expected=expected, found="an unknown option", hint=hint)


def _address(where: str, url: str) -> Iterator[Problem]:
    try:
        parts = urlsplit(url)
        host = parts.hostname
        secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
        right = bool(host) and secure and not (parts.username or parts.query or parts.fragment)
    except ValueError:
        right = False
    if not right:
        expected = "an https address without user, query or fragment (http on this machine only)"
        yield Problem(where=f"{where}.url", expected=expected, found="another" if url else "nothing")


def _seconds(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    text = options.get("timeout", _TIMEOUT)
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", text) or float(text) <= 0:
        yield Problem(where=f"{where}.timeout", expected="seconds, more than 0", found=repr(text[:20]))
