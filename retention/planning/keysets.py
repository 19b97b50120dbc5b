"""Personal keys on one side, references to them on the other.

A plan must name exactly the people it touches and must not hold their keys. So every set of
keys gets a name and a commitment; the plan carries those, the vault the keys.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable

from retention.model.ids import KeySetId
from retention.model.subject import Key, KeySet, KeyValues


def commitment(salt: bytes, keys: Iterable[Key]) -> str:
    """Return HMAC-SHA-256 (hex) of the sorted keys under the case's salt."""
    texts = sorted(json.dumps(key, ensure_ascii=False) for key in keys)
    return hmac.new(salt, json.dumps(texts).encode(), hashlib.sha256).hexdigest()


class KeySets:
    """The key sets of one plan in the making. Equal sets get one name."""

    def __init__(self, salt: bytes, prefix: str = "k") -> None:
        """Start empty; `salt` is the case's, from the vault; `prefix` keeps names apart from another's."""
        self._salt, self._prefix = salt, prefix
        self._keys: dict[KeySetId, frozenset[Key]] = {}
        self._known: dict[str, KeySet] = {}

    def of(self, keys: Iterable[Key]) -> KeySet:
        """Return the reference for these keys."""
        distinct = frozenset(keys)
        committed = commitment(self._salt, distinct)
        if committed not in self._known:
            keyset = KeySet(KeySetId(f"{self._prefix}{len(self._known) + 1}"), len(distinct), committed)
            self._known[committed] = keyset
            self._keys[keyset.keyset_id] = distinct
        return self._known[committed]

    def commitment(self, texts: Iterable[str]) -> str:
        """Return a commitment to texts that are no key set: the same as a plan's for keys, under the same salt."""
        return commitment(self._salt, frozenset(texts))

    @property
    def values(self) -> KeyValues:
        """All keys by set: for the vault, and for the connectors' selections."""
        return self._keys
