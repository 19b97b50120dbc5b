"""A look-up beside a protocol that has none: whether the processor still knows the person.

look_up: https://api.partner.example/people/{key}     # 200: known; 404 or 410: not known
look_up_token: env:PARTNER_API                        # optional, sent as a bearer token

"They said so" is not "it is gone": where there is a look-up, its word beats every answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from http import HTTPStatus
from urllib.parse import quote, urlsplit

import httpx

from connectors.processor.sending import send
from retention.errors import Problem, TerminalFailure
from retention.model.copies import Order

OPTIONS = frozenset({"look_up", "look_up_token"})
_HOLE = "{key}"
_ABSENT = frozenset({HTTPStatus.NOT_FOUND, HTTPStatus.GONE})
_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True, slots=True)
class LookUp:
    """Where to look."""

    address: str
    """With `{key}` where the person's key goes."""
    token: str | None = field(repr=False)


def read_look_up(options: Mapping[str, str]) -> LookUp | None:
    """Return the look-up of a processor's options, if they name one."""
    return LookUp(options["look_up"], options.get("look_up_token")) if "look_up" in options else None


def problems_of(where: str, options: Mapping[str, str]) -> Iterator[Problem]:
    """Yield what is wrong with the options of a look-up."""
    address = options.get("look_up")
    if address is None:
        return
    try:
        parts = urlsplit(address)
        secure = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
        right = secure and bool(parts.hostname) and not parts.username and (parts.path + parts.query).count(_HOLE) == 1
    except ValueError:
        right = False
    if not right:
        expected = "an https address with {key} once in its path or query (http on this machine only)"
        yield Problem(where=f"{where}.look_up", expected=expected, found="another")


def knows(http: httpx.Client, look_up: LookUp | None, order: Order, *, what: str, now: datetime) -> bool:
    """Look for the person by each key of the order.

    Raises:
        TransientFailure: not reached or busy.
        TerminalFailure: no look-up was named, or its answer is neither known nor unknown.

    """
    if look_up is None:
        raise TerminalFailure(f"{what}: has no look-up", hint="name one with `look_up`")
    headers = {"Accept": "application/json", "Authorization": f"Bearer {look_up.token or ''}".strip()}
    if look_up.token is None:
        del headers["Authorization"]
    for key in (str(key) for values in order.keys.values() for key in values):
        address = look_up.address.replace(_HOLE, quote(key, safe=""))
        # a client of its own credentials: the protocol's token is not the look-up's
        answer = send(http, "GET", address, None, headers, what=what, now=now)
        if answer.status_code == HTTPStatus.OK:
            return True
        if answer.status_code not in _ABSENT:
            raise TerminalFailure(f"{what}: its look-up answered {answer.status_code}", hint="200, 404 or 410 count")
    return False
