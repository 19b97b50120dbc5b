"""The evidence log: signed statements in the ledger's order, published as tiles under a signed checkpoint."""

from __future__ import annotations

from dataclasses import dataclass

from retention.errors import FoundError, InputError
from retention.evidence import merkle
from retention.evidence.dsse import seal
from retention.evidence.note import Checkpoint, Signer, open_checkpoint, sign_checkpoint
from retention.evidence.statement import statement, statement_id
from retention.evidence.tiles import CHECKPOINT, LARGEST_ENTRY, WIDTH, changed_tiles
from retention.model.facts import Recorded
from retention.ports.ledger import LogEntry, LogSequence
from retention.ports.tiles import TileStore


@dataclass(frozen=True, slots=True)
class EvidenceLog:
    """One log: one origin, one key, one order.

    `publish` is for one process at a time (a lease in the ledger): two at once cannot contradict
    each other, but the slower one could put its earlier checkpoint over the later one.
    """

    sequence: LogSequence
    tiles: TileStore
    signer: Signer
    origin: str
    """The log's name, in every checkpoint: a URL without a scheme."""

    @property
    def vkey(self) -> str:
        """The verifier key as text, to be published and pinned."""
        return self.signer.vkey

    def record(self, recorded: Recorded) -> LogEntry:
        """Sign the fact and append it; if it is in the log already, return the entry that stands.

        Raises:
            InputError: the fact holds something else than codes, counts, digests and instants, or is too large.

        """
        envelope = seal(statement(recorded), self.signer)
        if len(envelope) > LARGEST_ENTRY:
            raise InputError(
                f"evidence: expected a statement of at most {LARGEST_ENTRY} bytes, found {len(envelope)}",
                hint="cut the plan into smaller steps",
            )
        return self.sequence.append(statement_id(recorded), recorded.case_id, envelope)

    def checkpoint(self) -> Checkpoint | None:
        """Return the published checkpoint, or None before the first.

        Raises:
            FoundError: what is published is not a checkpoint of this log under this key.

        """
        note = self.tiles.read(CHECKPOINT)
        return None if note is None else open_checkpoint(note, self.signer.verifier, self.origin)

    def leaves(self, size: int) -> tuple[bytes, ...]:
        """Return the first `size` leaf hashes."""
        return tuple(merkle.leaf_hash(entry.envelope) for entry in self.sequence.entries(0, size))

    def publish(self) -> Checkpoint:
        """Write the tiles that changed and then the checkpoint; nothing if all is published.

        Raises:
            FoundError: the log in the ledger does not continue the published one (an older or another
                ledger was put in place). Nothing is written: two contradicting heads would be proof against us.

        """
        before, size = self.checkpoint(), self.sequence.size()
        leaves = self.leaves(size)
        published = before.size if before else 0
        if before and (size < before.size or merkle.root(leaves[: before.size]) != before.root):
            raise FoundError(
                f"evidence log: the ledger has {size} entries and does not continue the published log of {before.size}",
                hint="the ledger was restored from an older backup or replaced: bring back its newest state",
            )
        if before and size == before.size:
            return before
        entries = [entry.envelope for entry in self.sequence.entries(published // WIDTH * WIDTH, size)]
        for path, content in changed_tiles(entries, leaves, published):
            self.tiles.write(path, content)
        after = sign_checkpoint(self.signer, self.origin, size, merkle.root(leaves))
        self.tiles.write(CHECKPOINT, after.note)
        return after
