"""A person's keys. Values never show in `repr`, logs, errors, plans or evidence."""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retention.model.ids import KeySetId

Key: TypeAlias = str | int
"""The value of a key column, in the column's own type."""


@dataclass(frozen=True, slots=True)
class SubjectKey:
    """One key by which a person is known: `user_id` = `…`."""

    name: str
    """The identity key's name in the data map (`user_id`, `email`)."""
    value: Key = field(repr=False)
    """The value itself: personal."""

    def digest(self, key: bytes) -> str:
        """Return the keyed digest (HMAC-SHA-256, hex) used to look the person up.

        Text is compared case-insensitively after NFKC and without outer spaces, so that an
        address written in full-width letters is the same address. An unkeyed hash of an
        address can be inverted by trying all addresses; a keyed one cannot without the key.
        """
        message = f"{self.name}\0{self.compared}".encode()
        return hmac.new(key, message, hashlib.sha256).hexdigest()

    @property
    def compared(self) -> str:
        """The value as it is compared: NFKC, without outer spaces, case folded. Personal."""
        return unicodedata.normalize("NFKC", str(self.value)).strip().casefold()


@dataclass(frozen=True, slots=True)
class KeySet:
    """A reference to keys kept encrypted in the vault, as plans show it."""

    keyset_id: KeySetId
    """The name under which the vault holds the keys."""
    size: int
    """How many distinct keys there are."""
    commitment: str
    """HMAC-SHA-256 of the sorted keys under the case's key: binds the approval to exactly these keys."""


KeyValues: TypeAlias = Mapping[KeySetId, frozenset[Key]]
"""The keys themselves, held in memory for as long as a step runs."""
