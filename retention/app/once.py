"""A call that names its own key is done once, however often it is sent, also if we die in the middle.

    begun ──► effect ──► answered
      │          │           └─ sent again: the same answer
      └──────────┴─ died here, sent again: done under the first attempt's moment and numbers, so that it is the same

What is asked is kept as a keyed digest: the call may name a person. Source of the idea: the draft of the HTTP header
field Idempotency-Key (draft-ietf-httpapi-idempotency-key-header).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeAlias

from retention.app.context import Context
from retention.app.leases import leased
from retention.app.records import new_id
from retention.errors import ReusedKeyError
from retention.model.access import Answer, Attempt

KEPT_FOR = timedelta(days=7)
"""After this long a key is free again."""

Act: TypeAlias = Callable[[Attempt, bool], Answer]
"""The attempt, and whether an earlier one was begun and never answered → the answer."""


def once(context: Context, scope: str, key: str, asked: bytes, act: Act, *, now: datetime) -> Answer:
    """Do it and keep the answer; if the key was answered before, return that answer.

    Raises:
        ReusedKeyError: the key came with another call before.
        TransientFailure: the same call is being answered just now.

    Whatever `act` raises is not kept: the same key may be sent again.

    """
    context.ledger.access.forget(now - KEPT_FOR)
    digest = hmac.new(context.keys.create("lookup"), asked, hashlib.sha256).hexdigest()
    mine = Attempt(scope, key, digest, now, new_id("", now).rpartition("-")[2])
    name = "call/" + hashlib.sha256(f"{scope}\n{key}".encode()).hexdigest()
    with leased(context, name, now, "the same call is being answered just now"):
        attempt = context.ledger.access.begin(mine)
        if not hmac.compare_digest(attempt.digest, digest):
            raise ReusedKeyError("this key came with another call before", hint="give each call a key of its own")
        if attempt.answer is None:
            answer = act(attempt, attempt.chosen != mine.chosen)
            context.ledger.access.answered(attempt, answer)
            return answer
    return attempt.answer
