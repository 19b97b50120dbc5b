"""The options of a processor with the protocol `drop`, checked; every problem at once.

partner:
  connector: processor
  protocol: drop
  url: s3://partner-drop/from-shop
  form: keyed                      # plain | sha256 | keyed (HMAC-SHA-256 under `secret`)
  secret: file:partner.secret      # signs manifest and answer; needed for `keyed`
  expire: P14D                     # optional: after this long the list is taken away
  region: ap-northeast-1           # optional, as endpoint, access_key and secret_key
  timeout: 30                      # optional: seconds until a request counts as not answered
  look_up: https://…/{key}         # optional, see `connectors.processor.looking`
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from connectors import aws
from connectors.processor.looking import OPTIONS, LookUp, problems_of, read_look_up
from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.model.period import Period
from retention.ports.connector import SystemSettings

FORMS = ("plain", "sha256", "keyed")
_CLIENT = ("region", "endpoint", "access_key", "secret_key")
_OPTIONS = frozenset({"protocol", "url", "form", "secret", "expire", "timeout", *_CLIENT, *OPTIONS})
_TIMEOUT = "30"
_PLACE = re.compile(r"s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])/?(?P<prefix>[^?#]*)")
_SHORTEST_SECRET = 16
_EXPIRE = Period(days=14)
_REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class DropSettings:
    """One processor, checked."""

    system_id: SystemId
    bucket: str
    prefix: str
    """Empty, or with a slash at the end."""
    form: str
    secret: str | None = field(repr=False)
    expire: Period
    access: aws.AccessOf = field(repr=False)
    timeout: float
    """Seconds."""
    look_up: LookUp | None


def read_settings(settings: SystemSettings) -> DropSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem.

    """
    options = settings.options
    where = f"systems.{settings.system_id}"
    if problems := tuple(_problems(where, options)):
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=problems)
    place = _PLACE.fullmatch(options["url"])
    assert place is not None  # noqa: S101 -- narrows the type; checked above
    prefix = place["prefix"].strip("/")
    return DropSettings(
        system_id=settings.system_id,
        bucket=place["bucket"],
        prefix=f"{prefix}/" if prefix else "",
        form=options.get("form", "plain"),
        secret=options.get("secret"),
        expire=Period.parse(options["expire"]) if "expire" in options else _EXPIRE,
        access=aws.AccessOf({"region": _REGION} | {name: options[name] for name in _CLIENT if name in options}),
        timeout=float(options.get("timeout", _TIMEOUT)),
        look_up=read_look_up(options),
    )


def _problems(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    for name in sorted(set(options) - _OPTIONS):
        expected = "one of " + ", ".join(sorted(_OPTIONS))
        yield Problem(where=f"{where}.{name}", expected=expected, found="an unknown option")
    if not _PLACE.fullmatch(options.get("url", "")):
        yield Problem(where=f"{where}.url", expected="s3://bucket/prefix", found="something else")
    form, secret = options.get("form", "plain"), options.get("secret", "")
    if form not in FORMS:
        yield Problem(where=f"{where}.form", expected=", ".join(FORMS), found="another word")
    if form == "keyed" and not secret:
        yield Problem(where=f"{where}.secret", expected="the secret that `form: keyed` needs", found="nothing")
    if 0 < len(secret) < _SHORTEST_SECRET:
        expected = f"a secret of at least {_SHORTEST_SECRET} characters"
        yield Problem(where=f"{where}.secret", expected=expected, found="a shorter one")
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", options.get("timeout", _TIMEOUT)):
        yield Problem(where=f"{where}.timeout", expected="seconds", found="something else")
    yield from _expiry(where, options)
    yield from problems_of(where, options)


def _expiry(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    if "expire" in options:
        try:
            Period.parse(options["expire"])
        except ValueError:
            yield Problem(where=f"{where}.expire", expected="a period such as P14D", found="something else")
