"""One request to one witness: it may be dead, slow or lying, and must not hold the log up."""

from __future__ import annotations

import re
import time
from http import HTTPStatus

import httpx

from retention.errors import TransientFailure
from retention.ports.witness import Cosignatures, Declined, OtherSize, WitnessAnswer

_LARGEST_ANSWER = 16_384


class HttpWitness:
    """Implements `ports.witness.WitnessClient`."""

    def __init__(self, prefix: str, *, seconds: float = 5.0) -> None:
        """Keep the submission prefix, and how long an answer may take in all."""
        self._url = f"{prefix}/add-checkpoint"
        self._seconds = seconds

    def add_checkpoint(self, body: bytes) -> WitnessAnswer:
        """Send a checkpoint with its consistency proof.

        Raises:
            TransientFailure: not reached, too slow, too long, busy, or an answer that is none.

        """
        until = time.monotonic() + self._seconds
        try:
            with httpx.stream("POST", self._url, content=body, timeout=self._seconds, follow_redirects=False) as answer:
                return _read(answer.status_code, answer.headers.get("Content-Type", ""), _bounded(answer, until))
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise TransientFailure(f"witness: could not be asked ({type(error).__name__})", hint="run again") from None


def _bounded(answer: httpx.Response, until: float) -> bytes:
    """Read the body by pieces: a time-out of the socket alone would let a drip go on for ever."""
    body = b""
    for piece in answer.iter_bytes():
        body += piece
        if len(body) > _LARGEST_ANSWER or time.monotonic() > until:
            raise TransientFailure("witness: its answer was too long or too slow", hint="run again")
    return body


def _read(status: int, kind: str, body: bytes) -> WitnessAnswer:
    if status == HTTPStatus.OK:
        return Cosignatures(body)
    size = re.fullmatch(rb"(0|[1-9][0-9]{0,15})\n", body)
    if status == HTTPStatus.CONFLICT and size and kind == "text/x.tlog.size":
        return OtherSize(int(size[1]))
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR or status == HTTPStatus.TOO_MANY_REQUESTS:
        raise TransientFailure(f"witness: answered {status}", hint="run again")
    return Declined(status)
