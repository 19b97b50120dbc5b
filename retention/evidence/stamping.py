"""Time-stamps of an outside authority over the checkpoint (RFC 3161), against back-dating.

What is stamped is the checkpoint's signed text: its first three lines. The answer is kept beside the
checkpoint as `checkpoint.tsr`; whoever has the authority's certificate checks it with `openssl ts -verify`.
Here only what needs no certificate is checked: that it was granted, for these bytes and this request.
"""

from __future__ import annotations

import hashlib
import secrets

from retention.errors import SystemFailure
from retention.evidence.cosigning import text_of
from retention.evidence.log import EvidenceLog
from retention.evidence.note import Checkpoint
from retention.ports.tiles import TileStore
from retention.ports.timestamper import Timestamper

STAMPED = "checkpoint.tsr"
ATTACHED = "checkpoint.tsr"
_SHA256 = bytes.fromhex("300d06096086480165030402010500")
"""AlgorithmIdentifier of SHA-256, DER."""
_GRANTED = (b"\x02\x01\x00", b"\x02\x01\x01")
"""PKIStatus granted, and granted with modifications."""
_LONGEST_SHORT = 0x80


def request(content: bytes, nonce: int) -> bytes:
    """Return a TimeStampReq over SHA-256 of the content that asks for the certificate (RFC 3161, section 2.4.1)."""
    imprint = _der(0x30, _SHA256 + _der(0x04, hashlib.sha256(content).digest()))
    return _der(0x30, _der(0x02, b"\x01") + imprint + _number(nonce) + _der(0x01, b"\xff"))


def stamp(log: EvidenceLog, authority: Timestamper) -> bool:
    """Have the newest checkpoint stamped if it is not yet; return whether a stamp stands for it now."""
    checkpoint = log.publish()
    if stamp_of(log.tiles, checkpoint) is not None:
        return True
    nonce = secrets.randbits(63)
    content = text_of(checkpoint.note)
    try:
        answer = authority.stamp(request(content, nonce))
    except SystemFailure:
        return False
    if not _fits(answer, content) or _number(nonce) not in answer:
        return False
    log.tiles.write(STAMPED, answer)
    return True


def stamp_of(tiles: TileStore, checkpoint: Checkpoint) -> bytes | None:
    """Return the stamp that is kept, if it is this checkpoint's."""
    kept = tiles.read(STAMPED)
    return kept if kept is not None and _fits(kept, text_of(checkpoint.note)) else None


def _fits(answer: bytes, content: bytes) -> bool:
    """Whether the response was granted for these bytes; its signature is for who has the certificate."""
    body = answer[2 + (answer[1] & 0x7F if answer[1:2] >= b"\x80" else 0) :] if answer[:1] == b"\x30" else b""
    return body[2:5] in _GRANTED and hashlib.sha256(content).digest() in answer


def _number(value: int) -> bytes:
    return _der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def _der(tag: int, content: bytes) -> bytes:
    if len(content) >= _LONGEST_SHORT:
        raise ValueError("expected at most 127 bytes")
    return bytes([tag, len(content)]) + content
