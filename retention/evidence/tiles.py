"""The log as static files (C2SP tlog-tiles): hash tiles, entry bundles, and last of all the checkpoint.

Every full tile is written once and never again. A checkpoint is written only after every tile it
needs is durable, so whoever dies in between leaves the earlier checkpoint with all of its tiles.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

from retention.evidence import merkle

WIDTH = 256
LARGEST_ENTRY = 65_535
"""An entry's length is written in two bytes."""

CHECKPOINT = "checkpoint"


def tile_path(level: str, number: int, width: int = WIDTH) -> str:
    """Return the tile's path: `tile/0/x001/234`, or `tile/0/005.p/17` for a partial one."""
    number, last = divmod(number, 1000)
    name = f"{last:03d}"
    while number:
        number, group = divmod(number, 1000)
        name = f"x{group:03d}/{name}"
    return f"tile/{level}/{name}" + (f".p/{width}" if width < WIDTH else "")


def changed_tiles(entries: Sequence[bytes], leaves: Sequence[bytes], published: int) -> Iterator[tuple[str, bytes]]:
    """Yield path and content of the tiles that a tree over all `leaves` needs beyond a published one.

    Args:
        entries: the entries from the first one of the bundle that holds index `published`.
        leaves: the hashes of all leaves.
        published: the size of the tree whose tiles are there already.

    """
    start = published // WIDTH * WIDTH
    if len(leaves) > published:
        for offset in range(0, len(entries), WIDTH):
            bundle = entries[offset : offset + WIDTH]
            content = b"".join(struct.pack(">H", len(entry)) + entry for entry in bundle)
            yield tile_path("entries", (start + offset) // WIDTH, len(bundle)), content
    level, nodes = 0, list(leaves)
    while nodes:
        for number in range(published // WIDTH, -(-len(nodes) // WIDTH)):
            tile = nodes[number * WIDTH : (number + 1) * WIDTH]
            if number * WIDTH + len(tile) > published:
                yield tile_path(str(level), number, len(tile)), b"".join(tile)
        full = len(nodes) // WIDTH
        nodes = [merkle.root(nodes[i * WIDTH : (i + 1) * WIDTH]) for i in range(full)]
        level, published = level + 1, published // WIDTH


def read_bundle(content: bytes) -> tuple[bytes, ...]:
    """Return the entries of an entry bundle.

    Raises:
        ValueError: it is cut off.

    """
    entries, at = [], 0
    while at < len(content):
        if at + 2 > len(content):
            raise ValueError("entry bundle: expected a length of two bytes, found the end")
        (length,) = struct.unpack_from(">H", content, at)
        at += 2 + length
        if at > len(content):
            raise ValueError(f"entry bundle: expected an entry of {length} bytes, found the end")
        entries.append(content[at - length : at])
    return tuple(entries)
