from __future__ import annotations

import dataclasses
from itertools import pairwise
from typing import Any

import pytest

from retention.errors import FoundError
from retention.evidence import EvidenceLog, merkle
from retention.evidence.audit import audit, audit_ledger, prove_consistent, published
from retention.evidence.note import sign_checkpoint
from retention.evidence.tiles import Edge, entry_bundle, tile_path
from retention.model.ids import StatementId
from retention.ports.ledger import LogDraft


def fill(log: EvidenceLog, count: int) -> None:
    """Append short entries that stand for envelopes."""
    first = log.sequence.size()
    names = range(first, first + count)
    log.sequence.append_many([LogDraft(StatementId(str(n)), None, b"entry %d" % n) for n in names])


def audited(log: EvidenceLog) -> Any:
    """Audit the log as it is published, and the ledger beside it."""
    report = audit(log.tiles.read, log.signer.verifier, log.origin)
    audit_ledger(log.sequence, report)
    return report


@pytest.mark.parametrize("sizes", [(0,), (1,), (255, 256), (256, 257, 900)])
def test_a_published_log_is_whole(log: EvidenceLog, sizes: tuple[int, ...]) -> None:
    """After any publication the audit reads every entry and tile once, and finds the signed root."""
    for size in sizes:
        fill(log, size - log.sequence.size())
        checkpoint = log.publish()
    report = audited(log)
    assert (report.size, report.root) == (sizes[-1], checkpoint.root.hex())
    assert report.bundles == -(-sizes[-1] // 256)
    fill(log, 300)
    assert audited(log).size == sizes[-1]


def test_every_changed_byte_is_found_and_its_file_named(log: EvidenceLog) -> None:
    """One byte of any file changed, a file cut off, emptied or gone: the audit names it."""
    fill(log, 300)
    log.publish()
    kept = dict(log.tiles.files)
    assert len(kept) == 6
    for path, content in kept.items():
        changed = [content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :] for at in range(0, len(content), 97)]
        longer = [] if path == "checkpoint" else [content + b"x"]  # more lines may follow: other signers
        for spoilt in (*changed, content[: len(content) // 2], *longer, b"", None):
            log.tiles.files = {name: whole for name, whole in kept.items() if name != path}
            if spoilt is not None:
                log.tiles.files[path] = spoilt
            with pytest.raises(FoundError) as caught:
                audited(log)
            # a changed entry shows where its hash stands
            named = {path, path.replace("tile/entries", "tile/0")}
            assert any(name in str(caught.value) for name in named) or path == "checkpoint"


def test_a_log_made_up_with_all_its_tiles_is_not_the_signed_one(log: EvidenceLog) -> None:
    """Other entries with tiles that fit them do not give the root that was signed."""
    fill(log, 20)
    log.publish()
    entries = [b"other %d" % n for n in range(20)]
    _, tiles = Edge().extended([merkle.leaf_hash(entry) for entry in entries])
    log.tiles.files |= tiles | {tile_path("entries", 0, 20): entry_bundle(entries)}
    with pytest.raises(FoundError, match="another root"):
        audited(log)


def test_the_ledger_is_compared_with_what_is_published(log: EvidenceLog) -> None:
    """An entry changed in the ledger, published or not, or a ledger that lost entries, is found."""
    fill(log, 20)
    log.publish()
    fill(log, 5)
    report, kept, head = audited(log), log.sequence.kept, log.sequence.head()
    for at, message in ((3, "are not the published"), (22, "noted when they were appended")):
        log.sequence.kept = [*kept[:at], dataclasses.replace(kept[at], envelope=b"x"), *kept[at + 1 :]]
        log.sequence.head = lambda: head
        with pytest.raises(FoundError, match=message):
            audit_ledger(log.sequence, report)
    del log.sequence.head
    log.sequence.kept = kept[:19]
    with pytest.raises(FoundError, match="at least the 20"):
        audit_ledger(log.sequence, report)


def test_checkpoints_of_one_log_are_proven_consistent(log: EvidenceLog) -> None:
    """Any two in their order have a proof; the wrong order and a rewritten log have none."""
    seen = []
    for count in (0, 1, 300, 300):
        fill(log, count)
        seen.append(log.publish())
    newest = published(log.tiles.read, log.signer.verifier, log.origin)
    assert newest == seen[-1]
    for old, new in pairwise(seen):
        proof = prove_consistent(log.tiles.read, old, new, newest)
        assert not old.size or merkle.extends(old.size, new.size, proof, old.root, new.root)
    with pytest.raises(FoundError, match="in this order"):
        prove_consistent(log.tiles.read, seen[2], seen[1], newest)
    other = sign_checkpoint(log.signer, log.origin, 301, bytes(32))
    for pair in ((other, newest), (seen[1], other)):
        with pytest.raises(FoundError, match="two different logs"):
            prove_consistent(log.tiles.read, *pair, newest)


def test_nothing_published_is_said(log: EvidenceLog) -> None:
    """An empty place is not an empty log."""
    with pytest.raises(FoundError, match="found nothing"):
        audited(log)
