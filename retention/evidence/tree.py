"""Proofs from the published tiles: any leaf in any tree, any two trees, in O(log n) reads.

A node that stands for 2^h leaves lies in tile level h / 8, or is the root over a part of one tile.
Trees only grow, so the tiles of the newest tree prove things about all earlier ones.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from retention.errors import FoundError
from retention.evidence import merkle
from retention.evidence.frontier import Frontier
from retention.evidence.merkle import HASH_SIZE
from retention.evidence.tiles import HEIGHT, WIDTH, tile_path

Read = Callable[[str], bytes | None]
"""From a path to the file's content, or None."""
_TILES_KEPT = 64
"""Tiles in memory: half a megabyte."""


class Tree:
    """A tree of `size` leaves, read from its tiles."""

    def __init__(self, read: Read, size: int) -> None:
        """Read nothing yet."""
        self.size = size
        self._read = read
        self._tile = lru_cache(_TILES_KEPT)(self._tile_once)

    def node(self, height: int, number: int) -> bytes:
        """Return the root over the leaves from number * 2^height on, 2^height of them.

        Raises:
            FoundError: the tile is missing or cut off.

        """
        level, within = divmod(height, HEIGHT)
        first = number << within
        tile = self._tile(level, first // WIDTH)
        start = first % WIDTH * HASH_SIZE
        hashes = [tile[at : at + HASH_SIZE] for at in range(start, start + (HASH_SIZE << within), HASH_SIZE)]
        return merkle.root(hashes)

    def root(self, size: int | None = None) -> bytes:
        """Return the root of the tree of the first `size` leaves; of all if None.

        Raises:
            FoundError: see `node`.

        """
        return self.frontier(size).root

    def frontier(self, size: int | None = None) -> Frontier:
        """Return the right edge of the tree of the first `size` leaves; of all if None.

        Raises:
            FoundError: see `node`.

        """
        size = self.size if size is None else size
        hashes, start = [], 0
        for height in reversed(range(size.bit_length())):
            if size >> height & 1:
                hashes.append(self.node(height, start >> height))
                start += 1 << height
        return Frontier(size, tuple(hashes))

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Prove that leaf `index` is in the tree of the first `size` leaves (RFC 9162, 2.1.3.1).

        Raises:
            IndexError: there is no such leaf or tree.
            FoundError: see `node`.

        """
        if not 0 <= index < size <= self.size:
            raise IndexError(f"inclusion proof: expected an index below a size of at most {self.size}")
        proof, start, stop = [], 0, size
        while stop - start > 1:
            middle = start + _split(stop - start)
            if index < middle:
                proof.append(self._over(middle, stop))
                stop = middle
            else:
                proof.append(self._over(start, middle))
                start = middle
        return tuple(reversed(proof))

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove that the tree of `old` leaves is the beginning of the tree of `new` leaves (RFC 9162, 2.1.4.1).

        Raises:
            IndexError: one is empty, or they are in the wrong order, or larger than this tree.
            FoundError: see `node`.

        """
        if not 0 < old <= new <= self.size:
            raise IndexError(f"consistency proof: expected two sizes from 1 to {self.size}, the smaller first")
        proof, start, stop, whole = [], 0, new, True
        while old != stop:
            middle = start + _split(stop - start)
            if old <= middle:
                proof.append(self._over(middle, stop))
                stop = middle
            else:
                proof.append(self._over(start, middle))
                start, whole = middle, False
        if not whole:
            proof.append(self._over(start, stop))
        return tuple(reversed(proof))

    def _over(self, start: int, stop: int) -> bytes:
        """Return the root over leaves [start, stop) of a subtree that begins at a multiple of its width."""
        hashes = []
        while start < stop:
            height = (stop - start).bit_length() - 1
            hashes.append(self.node(height, start >> height))
            start += 1 << height
        *left, root = hashes
        for hashed in reversed(left):
            root = merkle.node_hash(hashed, root)
        return root

    def _tile_once(self, level: int, number: int) -> bytes:
        width = min(WIDTH, (self.size >> HEIGHT * level) - number * WIDTH)
        tile = self._read(tile_path(str(level), number, width))
        if tile is None and width < WIDTH:
            tile = self._read(tile_path(str(level), number))  # a partial tile may be removed once the full one is there
        if tile is None or len(tile) < width * HASH_SIZE:
            found = "nothing" if tile is None else f"{len(tile)} bytes"
            path = tile_path(str(level), number, width)
            raise FoundError(f"evidence log: {path}: expected {width * HASH_SIZE} bytes, found {found}")
        return tile


def _split(size: int) -> int:
    """Return the largest power of two below the size."""
    return 1 << (size - 1).bit_length() - 1
