"""The whole published log, hashed again: every entry, every tile, up to the root that was signed.

Needs the files and the verifier key, nothing of ours besides; an auditor may run it on a copy.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterator
from dataclasses import dataclass

from retention.errors import FoundError
from retention.evidence import merkle
from retention.evidence.merkle import HASH_SIZE
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint
from retention.evidence.tiles import CHECKPOINT, HEIGHT, WIDTH, tile_path
from retention.evidence.tree import Read, Tree


@dataclass(frozen=True, slots=True)
class AuditReport:
    """What was read and found to fit together."""

    size: int
    """Entries."""
    root: str
    """Hex: what the entries give, and what is signed."""
    bundles: int
    tiles: int
    bytes_read: int


def audit(read: Read, verifier: Verifier, origin: str) -> AuditReport:
    """Hash every entry of the published log and compare with every tile and with the signed checkpoint.

    Args:
        read: from a path to the file's content, or None.
        verifier: the log's key, as it was pinned.
        origin: the log's name.

    Raises:
        FoundError: the first file that does not fit, by name, with what was expected.

    """
    checkpoint = published(read, verifier, origin)
    count = _Count()
    level = b"".join(_bundle_hashes(read, checkpoint.size, count))
    height = 0
    while level:
        level = _compared(read, height, level, count)
        height += 1
    root = Tree(read, checkpoint.size).root()
    if root != checkpoint.root:
        raise FoundError(f"{CHECKPOINT}: the {checkpoint.size} entries give another root than the one signed")
    return AuditReport(checkpoint.size, root.hex(), count.bundles, count.tiles, count.bytes_read)


def published(read: Read, verifier: Verifier, origin: str) -> Checkpoint:
    """Return the published checkpoint.

    Raises:
        FoundError: there is none, or it is not of this log and key.

    """
    note = read(CHECKPOINT)
    if note is None:
        raise FoundError(f"{CHECKPOINT}: expected the head of a published log, found nothing")
    return open_checkpoint(note, verifier, origin)


def prove_consistent(read: Read, old: Checkpoint, new: Checkpoint) -> tuple[bytes, ...]:
    """Return the proof, from the published tiles, that the old checkpoint's log is the beginning of the new one's.

    Raises:
        FoundError: it is not: the log was rewritten, or one of the two was shown to one reader only.

    """
    if old.size > new.size:
        raise FoundError(f"checkpoints: expected the older one first, found sizes {old.size} and {new.size}")
    proof = Tree(read, new.size).consistency(old.size, new.size) if old.size else ()
    if old.size and not merkle.extends(old.size, new.size, proof, old.root, new.root):
        raise FoundError(
            f"checkpoints of sizes {old.size} and {new.size} contradict each other",
            hint="keep both files: together they prove that the log's owner showed two different logs",
        )
    return proof


@dataclass(slots=True)
class _Count:
    bundles: int = 0
    tiles: int = 0
    bytes_read: int = 0


def _content(read: Read, path: str, count: _Count) -> bytes:
    content = read(path)
    if content is None:
        raise FoundError(f"{path}: expected a file of the published log, found nothing")
    count.bytes_read += len(content)
    return content


def _bundle_hashes(read: Read, size: int, count: _Count) -> Iterator[bytes]:
    """Yield, for each entry bundle, the leaf hashes of its entries."""
    for number in range(-(-size // WIDTH)):
        width = min(WIDTH, size - number * WIDTH)
        path = tile_path("entries", number, width)
        content = _content(read, path, count)
        hashes = _leaf_hashes(content)
        if len(hashes) != width * HASH_SIZE:
            raise FoundError(f"{path}: expected {width} whole entries, found another number or a part of one")
        count.bundles += 1
        yield hashes


def _leaf_hashes(content: bytes) -> bytes:
    """Return the leaf hashes of a bundle's entries; too few if it is cut off."""
    # a copy of a started hash is cheaper than a new one, and saves joining prefix and entry
    started, length_of = hashlib.sha256(b"\x00").copy, struct.Struct(">H").unpack_from
    view, end, at, hashes = memoryview(content), len(content), 0, []
    while at + 2 <= end:
        start = at + 2
        at = start + length_of(content, at)[0]
        if at > end:
            break
        leaf = started()
        leaf.update(view[start:at])
        hashes.append(leaf.digest())
    return b"".join(hashes) if at == end else b""


def _compared(read: Read, height: int, level: bytes, count: _Count) -> bytes:
    """Compare a level of hashes with its tiles; return the next one up: a hash for each full tile."""
    above = []
    size = WIDTH * HASH_SIZE
    for at in range(0, len(level), size):
        hashes = level[at : at + size]
        path = tile_path(str(height), at // size, len(hashes) // HASH_SIZE)
        if _content(read, path, count) != hashes:
            raise FoundError(f"{path}: expected the hashes of what lies below it, found others")
        count.tiles += 1
        if len(hashes) == size:
            above.append(_full_root(hashes))
    return b"".join(above)


def _full_root(hashes: bytes) -> bytes:
    """Return the root over a full tile."""
    started, pair = hashlib.sha256(b"\x01").copy, 2 * HASH_SIZE
    for _ in range(HEIGHT):
        above = []
        for at in range(0, len(hashes), pair):
            node = started()
            node.update(hashes[at : at + pair])
            above.append(node.digest())
        hashes = b"".join(above)
    return hashes
