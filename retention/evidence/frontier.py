"""The right edge of a Merkle tree: all that is needed to append to it, in O(log n) hashes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from retention.evidence.merkle import EMPTY_ROOT, HASH_SIZE, node_hash


@dataclass(frozen=True, slots=True)
class Frontier:
    """The roots of the largest complete subtrees that make up a tree, from left to right.

    The sizes of these subtrees are the binary digits of `size` (a "compact range").
    """

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    @classmethod
    def decode(cls, size: int, content: bytes) -> Frontier:
        """Read what `encoded` made.

        Raises:
            ValueError: the content does not belong to a tree of that size.

        """
        if size < 0 or len(content) != size.bit_count() * HASH_SIZE:
            raise ValueError(f"frontier: expected {size.bit_count()} hashes for {size} leaves, found another length")
        return cls(size, tuple(content[at : at + HASH_SIZE] for at in range(0, len(content), HASH_SIZE)))

    @property
    def encoded(self) -> bytes:
        """The hashes, one after the other."""
        return b"".join(self.hashes)

    @property
    def root(self) -> bytes:
        """The tree's root."""
        if not self.hashes:
            return EMPTY_ROOT
        *left, root = self.hashes
        for hashed in reversed(left):
            root = node_hash(hashed, root)
        return root

    def extended(self, leaves: Sequence[bytes]) -> Frontier:
        """Return the edge of the tree with these leaf hashes after the present ones."""
        started = hashlib.sha256(b"\x01").copy
        waiting, level = list(self.hashes), list(leaves)
        kept, size = [], self.size
        while level:
            if size & 1:
                level.insert(0, waiting.pop())
            if len(level) & 1:
                kept.append(level.pop())
            # written out: a call for each node would take a third of the time
            pairs, level = iter(level), []
            for left, right in zip(pairs, pairs, strict=True):
                node = started()
                node.update(left + right)
                level.append(node.digest())
            size >>= 1
        return Frontier(self.size + len(leaves), (*waiting, *reversed(kept)))
