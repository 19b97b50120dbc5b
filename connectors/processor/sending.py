"""One HTTP call to a processor, and what an error says about trying again.

No message shows a query, a body or a header: the person's key stands in them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from http import HTTPStatus

import httpx

from retention.errors import TerminalFailure, TransientFailure

_BUSY = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


def send(
    http: httpx.Client,
    method: str,
    url: str,
    body: bytes | None,
    headers: Mapping[str, str],
    *,
    what: str,
    now: datetime,
) -> httpx.Response:
    """Return the answer, whatever it says, if it is one: neither busy nor broken.

    Raises:
        TransientFailure: not reached, busy (408, 425, 429) or broken (5xx); `retry_at` where they said when.
        TerminalFailure: what came back is no HTTP.

    """
    # `from None` below: httpx's errors carry the request, and with it the person's identity
    try:
        answer = http.request(method, url, content=body, headers=dict(headers))
    except httpx.TransportError as error:
        raise TransientFailure(
            f"{what}: could not be reached ({type(error).__name__})", hint="run again later"
        ) from None
    except (httpx.RequestError, httpx.InvalidURL) as error:
        raise TerminalFailure(f"{what}: sent what cannot be read ({type(error).__name__})") from None
    if answer.status_code in _BUSY or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
        at = retry_at(answer.headers.get("Retry-After", ""), now)
        hint = f"run again after {at:%Y-%m-%d %H:%M:%S} UTC" if at else "run again later"
        raise TransientFailure(f"{what}: answered {answer.status_code}", hint=hint, retry_at=at)
    return answer


def retry_at(after: str, now: datetime) -> datetime | None:
    """Return when `Retry-After` (RFC 9110, 10.2.3: seconds or a date) lets us come again; None if it does not say."""
    if re.fullmatch(r"\d{1,7}", after):
        return now + timedelta(seconds=int(after))
    try:
        return parsedate_to_datetime(after).astimezone(UTC)
    except ValueError:
        return None
