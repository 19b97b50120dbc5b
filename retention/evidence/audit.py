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
from retention.evidence.frontier import Frontier
from retention.evidence.merkle import HASH_SIZE
from retention.evidence.note import Checkpoint, Verifier, open_checkpoint
from retention.evidence.tiles import CHECKPOINT, HEIGHT, WIDTH, tile_path
from retention.evidence.tree import Read, Tree
from retention.ports.ledger import LogSequence


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


def audit_ledger(sequence: LogSequence, report: AuditReport) -> None:
    """Hash the ledger's entries again and compare with its own hashes and with the log that was audited.

    Raises:
        FoundError: the ledger's entries are not those that were published, or not those that were appended.

    """
    head = sequence.head()
    if head.size < report.size:
        raise FoundError(f"ledger: expected at least the {report.size} published entries, found {head.size}")
    first, edge = Frontier(), Frontier()
    for start in range(0, head.size, WIDTH):
        entries = sequence.entries(start, min(start + WIDTH, head.size))
        leaves = [merkle.leaf_hash(entry.envelope) for entry in entries]
        if start <= report.size < start + WIDTH:
            first = edge.extended(leaves[: report.size - start])
        edge = edge.extended(leaves)
    if report.size == head.size:
        first = edge
    if first.root.hex() != report.root:
        raise FoundError(
            f"ledger: its first {report.size} entries are not the published ones",
            hint="the ledger was restored from an older backup, replaced or changed: bring its newest state back",
        )
    if edge.encoded != head.frontier:
        raise FoundError(f"ledger: its {head.size} entries do not give the hashes noted when they were appended")


def prove_consistent(read: Read, old: Checkpoint, new: Checkpoint, newest: Checkpoint) -> tuple[bytes, ...]:
    """Return the proof, from the published tiles, that the old checkpoint's log is the beginning of the new one's.

    Args:
        read: from a path to the published file's content, or None.
        old: the earlier checkpoint.
        new: the later one.
        newest: the published one, whose tiles prove it.

    Raises:
        FoundError: it is not: the log was rewritten, or one of the two was shown to one reader only.

    """
    if not old.size <= new.size <= newest.size:
        sizes = f"{old.size}, {new.size} and {newest.size}"
        raise FoundError(f"checkpoints: expected older, newer and published size in this order, found {sizes}")
    tree = Tree(read, newest.size)
    for checkpoint in (old, new, newest):
        if tree.root(checkpoint.size) != checkpoint.root:
            raise FoundError(
                f"the checkpoint of {checkpoint.size} entries contradicts the published log",
                hint="keep both: together they prove that the log's owner showed two different logs",
            )
    proof = tree.consistency(old.size, new.size) if old.size else ()
    if old.size and not merkle.extends(old.size, new.size, proof, old.root, new.root):
        raise FoundError(f"the checkpoints of {old.size} and {new.size} entries contradict each other")
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
