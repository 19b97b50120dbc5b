"""The options of a processor with the protocol `drp`, checked; every problem at once.

partner:
  connector: processor
  protocol: drp
  url: https://drp.partner.example   # api_base of the business in the service directory
  business_id: PARTNER
  agent_id: UNEXT
  signing_key: env:DRP_KEY           # 32 bytes of an Ed25519 seed, base64
  identities: email=email, phone=phone_number
  verified: email                    # optional: claims that our own procedure has proven
  regime: ccpa                       # optional; left out, the request is voluntary
  repeats: ask                       # or `known`: they take the same agent-request-id as the same request
  token: env:DRP_TOKEN               # optional: the pair-wise token; else it is asked for (2.05)
  timeout: 30                        # optional, seconds
  look_up: https://…/{key}           # optional, see `connectors.processor.looking`
"""

from __future__ import annotations

import base64
import binascii
import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from connectors.processor.looking import OPTIONS, LookUp, problems_of, read_look_up
from retention.errors import Problem, SettingsError
from retention.model.ids import SystemId
from retention.ports.connector import SystemSettings

CLAIMS = frozenset({"name", "email", "phone_number"})
"""What of section 3.04 a key can be; an address has parts and is none."""
_REQUIRED = ("url", "business_id", "agent_id", "signing_key", "identities")
_OPTIONS = frozenset({"protocol", *_REQUIRED, "verified", "regime", "repeats", "token", "timeout"}) | OPTIONS
_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
_SEED_BYTES = 32
_TIMEOUT = "30"


@dataclass(frozen=True, slots=True)
class DrpSettings:
    """One business, checked."""

    system_id: SystemId
    url: str
    """Without a slash at the end."""
    business_id: str
    agent_id: str
    key: Ed25519PrivateKey = field(repr=False)
    identities: Mapping[str, str]
    """Key of ours → claim of theirs."""
    verified: frozenset[str]
    """Claims that may be sent as verified."""
    regime: str | None
    knows_repeats: bool
    """Whether the same `agent-request-id` again is the same request to them."""
    token: str | None = field(repr=False)
    timeout: float
    """Seconds."""
    look_up: LookUp | None = None


def read_settings(settings: SystemSettings) -> DrpSettings:
    """Check the options.

    Raises:
        SettingsError: with every problem.

    """
    options, where = settings.options, f"systems.{settings.system_id}"
    problems = [*_names(where, options), *_values(where, options), *problems_of(where, options)]
    key = _key(options.get("signing_key", ""))
    if key is None:
        problems.append(_problem(where, "signing_key", "32 bytes of an Ed25519 seed, in base64", "something else"))
    if problems or key is None:
        raise SettingsError(f"system {settings.system_id} cannot be used as a processor", problems=tuple(problems))
    return DrpSettings(
        system_id=settings.system_id,
        url=options["url"].rstrip("/"),
        business_id=options["business_id"],
        agent_id=options["agent_id"],
        key=key,
        identities=dict(_pairs(options["identities"])),
        verified=frozenset(_words(options.get("verified", ""))),
        regime=options.get("regime"),
        knows_repeats=options.get("repeats") == "known",
        token=options.get("token"),
        timeout=float(options.get("timeout", _TIMEOUT)),
        look_up=read_look_up(options),
    )


def _names(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    for name in _REQUIRED:
        if not options.get(name):
            yield _problem(where, name, "a value", "nothing")
    for name in sorted(set(options) - _OPTIONS):
        near = difflib.get_close_matches(name, _OPTIONS, n=1)
        hint = f"did you mean {near[0]}?" if near else ""
        yield _problem(where, name, "one of " + ", ".join(sorted(_OPTIONS)), "an unknown option", hint)


def _values(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    if options.get("url") and not _is_address(options["url"]):
        expected = "an https address without user, query or fragment (http on this machine only)"
        yield _problem(where, "url", expected, "another")
    for name in ("business_id", "agent_id"):
        if options.get(name) and not _ID.fullmatch(options[name]):
            yield _problem(where, name, "letters, digits, `_` and `-`", "something else")
    for key, claim in _pairs(options.get("identities", "")):
        if not key or claim not in CLAIMS:
            near = difflib.get_close_matches(claim, CLAIMS, n=1)
            hint = f"did you mean {near[0]}?" if near else ""
            yield _problem(
                where, "identities", f"key=claim, the claim one of {', '.join(sorted(CLAIMS))}", "another", hint
            )
    if set(_words(options.get("verified", ""))) - {claim for _, claim in _pairs(options.get("identities", ""))}:
        yield _problem(where, "verified", "claims that `identities` names", "another")
    if options.get("regime", "ccpa") != "ccpa":
        yield _problem(where, "regime", "`ccpa`, or nothing for a voluntary request", "another")
    if options.get("repeats", "ask") not in {"ask", "known"}:
        yield _problem(where, "repeats", "`ask` or `known`", "another")
    timeout = options.get("timeout", _TIMEOUT)
    if not re.fullmatch(r"\d{1,4}(\.\d{1,3})?", timeout) or float(timeout) <= 0:
        yield _problem(where, "timeout", "seconds, more than 0", repr(timeout[:20]))


def _problem(where: str, option: str, expected: str, found: str, hint: str = "") -> Problem:
    return Problem(where=f"{where}.{option}", expected=expected, found=found, hint=hint)


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    for part in _words(text):
        key, _, claim = part.partition("=")
        yield key.strip(), claim.strip()


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _key(text: str) -> Ed25519PrivateKey | None:
    try:
        seed = base64.b64decode(text, validate=True)
    except binascii.Error:
        return None
    return Ed25519PrivateKey.from_private_bytes(seed) if len(seed) == _SEED_BYTES else None


def _is_address(url: str) -> bool:
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return False
    secure = parts.scheme == "https" or (parts.scheme == "http" and host in _LOOPBACK)
    return bool(host) and secure and not (parts.username or parts.query or parts.fragment)
