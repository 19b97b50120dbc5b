from __future__ import annotations

import base64
import dataclasses

import pytest

from retention.errors import ConcurrentWriteFailure, FoundError
from retention.evidence import EvidenceLog, Signer, merkle
from retention.evidence.publishing import ledger_seal
from retention.model.ids import StatementId
from retention.ports.ledger import LogDraft


def fill(log: EvidenceLog, count: int) -> None:
    """Append short entries that stand for envelopes."""
    first = log.sequence.size()
    names = range(first, first + count)
    log.sequence.append_many([LogDraft(StatementId(str(n)), None, b"entry %d" % n) for n in names])


def test_a_slow_publisher_never_puts_an_older_checkpoint_back(log: EvidenceLog) -> None:
    """One publisher is overtaken between its tiles and its checkpoint: the newer checkpoint stays."""
    fill(log, 300)
    log.publish()
    fill(log, 10)

    def overtake() -> None:
        fill(log, 500)
        assert log.publish().size == 810

    log.tiles.slips_in = overtake
    slow = log.publish()
    assert slow.size == 810
    assert log.checkpoint() == slow
    assert log.tree(810).root() == slow.root


def test_first_publishers_at_once_agree(log: EvidenceLog) -> None:
    """Two publish the first checkpoint at the same time: one wins, both return it."""
    fill(log, 3)
    won = []
    log.tiles.slips_in = lambda: won.append(log.publish())
    assert log.publish() == won[0]
    assert log.tiles.written.count("checkpoint") == 1


def test_a_publisher_that_always_loses_says_so(log: EvidenceLog) -> None:
    """Someone else is faster every time: a transient failure, and the other's checkpoint stands."""

    def overtake() -> None:
        log.publish()
        fill(log, 1)
        log.tiles.slips_in = overtake

    fill(log, 1)
    log.tiles.slips_in = overtake
    with pytest.raises(ConcurrentWriteFailure):
        log.publish()
    published = log.checkpoint()
    assert published is not None
    assert published.size == log.sequence.size() - 1


def test_every_pair_of_checkpoints_has_a_proof(log: EvidenceLog) -> None:
    """Any two published checkpoints are proven consistent by the tiles of the newest."""
    seen = []
    for count in (1, 6, 249, 1, 300, 512):
        fill(log, count)
        seen.append(log.publish())
    for old in seen:
        for new in (checkpoint for checkpoint in seen if checkpoint.size >= old.size):
            proof = log.consistency(old.size, new.size)
            assert merkle.extends(old.size, new.size, proof, old.root, new.root)
    last = seen[-1]
    leaf = log.leaves(last.size)[700]
    assert merkle.includes(leaf, 700, last.size, log.inclusion(700, last.size), last.root)


def test_changed_tiles_are_noticed_before_anything_is_signed(log: EvidenceLog) -> None:
    """A tile that was changed or lost stops the next publication; the checkpoint stays as it was."""
    fill(log, 300)
    before = log.publish()
    fill(log, 1)
    kept = dict(log.tiles.files)
    for path, spoilt in (("tile/0/001.p/44", bytes(44 * 32)), ("tile/1/000.p/1", b""), ("tile/0/001.p/44", None)):
        log.tiles.files = {name: content for name, content in kept.items() if name != path}
        if spoilt is not None:
            log.tiles.files[path] = spoilt
        with pytest.raises(FoundError):
            log.publish()
        assert log.checkpoint() == before


def test_entries_changed_behind_our_back_are_not_published(log: EvidenceLog) -> None:
    """Someone with the database and without the key changes an entry, or the hashes too: nothing is published."""
    story = [LogDraft(StatementId(str(n)), None, b"entry %d" % n) for n in range(40)]
    signer = log.signer
    genuine = dataclasses.replace(log)
    genuine.sequence.append_many(story, _seal(genuine))
    kept = log.sequence.kept
    log.sequence.kept = [*kept[:7], dataclasses.replace(kept[7], envelope=b"another"), *kept[8:]]
    with pytest.raises(FoundError, match="changed from outside"):
        log.publish()
    stranger = dataclasses.replace(log, signer=Signer.from_seed(signer.verifier.name, bytes(32)))
    log.sequence.append_many([], _seal(stranger))
    with pytest.raises(FoundError, match="signature"):
        log.publish()
    assert log.tiles.files == {}
    log.sequence.kept = kept
    log.sequence.append_many([], _seal(genuine))
    assert log.publish().size == 40


def test_the_seal_in_the_ledger_is_no_checkpoint(log: EvidenceLog, story) -> None:
    """What the ledger signs for itself cannot be put in the place of a checkpoint."""
    story.record(log)
    size, root = log.sequence.size(), log.publish().root
    assert log.sequence.seal.startswith(f"{log.origin}/ledger\n{size}\n{base64.b64encode(root).decode()}\n".encode())
    log.tiles.files["checkpoint"] = log.sequence.seal
    with pytest.raises(FoundError):
        log.checkpoint()


def _seal(log: EvidenceLog):
    return ledger_seal(log.signer, log.origin)
