"""One message under one data key: AES-256-GCM (NIST SP 800-38D), a random 96-bit nonce, one byte of version.

What it belongs to is authenticated: a message moved to another person or category does not open.
SP 800-38D (8.3) allows 2^32 messages under one key with random nonces; a key is one person's and
one category's, so nobody comes near.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.errors import InputError, TerminalFailure

KEY_BYTES = 32
_VERSION = b"\x01"
_NONCE_BYTES = 12
_TAG_BYTES = 16
_CHECK_DIGITS = 16


def seal(key: bytes, plaintext: bytes, bound_to: str) -> bytes:
    """Encrypt: version, nonce, ciphertext and tag, 29 bytes longer than the plaintext."""
    nonce = secrets.token_bytes(_NONCE_BYTES)
    return _VERSION + nonce + AESGCM(key).encrypt(nonce, plaintext, _VERSION + bound_to.encode())


def unseal(key: bytes, sealed: bytes, bound_to: str) -> bytes:
    """Decrypt.

    Raises:
        InputError: this is not what `seal` returned.
        TerminalFailure: another key, another owner, or it was changed.

    """
    if len(sealed) < 1 + _NONCE_BYTES + _TAG_BYTES or sealed[:1] != _VERSION:
        raise InputError(f"expected a message of version 1, found {len(sealed)} other bytes")
    nonce, rest = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
    try:
        return AESGCM(key).decrypt(nonce, rest, _VERSION + bound_to.encode())
    except InvalidTag as error:
        raise TerminalFailure(
            "a message does not open under this person's key", hint="it is another's, or damaged"
        ) from error


def check_value(key: bytes) -> str:
    """Return the first 16 hex digits of HMAC-SHA-256(key, "kcv"): tells keys apart, tells nothing of the key."""
    return hmac.new(key, b"kcv", hashlib.sha256).hexdigest()[:_CHECK_DIGITS]
