from __future__ import annotations

import base64
import dataclasses
import hashlib
import json
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

from retention.errors import FoundError, InputError
from retention.evidence import EvidenceLog, Signer, Verifier, canonical, merkle, statement
from retention.evidence.dsse import STATEMENT_TYPE, pae, seal
from retention.evidence.note import open_checkpoint
from retention.evidence.tiles import read_bundle, tile_path
from retention.model.facts import Expired, Recorded
from retention.model.ids import CaseId, CopyId, StatementId, SystemId

AT = datetime(2026, 11, 23, tzinfo=UTC)


def fill(log: EvidenceLog, count: int) -> None:
    """Append short entries that stand for envelopes."""
    for _ in range(count):
        number = log.sequence.size()
        log.sequence.append(StatementId(str(number)), None, b"entry %d" % number)


def assert_readable(log: EvidenceLog, files: dict[str, bytes]) -> None:
    """Read the published log as a stranger: the checkpoint's root follows from its entry bundles and tiles."""
    checkpoint = open_checkpoint(files["checkpoint"], log.signer.verifier, log.origin)
    entries: list[bytes] = []
    level: list[bytes] = []
    for number in range(-(-checkpoint.size // 256)):
        width = min(256, checkpoint.size - number * 256)
        entries += read_bundle(files[tile_path("entries", number, width)])
        content = files[tile_path("0", number, width)]
        level += [content[i : i + 32] for i in range(0, len(content), 32)]
    assert [merkle.leaf_hash(entry) for entry in entries] == level
    assert merkle.root(level) == checkpoint.root
    full = [merkle.root(level[i : i + 256]) for i in range(0, len(level) // 256 * 256, 256)]
    assert not full or files[tile_path("1", 0, len(full))] == b"".join(full)


def test_record_is_idempotent(log: EvidenceLog) -> None:
    """The same fact twice is one entry: the first stands, byte for byte."""
    fact = Expired(SystemId("nightly"), CopyId("nightly/2026-11-22"))
    first = log.record(Recorded(CaseId("C-20261123-7f3k2q"), AT, fact))
    again = log.record(Recorded(CaseId("C-20261123-7f3k2q"), AT.replace(hour=5), fact))
    assert (again, log.sequence.size()) == (first, 1)


def test_publish_writes_only_what_changed(log: EvidenceLog) -> None:
    """Full tiles are written once; publishing again without a new entry writes nothing."""
    fill(log, 300)
    log.publish()
    log.tiles.written.clear()
    fill(log, 10)
    log.publish()
    assert log.tiles.written == ["tile/entries/001.p/54", "tile/0/001.p/54", "checkpoint"]
    log.publish()
    assert len(log.tiles.written) == 3


@pytest.mark.parametrize("sizes", [(3, 255, 256, 257), (511, 512, 514), (700,)])
def test_a_stranger_can_replay_what_is_published(log: EvidenceLog, sizes: tuple[int, ...]) -> None:
    """After every publication, tiles and entry bundles give the checkpoint's root."""
    for size in sizes:
        fill(log, size - log.sequence.size())
        assert log.publish().size == size
        assert_readable(log, log.tiles.files)


@pytest.mark.parametrize("writes", range(9))
def test_death_between_writes_leaves_a_whole_log(log: EvidenceLog, writes: int) -> None:
    """Die before any write of a publication: what is published is whole, and publishing again finishes it."""
    fill(log, 250)
    before = log.publish()
    fill(log, 300)
    log.tiles.written.clear()
    log.tiles.dies_after = writes
    with pytest.raises(SystemExit) if writes < 8 else _nothing():
        log.publish()
    assert_readable(log, log.tiles.files)
    if writes < 8:
        assert log.checkpoint() == before
    log.tiles.dies_after = None
    assert log.publish().size == 550
    assert_readable(log, log.tiles.files)


class _nothing:  # noqa: N801 -- reads as a context
    def __enter__(self) -> None: ...
    def __exit__(self, *_: object) -> None: ...


def test_publish_refuses_an_older_ledger(log: EvidenceLog) -> None:
    """A ledger restored from an older backup, or another ledger, is noticed and nothing is written (UNX-38)."""
    fill(log, 20)
    log.publish()
    files = dict(log.tiles.files)
    kept = log.sequence.kept
    log.sequence.kept = kept[:15]
    with pytest.raises(FoundError, match="does not continue"):
        log.publish()
    log.sequence.kept = [*kept[:15], dataclasses.replace(kept[15], envelope=b"other"), *kept[16:]]
    fill(log, 5)
    with pytest.raises(FoundError, match="does not continue"):
        log.publish()
    assert log.tiles.files == files


def test_checkpoint_of_another_key_or_log_is_refused(log: EvidenceLog) -> None:
    """A checkpoint that another key signed, or of another log, or with a changed size, is not taken."""
    fill(log, 3)
    note = log.publish().note
    stranger = Signer.from_seed("log.retention.example", bytes(32))
    for other in (dataclasses.replace(log, signer=stranger), dataclasses.replace(log, origin="elsewhere")):
        with pytest.raises(FoundError):
            other.checkpoint()
    log.tiles.files["checkpoint"] = note.replace(b"\n3\n", b"\n2\n")
    with pytest.raises(FoundError):
        log.checkpoint()


def test_too_large_a_statement_is_refused(log: EvidenceLog, story: Any) -> None:
    """An entry that does not fit the format is refused with what to do, and not appended."""
    kept = next(fact for fact in story.facts if hasattr(fact, "fields"))
    large = dataclasses.replace(kept, fields=tuple(f"field_{number:030d}" for number in range(2000)))
    with pytest.raises(InputError, match="65535"):
        log.record(Recorded(CaseId("C-20261123-7f3k2q"), AT, large))
    assert log.sequence.size() == 0


def test_signer_refuses_bad_names_and_seeds() -> None:
    """A name that would break the note's form, or a seed of another length, is refused; the key never shows."""
    for name, seed in (("a b", bytes(32)), ("a+b", bytes(32)), ("", bytes(32)), ("a", bytes(31))):
        with pytest.raises(InputError):
            Signer.from_seed(name, seed)
    assert "Private" not in repr(Signer.from_seed("a", bytes(32)))


def test_vkey_reads_back_and_refuses_changes() -> None:
    """A verifier key reads back as itself; one with any changed character is refused."""
    vkey = Signer.from_seed("log", bytes(32)).vkey
    assert Verifier.parse(vkey).vkey == vkey
    for position in range(len(vkey)):
        changed = "A" if vkey[position] != "A" else "B"
        with pytest.raises(InputError):
            Verifier.parse(vkey[:position] + changed + vkey[position + 1 :])


def test_tile_paths_follow_the_specification() -> None:
    """Numbers are cut into groups of three digits, all but the last marked with x."""
    assert tile_path("0", 1234067) == "tile/0/x001/x234/067"
    assert tile_path("entries", 0, 17) == "tile/entries/000.p/17"


def test_entry_bundle_that_is_cut_off_is_refused() -> None:
    """A bundle that ends within an entry or a length is not read as a shorter one."""
    for content in (b"\x00", b"\x00\x05abc"):
        with pytest.raises(ValueError, match="expected"):
            read_bundle(content)


def _envelopes(log: EvidenceLog, story: Any) -> Iterator[bytes]:
    story.record(log)
    return (entry.envelope for entry in log.sequence.entries())


def test_securesystemslib_accepts_the_envelopes(log: EvidenceLog, story: Any) -> None:
    """Another implementation of DSSE verifies every envelope, and rejects a changed payload."""
    public = Ed25519PublicKey.from_public_bytes(log.signer.verifier.public)
    key = SSlibKey.from_crypto(public, keyid=log.signer.verifier.fingerprint)
    for raw in _envelopes(log, story):
        envelope = Envelope.from_dict(json.loads(raw))
        assert envelope.payload_type == STATEMENT_TYPE
        assert envelope.verify([key], 1)


def test_openssl_accepts_envelope_and_checkpoint(log: EvidenceLog, story: Any, tmp_path: Path) -> None:
    """The recipe of docs/evidence/README.md works with plain openssl."""
    _envelopes(log, story)
    envelope = json.loads(seal(statement(Recorded(CaseId("C-20261123-7f3k2q"), AT, story.facts[0])), log.signer))
    message = pae(STATEMENT_TYPE, base64.b64decode(envelope["payload"]))
    note = log.publish().note
    text, _, line = note.rpartition(b"\n\n")
    signed = [
        (message, base64.b64decode(envelope["signatures"][0]["sig"])),
        (text + b"\n", base64.b64decode(line.split()[-1])[4:]),
    ]
    public = Ed25519PublicKey.from_public_bytes(log.signer.verifier.public)
    pem = public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "key.pem").write_bytes(pem)
    for content, signature in signed:
        (tmp_path / "message").write_bytes(content)
        (tmp_path / "signature").write_bytes(signature)
        command = "openssl pkeyutl -verify -pubin -inkey key.pem -rawin -in message -sigfile signature"
        assert subprocess.run(command.split(), cwd=tmp_path, capture_output=True, check=False).returncode == 0


@pytest.mark.parametrize("payload_type", [STATEMENT_TYPE, 'odd "type" / é'])
def test_an_envelope_is_canonical_json(log: EvidenceLog, payload_type: str) -> None:
    """Its bytes are the only canonical spelling of what it says, whatever the payload."""
    for payload in (b"", bytes(range(256)), b"?>~" * 7):
        envelope = seal(payload, log.signer, payload_type)
        assert canonical(json.loads(envelope)) == envelope
        assert base64.b64decode(json.loads(envelope)["payload"]) == payload


def test_fingerprint_is_the_hash_of_the_key(log: EvidenceLog) -> None:
    """The fingerprint can be computed with sha256sum over the 32 bytes of the key."""
    raw = base64.b64decode(log.vkey.split("+", 2)[2])
    assert log.signer.verifier.fingerprint == hashlib.sha256(raw[1:]).hexdigest()
