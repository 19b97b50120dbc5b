"""One request to one authority; it may be dead or slow, and must not hold the log up."""

from __future__ import annotations

import time
from http import HTTPStatus

import httpx

from retention.errors import TransientFailure

_LARGEST_ANSWER = 65_536


class HttpTimestamper:
    """Implements `ports.timestamper.Timestamper`."""

    def __init__(self, url: str, *, seconds: float = 10.0) -> None:
        """Keep the address, and how long an answer may take in all."""
        self._url = url
        self._seconds = seconds

    def stamp(self, request: bytes) -> bytes:
        """Send a TimeStampReq and return the TimeStampResp.

        Raises:
            TransientFailure: not reached, too slow, too long, or refused.

        """
        until = time.monotonic() + self._seconds
        headers = {"Content-Type": "application/timestamp-query"}
        try:
            with httpx.stream("POST", self._url, content=request, headers=headers, timeout=self._seconds) as answer:
                return _read(answer, until)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientFailure(f"time-stamps: not reached ({type(error).__name__})", hint="run again") from None


def _read(answer: httpx.Response, until: float) -> bytes:
    if answer.status_code != HTTPStatus.OK:
        raise TransientFailure(f"time-stamps: answered {answer.status_code}", hint="run again")
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _LARGEST_ANSWER or time.monotonic() > until:
            raise TransientFailure("time-stamps: the answer was too long or too slow", hint="run again")
    return body
