"""The options of a processor with the protocol `mail`, checked; every problem at once.

archive:
  connector: processor
  protocol: mail
  to: privacy@archive.example
  from: office@shop.example
  smtp: smtp.example:587           # host:port; TLS is demanded save on this machine
  user: env:SMTP_USER              # optional, with password
  password: env:SMTP_PASSWORD
  secret: file:archive.secret      # agreed by another road: opens the attachment
  answer_at: https://shop.example/acknowledge/   # optional: the token is put behind it
  language: ja                     # or en
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from email.headerregistry import Address
from typing import Literal

from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

_REQUIRED = ("to", "from", "smtp", "secret")
_OPTIONAL = ("protocol", "user", "password", "answer_at", "language", "timeout")
_SHORTEST_SECRET = 16
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class MailSettings:
    """One processor, checked."""

    system_id: SystemId
    to: str
    sender: str
    host: str
    port: int
    user: str | None
    password: str | None = field(repr=False)
    secret: str = field(repr=False)
    answer_at: str | None
    language: Literal["ja", "en"]
    timeout: float

    @property
    def is_here(self) -> bool:
        """Whether the server is on this machine: then TLS is not demanded."""
        return self.host in _LOOPBACK


def read_settings(settings: SystemSettings) -> MailSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem.

    """
    options = settings.options
    where = f"systems.{settings.system_id}"
    if problems := tuple(_problems(where, options)):
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=problems)
    host, _, port = options["smtp"].rpartition(":")
    return MailSettings(
        system_id=settings.system_id,
        to=options["to"],
        sender=options["from"],
        host=host.strip("[]"),
        port=int(port),
        user=options.get("user"),
        password=options.get("password"),
        secret=options["secret"],
        answer_at=options.get("answer_at"),
        language="en" if options.get("language") == "en" else "ja",
        timeout=float(options.get("timeout", "30")),
    )


def _problems(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    for name in _REQUIRED:
        if not options.get(name):
            yield Problem(where=f"{where}.{name}", expected="a value", found="nothing")
    for name in sorted(set(options) - {*_REQUIRED, *_OPTIONAL}):
        expected = "one of " + ", ".join((*_REQUIRED, *_OPTIONAL))
        yield Problem(where=f"{where}.{name}", expected=expected, found="an unknown option")
    yield from _values(where, options)


def _values(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    for name in ("to", "from"):
        if options.get(name) and not _is_address(options[name]):
            yield Problem(where=f"{where}.{name}", expected="one mail address", found="something else")
    if options.get("smtp") and not re.fullmatch(r"\S+:\d{1,5}", options["smtp"]):
        yield Problem(where=f"{where}.smtp", expected="host:port", found="something else")
    if 0 < len(options.get("secret", "")) < _SHORTEST_SECRET:
        expected = f"a secret of at least {_SHORTEST_SECRET} characters, agreed by another road than mail"
        yield Problem(where=f"{where}.secret", expected=expected, found="a shorter one")
    yield from _ways(where, options)


def _ways(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    if ("user" in options) != ("password" in options):
        yield Problem(where=f"{where}.user", expected="user and password, or neither", found="one of them")
    if options.get("language", "ja") not in {"ja", "en"}:
        yield Problem(where=f"{where}.language", expected="ja or en", found="another word")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", options.get("timeout", "30")):
        yield Problem(where=f"{where}.timeout", expected="seconds", found="something else")


def _is_address(text: str) -> bool:
    try:
        address = Address(addr_spec=text)
    except ValueError:
        return False
    return bool(address.username and address.domain)
