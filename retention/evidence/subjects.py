"""Salted commitments to the people of a case: they can be shown, they cannot be found out.

`C = HMAC-SHA-256(salt, "erasure-subject/v1" 0 case 0 key name 0 value)`, one for each key of each
person; the log holds only the Merkle root (RFC 6962) over all C of a case and how many there are. Whoever has
neither the salt nor the value learns nothing: the salt has 256 bits, so trying every telephone number there
is leads nowhere. An *opening* (salt, place, path) shows that a value which is known is among them.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from retention.evidence import merkle
from retention.model.ids import CaseId
from retention.model.subject import SubjectKey

SCHEME = "hmac-sha256-salted/v1"
_DOMAIN = b"erasure-subject/v1\0"
_SALT = b"erasure-subject/v1/salt\0"


@dataclass(frozen=True, slots=True)
class Opening:
    """What shows that a key, once known, is one of a case's commitments. Names nobody by itself."""

    key_name: str
    index: int
    count: int
    """How many commitments the case has."""
    salt: bytes = field(repr=False)
    path: tuple[bytes, ...] = field(repr=False)
    """Inclusion proof of the commitment in the case's own small tree."""

    def shows(self, case_id: CaseId, key: SubjectKey, root: bytes) -> bool:
        """Whether the key is among the commitments of the case that have this root."""
        if key.name != self.key_name:
            return False
        leaf = merkle.leaf_hash(commitment(self.salt, case_id, key))
        return merkle.includes(leaf, self.index, self.count, self.path, root)


@dataclass(frozen=True, slots=True)
class Commitments:
    """All commitments of one case."""

    root: bytes
    count: int
    _levels: tuple[tuple[bytes, ...], ...] = field(repr=False)
    _salts: tuple[tuple[SubjectKey, bytes], ...] = field(repr=False)

    def openings(self) -> Iterator[tuple[SubjectKey, Opening]]:
        """Yield every key with its opening."""
        for index, (key, salt) in enumerate(self._salts):
            yield key, Opening(key.name, index, self.count, salt, self._path(index))

    def _path(self, index: int) -> tuple[bytes, ...]:
        path = []
        for level in self._levels[:-1]:
            if index ^ 1 < len(level):
                path.append(level[index ^ 1])
            index >>= 1
        return tuple(path)


def commitment(salt: bytes, case_id: CaseId, key: SubjectKey) -> bytes:
    """Return the commitment (32 bytes) to one key of a person."""
    named = f"{case_id}\0{key.name}\0{key.compared}".encode()
    return hmac.digest(salt, _DOMAIN + named, hashlib.sha256)


def commit(secret: bytes, case_id: CaseId, plan_digest: str, keys: Iterable[SubjectKey]) -> Commitments:
    """Commit to the keys.

    Each salt is HMAC-SHA-256 under the case's own 256-bit secret, which is shredded with the case: nobody
    can tell it from fresh randomness, and whoever repeats this after a crash gets the same root. The order is
    that of the commitments themselves: chance, which says nothing of the order in which people came.

    Args:
        secret: the case's salt, from the vault; never used for anything that is published.
        case_id: the case.
        plan_digest: the digest of the plan that was carried out.
        keys: at least one.

    """
    found: dict[bytes, tuple[SubjectKey, bytes]] = {}
    for key in keys:
        salt = hmac.digest(secret, _SALT + f"{plan_digest}\0{key.name}\0{key.compared}".encode(), hashlib.sha256)
        found.setdefault(commitment(salt, case_id, key), (key, salt))
    levels = [[merkle.leaf_hash(committed) for committed in sorted(found)]]
    while len(levels[-1]) > 1:
        levels.append(merkle.parents(levels[-1]))
    return Commitments(
        root=levels[-1][0],
        count=len(found),
        _levels=tuple(map(tuple, levels)),
        _salts=tuple(found[committed] for committed in sorted(found)),
    )
