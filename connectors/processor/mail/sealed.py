"""The person's key, encrypted so that any OpenSSL opens it with the secret of the contract.

    openssl enc -d -aes-256-cbc -pbkdf2 -iter 600000 -md sha256 -in order.enc

The layout is that of `openssl enc`: `Salted__`, eight bytes of salt, ciphertext; key and first block are
drawn from the secret by PBKDF2 (RFC 8018). It is not authenticated: what a changed mail would bring is
a key that nobody knows, and no deletion.
"""

from __future__ import annotations

import secrets

from cryptography.hazmat.primitives import hashes, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

ROUNDS = 600_000
_KEY, _BLOCK, _SALT = 32, 16, 8


def opening(file: str) -> str:
    """Return the command that opens a sealed file; it asks for the secret."""
    return f"openssl enc -d -aes-256-cbc -pbkdf2 -iter {ROUNDS} -md sha256 -in {file}"


def seal(plain: bytes, secret: str) -> bytes:
    """Return the sealed bytes."""
    salt = secrets.token_bytes(_SALT)
    drawn = PBKDF2HMAC(hashes.SHA256(), _KEY + _BLOCK, salt, ROUNDS).derive(secret.encode())
    padder = padding.PKCS7(_BLOCK * 8).padder()
    padded = padder.update(plain) + padder.finalize()
    encryptor = Cipher(algorithms.AES(drawn[:_KEY]), modes.CBC(drawn[_KEY:])).encryptor()
    return b"Salted__" + salt + encryptor.update(padded) + encryptor.finalize()
