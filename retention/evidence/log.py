"""The evidence log: signed statements in the ledger's order, published as tiles under a signed checkpoint."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from retention.errors import InputError
from retention.evidence import merkle
from retention.evidence.dsse import seal
from retention.evidence.note import Checkpoint, Signer, open_checkpoint
from retention.evidence.publishing import Publisher, ledger_seal
from retention.evidence.statement import statement, statement_id
from retention.evidence.tiles import CHECKPOINT, LARGEST_ENTRY
from retention.evidence.tree import Tree
from retention.model.facts import Recorded
from retention.ports.ledger import LogDraft, LogEntry, LogSequence, Seal
from retention.ports.tiles import TileStore


@dataclass(frozen=True, slots=True)
class EvidenceLog:
    """One log: one origin, one key, one order."""

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
        draft = self._draft(recorded)
        return self.sequence.append(draft.statement_id, draft.case_id, draft.envelope, self._seal)

    def record_many(self, facts: Sequence[Recorded]) -> tuple[int, ...]:
        """Sign the facts and append all of them or none; return the index of each, new or standing already.

        Raises:
            InputError: see `record`.

        """
        return self.sequence.append_many([self._draft(recorded) for recorded in facts], self._seal)

    def checkpoint(self) -> Checkpoint | None:
        """Return the published checkpoint, or None before the first.

        Raises:
            FoundError: what is published is not a checkpoint of this log under this key.

        """
        note = self.tiles.read(CHECKPOINT)
        return None if note is None else open_checkpoint(note, self.signer.verifier, self.origin)

    def leaves(self, size: int) -> tuple[bytes, ...]:
        """Return the first `size` leaf hashes, computed from the ledger's entries."""
        return tuple(merkle.leaf_hash(entry.envelope) for entry in self.sequence.entries(0, size))

    def tree(self, size: int) -> Tree:
        """Return the published tree of that size, to prove things with."""
        return Tree(self.tiles.read, size)

    def inclusion(self, index: int, size: int) -> tuple[bytes, ...]:
        """Prove from the tiles that entry `index` is in the published tree of that size.

        Raises:
            IndexError: the tree has no such entry.
            FoundError: a tile is missing or cut off.

        """
        return self.tree(size).inclusion(index, size)

    def consistency(self, old: int, new: int) -> tuple[bytes, ...]:
        """Prove from the tiles that the tree of size `old` is the beginning of the published one of size `new`.

        Raises:
            IndexError: one is empty, or they are in the wrong order.
            FoundError: a tile is missing or cut off.

        """
        return self.tree(new).consistency(old, new)

    def publish(self) -> Checkpoint:
        """Write the tiles that changed and then the checkpoint; see `Publisher.publish`.

        Raises:
            FoundError: the ledger does not continue the published log. Nothing is written.
            ConcurrentWriteFailure: others kept publishing first.

        """
        return Publisher(self.sequence, self.tiles, self.signer, self.origin).publish()

    def look(self) -> tuple[int, int]:
        """See `Publisher.look`."""
        return Publisher(self.sequence, self.tiles, self.signer, self.origin).look()

    @property
    def _seal(self) -> Seal:
        return ledger_seal(self.signer, self.origin)

    def _draft(self, recorded: Recorded) -> LogDraft:
        envelope = seal(statement(recorded), self.signer)
        if len(envelope) > LARGEST_ENTRY:
            raise InputError(
                f"evidence: expected a statement of at most {LARGEST_ENTRY} bytes, found {len(envelope)}",
                hint="cut the plan into smaller steps",
            )
        return LogDraft(statement_id(recorded), recorded.case_id, envelope)
