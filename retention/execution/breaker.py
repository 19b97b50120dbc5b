"""When a processor that does not answer is called again: back-off, and a breaker that spares the next orders.

After `BREAKS_AT` failures in a row nobody calls for a while, twice as long after each further failure;
then one call tries. A moment that the processor named itself (Retry-After, RFC 9110 10.2.3) is kept
from the first failure on.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from retention.model.answer import Silence

BREAKS_AT = 3
FIRST_PAUSE = timedelta(minutes=1)
LONGEST_PAUSE = timedelta(hours=6)


def may_call(silence: Silence, now: datetime) -> bool:
    """Whether the processor may be called."""
    return silence.not_before is None or silence.not_before <= now


def after_failure(silence: Silence, now: datetime, retry_at: datetime | None) -> Silence:
    """Return the silence after one more failure; `retry_at` is what the processor itself said."""
    failures = silence.failures + 1
    over = failures - BREAKS_AT
    # doubling is stopped early: 2**over of a long silence is no number of minutes any more
    pause = min(FIRST_PAUSE * 2 ** min(over, 16), LONGEST_PAUSE) if over >= 0 else timedelta()
    until = max(now + pause, retry_at or now)
    return Silence(failures, silence.since or now, until if until > now else None)


def after_answer() -> Silence:
    """Return the silence after an answer: there is none."""
    return Silence()
