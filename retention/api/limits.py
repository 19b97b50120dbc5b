"""So many calls a caller: a bucket that fills by itself."""

from __future__ import annotations

import math
import threading
from dataclasses import dataclass
from datetime import datetime

from retention.errors import TooManyCallsError


@dataclass(frozen=True, slots=True)
class Rate:
    """How much one caller may call."""

    burst: int = 60
    """At once."""
    a_minute: int = 120
    """In the long run."""


@dataclass(slots=True)
class _Bucket:
    left: float
    at: datetime


class Limiter:
    """Token buckets in memory: each process counts for itself, and starts anew."""

    def __init__(self, rate: Rate) -> None:
        """Keep the rate."""
        self._rate = rate
        self._buckets: dict[str, _Bucket] = {}
        self._lock = threading.Lock()

    def take(self, caller: str, now: datetime) -> None:
        """Count one call.

        Raises:
            TooManyCallsError: it is one too many; says after how many seconds the next is not.

        """
        a_second = self._rate.a_minute / 60
        with self._lock:
            bucket = self._buckets.setdefault(caller, _Bucket(self._rate.burst, now))
            passed = max(0.0, (now - bucket.at).total_seconds())
            bucket.left = min(self._rate.burst, bucket.left + passed * a_second)
            bucket.at = max(bucket.at, now)
            if bucket.left < 1:
                wait = math.ceil((1 - bucket.left) / a_second)
                raise TooManyCallsError(
                    f"more than {self._rate.a_minute} calls a minute", hint=f"wait {wait} s", wait_seconds=wait
                )
            bucket.left -= 1
            self._forget_full(now, a_second)

    def _forget_full(self, now: datetime, a_second: float) -> None:
        """Keep no bucket of whoever has not called for as long as it takes to fill."""
        full_after = self._rate.burst / a_second
        for caller in [name for name, one in self._buckets.items() if (now - one.at).total_seconds() > full_after]:
            del self._buckets[caller]
