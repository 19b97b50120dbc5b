"""Keys by name. Outside the ledger on purpose: who has one does not have the other."""

from __future__ import annotations

from typing import Protocol


class KeyBox(Protocol):
    """Who wraps keys that lie in files: without it the files are worthless."""

    def seal(self, name: str, key: bytes) -> bytes:
        """Wrap the key of that name."""
        ...

    def unseal(self, name: str, sealed: bytes) -> bytes:
        """Unwrap it; raises TransientFailure if the holder is not reached, TerminalFailure if it refuses."""
        ...


class KeyStore(Protocol):
    """32-byte secrets.

    Names are paths of lower-case letters, digits, `-` and `/`: `signing`, `lookup`,
    `suppression`, `staff`, `case/c-20261123-7f3k2q`.
    """

    def create(self, name: str) -> bytes:
        """Return the key of that name, made from the system's randomness if there is none yet."""
        ...

    def read(self, name: str) -> bytes | None:
        """Return the key, or None if it was never made or has been shredded."""
        ...

    def shred(self, name: str) -> None:
        """Destroy the key; harmless if it is gone already. When this returns it is durable."""
        ...
