"""The log as static files (C2SP tlog-tiles): hash tiles, entry bundles, and last of all the checkpoint.

Every full tile is written once and never again. A checkpoint is written only after every tile it
needs is durable, so whoever dies in between leaves the earlier checkpoint with all of its tiles.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from retention.errors import FoundError
from retention.evidence import merkle

HEIGHT = 8
"""A tile holds the nodes of eight levels: 2^8 hashes of the lowest of them."""
WIDTH = 1 << HEIGHT
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


@dataclass(frozen=True, slots=True)
class Edge:
    """The hashes of the last, partial tile of every level: what a published tree needs to grow."""

    size: int = 0
    levels: tuple[tuple[bytes, ...], ...] = ()

    @classmethod
    def read(cls, read: Callable[[str], bytes | None], size: int) -> Edge:
        """Read the edge of the tree of that size from its tiles.

        Raises:
            FoundError: a tile is missing or has another length.

        """
        levels: list[tuple[bytes, ...]] = []
        nodes = size
        while nodes:
            number, width = divmod(nodes, WIDTH)
            path = tile_path(str(len(levels)), number, width)
            tile = b"" if width == 0 else read(path)
            if tile is None or len(tile) != width * merkle.HASH_SIZE:
                raise FoundError(f"evidence log: {path}: expected a tile of {width} hashes, found another or none")
            levels.append(tuple(tile[at : at + merkle.HASH_SIZE] for at in range(0, len(tile), merkle.HASH_SIZE)))
            nodes = number
        return cls(size, tuple(levels))

    @property
    def root(self) -> bytes:
        """The tree's root."""
        last: list[bytes] = []
        for level in self.levels:
            nodes = [*level, *last]
            last = [merkle.root(nodes)] if nodes else []
        return last[0] if last else merkle.EMPTY_ROOT

    def extended(self, leaves: Sequence[bytes]) -> tuple[Edge, dict[str, bytes]]:
        """Return the edge with these leaf hashes appended, and the hash tiles that this adds, by path."""
        tiles: dict[str, bytes] = {}
        levels: list[tuple[bytes, ...]] = []
        added, before = list(leaves), self.size
        while added or len(levels) < len(self.levels):
            height = len(levels)
            nodes = [*(self.levels[height] if height < len(self.levels) else ()), *added]
            number, above = before // WIDTH, []
            for at in range(0, len(nodes) if added else 0, WIDTH):
                tile = nodes[at : at + WIDTH]
                tiles[tile_path(str(height), number + at // WIDTH, len(tile))] = b"".join(tile)
                above += [merkle.root(tile)] if len(tile) == WIDTH else []
            levels.append(tuple(nodes[len(nodes) // WIDTH * WIDTH :]))
            added, before = above, number
        return Edge(self.size + len(leaves), tuple(levels)), tiles


def entry_bundle(entries: Sequence[bytes]) -> bytes:
    """Return an entry bundle: each entry after its length in two bytes."""
    return b"".join(struct.pack(">H", len(entry)) + entry for entry in entries)


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
