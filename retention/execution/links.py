"""Signed, expiring, single-use tokens by which whoever was written to answers for an order.

`ORDER.UNTIL.SIGNATURE`: the order's id, seconds since 1970 by which it is good, and HMAC-SHA-256 over
both under the key `acknowledge`. Nothing about the person stands in it. That it is used once only is
kept in the ledger, by the token's digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from datetime import UTC, datetime

from retention.errors import RefusedError
from retention.model.ids import OrderId

_TOKEN = re.compile(r"([0-9a-f-]{36})\.(\d{1,12})\.([A-Za-z0-9_-]{43})")


def make_token(key: bytes, order_id: OrderId, until: datetime) -> str:
    """Return a token for the order, good until then."""
    told = f"{order_id}.{int(until.timestamp())}"
    return f"{told}.{_signature(key, told)}"


def read_token(key: bytes, token: str, now: datetime) -> OrderId:
    """Return the order that the token answers.

    Raises:
        RefusedError: it is none of ours, or no longer good.

    """
    match = _TOKEN.fullmatch(token.strip())
    if match is None or not hmac.compare_digest(_signature(key, f"{match[1]}.{match[2]}"), match[3]):
        raise RefusedError("the token is none of ours", hint="copy the whole of it from the mail")
    if now >= datetime.fromtimestamp(int(match[2]), UTC):
        raise RefusedError("the token is no longer good", hint="place the order again with a new plan")
    return OrderId(match[1])


def digest_of(token: str) -> str:
    """Return what the ledger keeps of a token that was used."""
    return hashlib.sha256(token.strip().encode()).hexdigest()


def _signature(key: bytes, told: str) -> str:
    raw = hmac.new(key, f"acknowledge/{told}".encode(), hashlib.sha256).digest()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
