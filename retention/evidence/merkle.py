"""The Merkle tree of RFC 6962: hashes, roots, and proofs of inclusion and consistency (RFC 9162, section 2.1)."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

HASH_SIZE = 32
EMPTY_ROOT = hashlib.sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Return the hash of a leaf."""
    return hashlib.sha256(b"\x00" + entry).digest()


def leaf_hashes(entries: Iterable[bytes]) -> list[bytes]:
    """Return the hashes of many leaves; copies of a started hash are a quarter cheaper than new ones."""
    started, hashes = hashlib.sha256(b"\x00").copy, []
    for entry in entries:
        leaf = started()
        leaf.update(entry)
        hashes.append(leaf.digest())
    return hashes


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def root(leaves: Sequence[bytes]) -> bytes:
    """Return the tree's root over leaf hashes."""
    level = list(leaves)
    while len(level) > 1:
        level = parents(level)
    return level[0] if level else EMPTY_ROOT


def parents(level: Sequence[bytes]) -> list[bytes]:
    """Return the next level up; an odd last node moves up as it is."""
    pairs = range(0, len(level) - 1, 2)
    above = [node_hash(level[i], level[i + 1]) for i in pairs]
    return above + list(level[len(level) & ~1 :])


def inclusion(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """Prove that leaf `index` is in the tree over `leaves`.

    Raises:
        IndexError: there is no such leaf.

    """
    if not 0 <= index < len(leaves):
        raise IndexError(f"inclusion proof: expected an index below {len(leaves)}, found {index}")
    proof, level = [], list(leaves)
    while len(level) > 1:
        sibling = index ^ 1
        if sibling < len(level):
            proof.append(level[sibling])
        level, index = parents(level), index >> 1
    return tuple(proof)


def includes(leaf: bytes, index: int, size: int, proof: Sequence[bytes], root_hash: bytes) -> bool:
    """Whether the proof shows that the leaf hash stands at `index` in the tree of that size and root."""
    if not 0 <= index < size:
        return False
    return _climb(index, size - 1, (leaf,), proof) == (root_hash,)


def consistency(leaves: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """Prove that the tree over the first `size` leaves is a prefix of the tree over all `leaves`.

    Raises:
        IndexError: the earlier tree is empty or larger than this one.

    """
    if not 0 < size <= len(leaves):
        raise IndexError(f"consistency proof: expected a size of 1 to {len(leaves)}, found {size}")
    return _subproof(leaves, size, whole=True)


def extends(size: int, larger: int, proof: Sequence[bytes], root_hash: bytes, larger_root: bytes) -> bool:
    """Whether the proof shows that the larger tree begins with the smaller one."""
    if not 0 < size <= larger:
        return False
    if size == larger:
        return not proof and root_hash == larger_root
    path = [root_hash, *proof] if size & (size - 1) == 0 else list(proof)
    if not path:
        return False
    index, last = size - 1, larger - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    return _climb(index, last, (path[0], path[0]), path[1:]) == (root_hash, larger_root)


def _climb(index: int, last: int, start: tuple[bytes, ...], proof: Sequence[bytes]) -> tuple[bytes, ...]:
    """Fold the proof upwards; with two starts, the first takes only left siblings (the smaller tree)."""
    *smaller, whole = start
    for sibling in proof:
        if last == 0:
            return ()
        if index & 1 or index == last:
            smaller = [node_hash(sibling, hashed) for hashed in smaller]
            whole = node_hash(sibling, whole)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            whole = node_hash(whole, sibling)
        index, last = index >> 1, last >> 1
    return (*smaller, whole) if last == 0 else ()


def _subproof(leaves: Sequence[bytes], size: int, *, whole: bool) -> tuple[bytes, ...]:
    if size == len(leaves):
        return () if whole else (root(leaves),)
    split = 1 << ((len(leaves) - 1).bit_length() - 1)
    left, right = leaves[:split], leaves[split:]
    if size <= split:
        return (*_subproof(left, size, whole=whole), root(right))
    return (*_subproof(right, size - split, whole=False), root(left))
