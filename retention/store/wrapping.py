"""Key-encryption keys as files, for one machine; a KMS takes this place where there are several.

AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; what a key is bound to is authenticated.
"""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from retention.errors import KeyGoneFailure
from retention.model.ids import SystemId
from retention.ports.keys import KeyStore

_NONCE_BYTES = 12


class FileWrapper:
    """Implements `ports.subject_keys.KeyWrapper` on a key store: leave its folder out of every backup."""

    def __init__(self, keys: KeyStore, system: SystemId) -> None:
        """Keep the key store; a key is made with its epoch."""
        self._keys = keys
        self._system = system

    @property
    def waits(self) -> timedelta:
        """Nothing: a file is overwritten at once."""
        return timedelta(0)

    def make(self, epoch: int) -> str:
        """Return the name of the epoch's key, made if there is none."""
        name = f"{self._system.replace('_', '-')}/{epoch}"
        self._keys.create(name)
        return name

    def wrap(self, kek: str, plain: bytes, bound_to: str) -> bytes:
        """Encrypt a data key.

        Raises:
            KeyGoneFailure: the key has been shredded.

        """
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + AESGCM(self._key(kek)).encrypt(nonce, plain, bound_to.encode())

    def unwrap(self, kek: str, wrapped: bytes, bound_to: str) -> bytes:
        """Decrypt a data key.

        Raises:
            KeyGoneFailure: the key has been shredded, or another one wrapped this.

        """
        nonce, sealed = wrapped[:_NONCE_BYTES], wrapped[_NONCE_BYTES:]
        try:
            return AESGCM(self._key(kek)).decrypt(nonce, sealed, bound_to.encode())
        except (InvalidTag, ValueError) as error:
            raise KeyGoneFailure(f"the key {kek} did not wrap this, or it was changed") from error

    def destroy(self, kek: str, now: datetime) -> datetime:
        """Overwrite and delete the key's file."""
        self._keys.shred(kek)
        return now

    def is_gone(self, kek: str) -> bool:
        """Whether the key's file is gone."""
        return self._keys.read(kek) is None

    def close(self) -> None:
        """Nothing to give back."""

    def _key(self, kek: str) -> bytes:
        key = self._keys.read(kek)
        if key is None:
            raise KeyGoneFailure(f"the key {kek} has been shredded", hint="nothing that it wrapped can be opened")
        return key
