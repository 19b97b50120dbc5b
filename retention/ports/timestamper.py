"""Asking a time-stamping authority (RFC 3161) to say that something existed by now."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeAlias


class Timestamper(Protocol):
    """One authority. Answers within seconds or raises: a dead one must not hold the log up."""

    def stamp(self, request: bytes) -> bytes:
        """Send a TimeStampReq (DER) and return the TimeStampResp (DER); nobody has checked it yet.

        Raises:
            TransientFailure: not reached, too slow, or an answer that is none.

        """
        ...


ConnectTimestamper: TypeAlias = Callable[[str], Timestamper]
"""The type of the entry points `retention.timestamps`, by scheme of the address. They do not touch the network."""
