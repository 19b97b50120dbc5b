"""Any HTTP server: does it answer, and what time is it there? What it answers does not matter."""

from __future__ import annotations

import http.client
from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.health.client import clock
from retention.errors import TransientFailure
from retention.model.seen import Reached, ServerClock
from retention.ports.examiner import Place

_SECONDS = 10.0


def examine_address(place: Place) -> Iterator[Reached | ServerClock]:
    """Ask the server's root for its headers; any answer will do.

    Raises:
        TransientFailure: it was not reached.

    """
    date = ask(place, "HEAD", "/")[1]
    yield Reached(place.where)
    yield from clock(place, date)


def ask(place: Place, method: str, path: str, headers: dict[str, str] | None = None) -> tuple[int, str | None, bytes]:
    """Send one request to the server of an address; return status, `Date` and body.

    Raises:
        TransientFailure: it was not reached.

    """
    parts = urlsplit(place.address)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    try:
        connection = kind(parts.hostname or "", parts.port, timeout=_SECONDS)
        try:
            connection.request(method, path, headers=headers or {})
            answer = connection.getresponse()
            return answer.status, answer.getheader("Date"), answer.read(1 << 20)
        finally:
            connection.close()
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise TransientFailure(f"{place.where}: not reached ({type(error).__name__})", hint="start it") from None
