"""Who is calling: HMAC-SHA-256 (RFC 2104) over the instant and the body, or a bearer token (RFC 6750).

Retention-Signature: sender=forms, t=1764126000, v1=9f86d0…
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from retention.model.sender import Sender

SIGNATURE_HEADER = "Retention-Signature"
_SIGNATURE = re.compile(r"sender=(?P<sender>[A-Za-z0-9_-]{1,63}), ?t=(?P<t>\d{1,12}), ?v1=(?P<v1>[0-9a-f]{64})")
_FRESH_FOR = timedelta(minutes=5)
"""A call that was recorded on the way cannot be played again later; within, it is a repetition and changes nothing."""


def sign(sender: Sender, body: bytes, now: datetime) -> str:
    """Return the header's value for a call at that moment."""
    at = str(int(now.timestamp()))
    return f"sender={sender.name}, t={at}, v1={_signature(sender, at, body)}"


def caller(senders: Mapping[str, Sender], headers: Mapping[str, str], body: bytes, now: datetime) -> Sender | None:
    """Return who is calling, None if nobody who may; header names are in lower case."""
    signed = _SIGNATURE.fullmatch(headers.get(SIGNATURE_HEADER.lower(), "").strip())
    if signed is not None:
        return _signer(senders, signed, body, now)
    kind, _, token = headers.get("authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    shown = token.strip().encode()
    holders = [s for s in senders.values() if s.token and hmac.compare_digest(s.token.encode(), shown)]
    return holders[0] if len(holders) == 1 else None


def _signer(senders: Mapping[str, Sender], signed: re.Match[str], body: bytes, now: datetime) -> Sender | None:
    sender = senders.get(signed["sender"])
    if sender is None or sender.secret is None:
        return None
    right = hmac.compare_digest(_signature(sender, signed["t"], body), signed["v1"])
    fresh = abs(now.timestamp() - int(signed["t"])) <= _FRESH_FOR.total_seconds()
    return sender if right and fresh else None


def _signature(sender: Sender, at: str, body: bytes) -> str:
    return hmac.new(sender.secret or b"", at.encode() + b"." + body, hashlib.sha256).hexdigest()
