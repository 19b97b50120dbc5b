"""The options of the carriers, checked; every problem at once.

letters:
  email:
    carrier: smtp
    server: smtp.example:587         # host:port; TLS is demanded save on this machine
    from: privacy@shop.example
    user: env:SMTP_USER              # optional, with password
    password: env:SMTP_PASSWORD
    tls: starttls                    # or `implicit` (port 465)
    timeout: "30"                    # seconds
  post:
    carrier: folder
    path: mailroom
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.errors import HeaderParseError
from email.headerregistry import Address
from pathlib import Path

from retention.errors import Problem, SettingsError
from retention.ports.alerts import AlerterSettings
from retention.ports.letters import CarrierSettings

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SMTP = (("server", "from"), ("user", "password", "tls", "timeout"))
_FOLDER = (("path",), ())
_TLS = ("starttls", "implicit")


@dataclass(frozen=True, slots=True)
class SmtpSettings:
    """One mail server, checked."""

    name: str
    host: str
    port: int
    sender: str
    user: str | None
    password: str | None = field(repr=False)
    is_implicit: bool
    """TLS from the first byte, not after STARTTLS."""
    timeout: float
    """Seconds, for each answer of the server."""

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine: then TLS is not demanded."""
        return self.host in _LOOPBACK


def read_smtp(settings: CarrierSettings) -> SmtpSettings:
    """Check the options of a mail server.

    Raises:
        SettingsError: with every problem.

    """
    _refuse(settings.name, _smtp_of(settings.name, settings.options))
    return _read(settings.name, settings.options)


def _read(name: str, options: Mapping[str, str]) -> SmtpSettings:
    host, _, port = options["server"].rpartition(":")
    return SmtpSettings(
        name=name,
        host=host.strip("[]"),
        port=int(port),
        sender=options["from"],
        user=options.get("user"),
        password=options.get("password"),
        is_implicit=options.get("tls") == "implicit",
        timeout=float(options.get("timeout", "30")),
    )


def read_alerts(settings: AlerterSettings) -> tuple[SmtpSettings, str]:
    """Check the options of a mail server over which the desk is told, and the desk's address `to`.

    Raises:
        SettingsError: with every problem.

    """
    options = dict(settings.options)
    desk = options.pop("to", "")
    where = f"alerts.{settings.name}"
    problems = [] if is_address(desk) else [Problem(where=f"{where}.to", expected="one mail address", found="another")]
    problems += [
        replace(each, where=each.where.replace("letters.", "alerts.", 1)) for each in _smtp_of(settings.name, options)
    ]
    if problems:
        raise SettingsError(f"the desk cannot be told by {settings.name}", problems=tuple(problems))
    return _read(settings.name, options), desk


def read_folder(settings: CarrierSettings) -> Path:
    """Check the options of the mail room's folder; return where it is.

    Raises:
        SettingsError: with every problem.

    """
    _refuse(settings.name, tuple(_known(settings.name, settings.options, *_FOLDER)))
    return settings.workspace / settings.options["path"]


def is_address(text: str) -> bool:
    """Whether the text is one mail address, and nothing that could add a header or a second address."""
    try:
        address = Address(addr_spec=text)
    except (ValueError, IndexError, HeaderParseError):
        return False
    return bool(address.username and address.domain) and text.isprintable()


def _smtp_of(name: str, options: Mapping[str, str]) -> tuple[Problem, ...]:
    return (*_known(name, options, *_SMTP), *_smtp_problems(f"letters.{name}", options))


def _known(
    way: str, options: Mapping[str, str], required: tuple[str, ...], optional: tuple[str, ...]
) -> Iterator[Problem]:
    where, known = f"letters.{way}", (*required, *optional)
    for name in required:
        if not options.get(name):
            yield Problem(where=f"{where}.{name}", expected="a value", found="nothing")
    for name in sorted(set(options) - set(known)):
        yield Problem(where=f"{where}.{name}", expected=f"one of {', '.join(known)}", found="an unknown option")


def _smtp_problems(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    if options.get("from") and not is_address(options["from"]):
        yield Problem(where=f"{where}.from", expected="one mail address", found="something else")
    if options.get("server") and not re.fullmatch(r"\S+:\d{1,5}", options["server"]):
        yield Problem(where=f"{where}.server", expected="host:port", found="something else")
    if ("user" in options) != ("password" in options):
        yield Problem(where=f"{where}.user", expected="user and password, or neither", found="one of them")
    if options.get("tls", "starttls") not in _TLS:
        yield Problem(where=f"{where}.tls", expected=" or ".join(_TLS), found="another word")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", options.get("timeout", "30")):
        yield Problem(where=f"{where}.timeout", expected="seconds", found="something else")


def _refuse(name: str, problems: tuple[Problem, ...]) -> None:
    if problems:
        raise SettingsError(f"letters cannot go out by {name}", problems=problems)
