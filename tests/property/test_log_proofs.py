from __future__ import annotations

from functools import cache
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retention.errors import FoundError
from retention.evidence import merkle
from retention.evidence.frontier import Frontier
from retention.evidence.tiles import Edge
from retention.evidence.tree import Tree

SMALL = 1500
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(SMALL)]


def grown(steps: list[int]) -> tuple[dict[str, bytes], list[int]]:
    """Publish trees that grow by these steps, each from the tiles of the one before; return tiles and sizes."""
    files: dict[str, bytes] = {}
    sizes = [0]
    for step in steps:
        edge = Edge.read(files.get, sizes[-1])
        after, tiles = edge.extended(LEAVES[edge.size : edge.size + step])
        assert not [path for path in tiles if path in files and files[path] != tiles[path]]
        files |= tiles
        sizes.append(after.size)
        assert after.root == merkle.root(LEAVES[: after.size])
    return files, sizes


@settings(max_examples=60)
@given(
    steps=st.lists(st.one_of(st.integers(0, 9), st.integers(200, 300)), max_size=12).filter(lambda s: sum(s) <= SMALL)
)
def test_any_growth_gives_the_same_tree(steps: list[int]) -> None:
    """However the log grew, edge, frontier and tiles give the root over all leaves, and no tile is contradicted."""
    files, sizes = grown(steps)
    frontier = Frontier()
    for before, after in pairwise(sizes):
        frontier = frontier.extended(LEAVES[before:after])
        assert frontier.root == merkle.root(LEAVES[:after])
        assert Frontier.decode(after, frontier.encoded) == frontier
        assert Tree(files.get, after).frontier() == frontier


@cache
def whole() -> tuple[dict[str, bytes], int]:
    files, sizes = grown([700, 1, 299, 400])
    return files, sizes[-1]


@given(data=st.data())
def test_proofs_from_tiles_are_those_from_leaves(data: st.DataObject) -> None:
    """Any leaf in any tree and any two trees: the proof from tiles is the one of RFC 9162, and verifies."""
    files, size = whole()
    tree = Tree(files.get, size)
    new = data.draw(st.integers(1, size))
    index, old = data.draw(st.integers(0, new - 1)), data.draw(st.integers(1, new))
    root, older = merkle.root(LEAVES[:new]), merkle.root(LEAVES[:old])
    proof = tree.inclusion(index, new)
    assert proof == merkle.inclusion(LEAVES[:new], index)
    assert merkle.includes(LEAVES[index], index, new, proof, root)
    proof = tree.consistency(old, new)
    assert proof == merkle.consistency(LEAVES[:new], old)
    assert merkle.extends(old, new, proof, older, root)
    assert (tree.root(old), tree.root(new)) == (older, root)


def test_a_proof_reads_few_tiles() -> None:
    """In a tree of a million leaves a proof reads at most four tiles a level, not the leaves."""
    reads: list[str] = []

    def read(path: str) -> bytes:
        reads.append(path)
        width = int(path.rpartition("/")[2]) if ".p/" in path else 256
        return bytes(32 * width)

    tree = Tree(read, 1_000_003)
    assert len(tree.inclusion(123_456, 1_000_003)) == 20
    assert len(tree.consistency(654_321, 1_000_003)) <= 21
    assert len(reads) <= 12


def test_a_missing_or_short_tile_is_named() -> None:
    """Where a tile is gone or cut off, there is no proof, and the message names the file."""
    files, size = whole()
    for spoilt in ({}, files | {"tile/0/000": files["tile/0/000"][:-32]}):
        with pytest.raises(FoundError, match="tile/"):
            Tree(spoilt.get, size).inclusion(0, size)


def test_a_partial_tile_may_be_gone_once_the_full_one_is_there() -> None:
    """The partial tiles of an earlier tree can be removed: its proofs come from the full tile."""
    files, _ = whole()
    full = {path: content for path, content in files.items() if path != "tile/0/002.p/188"}
    assert len(full) < len(files)
    assert Tree(full.get, 700).inclusion(699, 700) == merkle.inclusion(LEAVES[:700], 699)


def test_sizes_that_make_no_sense_are_refused() -> None:
    """An index beyond the tree, an empty tree and two trees in the wrong order have no proof."""
    tree = Tree({}.get, 10)
    for index, size in ((10, 10), (-1, 10), (0, 11)):
        with pytest.raises(IndexError):
            tree.inclusion(index, size)
    for old, new in ((0, 5), (6, 5), (5, 11)):
        with pytest.raises(IndexError):
            tree.consistency(old, new)
    with pytest.raises(ValueError, match="expected 2 hashes"):
        Frontier.decode(3, bytes(32))
