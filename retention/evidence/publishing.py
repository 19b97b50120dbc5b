"""From the ledger's order to the published tiles: only what is new, and never two heads that disagree.

Any number of processes may publish at once. Each proves that its tree continues the published one
before it signs, and puts its checkpoint in place only if the one it has proven against still stands.
A slow publisher thus loses; it can neither contradict a faster one nor put it back.
"""

from __future__ import annotations

from dataclasses import dataclass

from retention.errors import ConcurrentWriteFailure, FoundError
from retention.evidence import merkle
from retention.evidence.frontier import Frontier
from retention.evidence.note import Checkpoint, Signer, open_checkpoint, sign_checkpoint
from retention.evidence.tiles import CHECKPOINT, WIDTH, Edge, entry_bundle, tile_path
from retention.evidence.tree import Tree
from retention.ports.ledger import LogHead, LogSequence, Seal
from retention.ports.tiles import TileStore

_ATTEMPTS = 8
_LEDGER = "/ledger"
"""After the origin: a seal inside the ledger is no checkpoint, and no verifier would take it for one."""


def ledger_seal(signer: Signer, origin: str) -> Seal:
    """Return what signs the ledger's head with every append: whoever has no key cannot rewrite the order."""
    return _LedgerSeal(signer, origin)


@dataclass(frozen=True, slots=True)
class _LedgerSeal:
    """A record and no function: seals of one signer are equal, so that appends of several threads may share one."""

    signer: Signer
    origin: str

    def __call__(self, size: int, root: bytes) -> bytes:
        return sign_checkpoint(self.signer, self.origin + _LEDGER, size, root).note


@dataclass(frozen=True, slots=True)
class _Growth:
    """What publishing adds."""

    root: bytes
    tiles: dict[str, bytes]
    leaves: list[bytes]
    """From the first one of the entry bundle that is not full yet."""
    start: int
    """The index of the first of `leaves`."""


@dataclass(frozen=True, slots=True)
class Publisher:
    """Publishes one log."""

    sequence: LogSequence
    tiles: TileStore
    signer: Signer
    origin: str

    def publish(self) -> Checkpoint:
        """Write entry bundles, hash tiles and then the checkpoint; nothing if all is published.

        Costs O(new entries + log n). Whoever dies in between leaves the earlier checkpoint with all of its tiles.

        Raises:
            FoundError: the log in the ledger does not continue the published one (an older or another
                ledger was put in place), or its entries were changed. Nothing is written: two
                contradicting heads would be proof against us.
            ConcurrentWriteFailure: others kept publishing first.

        """
        for _ in range(_ATTEMPTS):
            note = self.tiles.read(CHECKPOINT)
            before = None if note is None else open_checkpoint(note, self.signer.verifier, self.origin)
            head = self.sequence.head()  # read after the checkpoint, so our own ledger is never behind it
            edge = self._check(before, head)
            if before and before.size == head.size:
                return before
            growth = self._grown(before, head, edge)
            self._write(growth, head.size)
            after = sign_checkpoint(self.signer, self.origin, head.size, growth.root)
            if self.tiles.replace(CHECKPOINT, note, after.note):
                return after
        raise ConcurrentWriteFailure("evidence log: others kept publishing first", hint="run again")

    def look(self) -> tuple[int, int]:
        """Return how many entries the ledger has and how many are published, proven to continue; writes nothing.

        Raises:
            FoundError: what `publish` would refuse.

        """
        note = self.tiles.read(CHECKPOINT)
        before = None if note is None else open_checkpoint(note, self.signer.verifier, self.origin)
        head = self.sequence.head()
        edge = self._check(before, head)
        if before and before.size < head.size:
            self._grown(before, head, edge)
        return head.size, before.size if before else 0

    def _check(self, before: Checkpoint | None, head: LogHead) -> Frontier:
        """Compare the ledger's head with its seal and with what is published."""
        try:
            edge = Frontier.decode(head.size, head.frontier)
        except ValueError as error:
            raise _changed(head.size) from error
        if head.seal is not None:
            sealed = open_checkpoint(head.seal, self.signer.verifier, self.origin + _LEDGER)
            if (sealed.size, sealed.root) != (head.size, edge.root):
                raise _changed(head.size)
        if before and (head.size < before.size or (head.size == before.size and edge.root != before.root)):
            raise _not_continued(head.size, before.size)
        return edge

    def _grown(self, before: Checkpoint | None, head: LogHead, whole: Frontier) -> _Growth:
        """Compute the new tiles in memory, and prove that they continue the published tree."""
        published = before.size if before else 0
        edge = Edge.read(self.tiles.read, published)
        if before and edge.root != before.root:
            raise FoundError(
                f"evidence log: the published tiles do not give the root of the checkpoint of {published} entries",
                hint="bring the published files back; `retention evidence audit` names the ones that were changed",
            )
        start = published // WIDTH * WIDTH
        leaves = [merkle.leaf_hash(entry.envelope) for entry in self.sequence.entries(start, head.size)]
        if edge.levels and tuple(leaves[: published - start]) != edge.levels[0]:
            raise _not_continued(head.size, published)
        grown, tiles = edge.extended(leaves[published - start :])
        # the ledger's hashes go over every entry since the first: equal roots mean that all earlier ones agree too
        if (grown.size, grown.root) != (whole.size, whole.root):
            raise _not_continued(head.size, published)
        if before and published:
            tree = Tree(lambda path: tiles.get(path) or self.tiles.read(path), head.size)
            proof = tree.consistency(published, head.size)
            if not merkle.extends(published, head.size, proof, before.root, grown.root):
                raise _not_continued(head.size, published)
        return _Growth(grown.root, tiles, leaves, start)

    def _write(self, growth: _Growth, size: int) -> None:
        for start in range(growth.start, size, WIDTH):
            entries = [entry.envelope for entry in self.sequence.entries(start, min(start + WIDTH, size))]
            expected = growth.leaves[start - growth.start : start - growth.start + WIDTH]
            if [merkle.leaf_hash(entry) for entry in entries] != expected:
                raise _changed(size)
            self.tiles.write_once(tile_path("entries", start // WIDTH, len(entries)), entry_bundle(entries))
        for path, content in growth.tiles.items():
            self.tiles.write_once(path, content)


def _not_continued(size: int, published: int) -> FoundError:
    return FoundError(
        f"evidence log: the ledger has {size} entries and does not continue the published log of {published}",
        hint="the ledger was restored from an older backup or replaced: bring back its newest state",
    )


def _changed(size: int) -> FoundError:
    return FoundError(
        f"evidence log: the {size} entries in the ledger are not those that were sealed when they were appended",
        hint="the ledger's database was changed from outside: bring back its newest backup",
    )
