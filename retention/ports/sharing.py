"""What the ledger remembers of joint use: sets, token keys, who took them out, published notices."""

from __future__ import annotations

from typing import Protocol

from retention.model.sharing import ExportId, KeyAccess, KeyName, PublishedNotice, SharedSet, TokenKey


class Sharing(Protocol):
    """One transaction a method, durable when it returns; no personal value, and never a key."""

    def put_set(self, shared: SharedSet) -> None:
        """Keep a set, or its newest state."""
        ...

    def get_set(self, export_id: ExportId) -> SharedSet:
        """Return the set; raises UnknownNameError."""
        ...

    def sets(self) -> tuple[SharedSet, ...]:
        """Return every set, oldest first."""
        ...

    def put_key(self, key: TokenKey) -> None:
        """Keep what is known of a key, or its newest state."""
        ...

    def get_key(self, key_name: KeyName) -> TokenKey:
        """Return what is known of the key; raises UnknownNameError."""
        ...

    def token_keys(self) -> tuple[TokenKey, ...]:
        """Return every key, destroyed ones too, oldest first."""
        ...

    def note_access(self, access: KeyAccess) -> None:
        """Keep that a key was taken out; written before the key is."""
        ...

    def accesses(self, key_name: KeyName | None = None) -> tuple[KeyAccess, ...]:
        """Return who took a key, or any, out, oldest first."""
        ...

    def publish(self, notice: PublishedNotice) -> None:
        """Keep that a notice was made public; the first stays."""
        ...

    def notices(self, joint_use: str | None = None) -> tuple[PublishedNotice, ...]:
        """Return published notices, oldest first."""
        ...
