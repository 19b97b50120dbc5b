from __future__ import annotations

import base64
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from retention.evidence import OfCase, Signer, bundle_of, gather, verifier, verify
from retention.evidence.binder import checkpoint_page
from retention.evidence.cosigning import Cosigner
from retention.evidence.note import sign_checkpoint
from retention.evidence.verifier import read_policy
from retention.evidence.witnessing import COSIGNED, Witnesses, ask, cosigned_note
from retention.model.ids import CaseId
from retention.ports.witness import Cosignatures

NOW = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
CASE = CaseId("C-20261123-7f3k2q")
ONE, TWO, THREE = (Cosigner.from_seed(f"{name}.example/w", bytes([number]) * 32) for number, name in enumerate("abc"))
LINES = "".join(f"witness {name} {who.vkey}\n" for name, who in zip("abc", (ONE, TWO, THREE), strict=True))
TWO_OF_THREE = LINES + "group g 2 a b c\nquorum g\n"


class Honest:
    """A witness that signs the newest checkpoint."""

    def __init__(self, log, cosigner):
        self.log, self.cosigner = log, cosigner

    def add_checkpoint(self, _body):
        """Sign."""
        return Cosignatures(self.cosigner.cosign(self.log.checkpoint(), NOW))


def cosigned(log, *cosigners: str) -> bytes:
    """Return the case's bundle after these witnesses have signed."""
    known = {"a": ONE, "b": TWO, "c": THREE}
    gathered = gather(log, OfCase(CASE))
    ask(log, Witnesses(read_policy(TWO_OF_THREE), {name: Honest(log, known[name]) for name in cosigners}), NOW)
    return bundle_of(log, gathered, {})


@pytest.fixture
def told(log, story):
    """A log in which the whole story stands."""
    story.record(log)
    return log


def test_a_bundle_with_the_quorum_says_who_saw_it_and_when(told):
    """Two of three are enough; the report and its summary name them; without a policy they are not judged."""
    bundle = cosigned(told, "a", "c")
    report = verify(bundle, witnesses=TWO_OF_THREE)
    assert report.authentic, report.broken
    assert report.witnessed == (("a", "2026-11-23T03:00:00Z"), ("c", "2026-11-23T03:00:00Z"))
    assert "quorum reached: 2 of (a, b, c)" in verifier.summary(report)
    assert "2 signatures of others, not judged here" in verifier.summary(verify(bundle))


@pytest.mark.parametrize("who", ["", "a", "b"])
def test_a_bundle_without_the_quorum_is_broken(told, who):
    """Too few cosignatures: rejected with what was needed and found, by the library and by the single file."""
    bundle = cosigned(told, *who)
    assert verify(bundle).authentic
    for report in (verify(bundle, witnesses=TWO_OF_THREE), verifier.verify(bundle, witnesses=TWO_OF_THREE)):
        assert not report.authentic
        assert report.broken == f"witnesses: the quorum is not reached: needed 2 of (a, b, c), found {who or 'none'}"


def test_the_same_witness_twice_is_one(told):
    """Repeating a cosignature does not make a quorum."""
    cosigned(told, "a")
    note = told.tiles.read(COSIGNED)
    line = note.splitlines(keepends=True)[-1]
    told.tiles.write(COSIGNED, note + line + line)
    assert "found a" in verify(bundle_of(told, gather(told, OfCase(CASE)), {}), witnesses=TWO_OF_THREE).broken


def test_a_cosignature_of_another_checkpoint_or_log_breaks_the_bundle(told):
    """A line replayed from an earlier checkpoint or another origin is in a witness's name and does not verify."""
    gathered = gather(told, OfCase(CASE))
    checkpoint = told.checkpoint()
    others = (
        sign_checkpoint(told.signer, told.origin, checkpoint.size - 1, bytes(32)),
        sign_checkpoint(told.signer, "other.example/log", checkpoint.size, checkpoint.root),
    )
    for other in others:
        line = ONE.cosign(other, NOW)
        told.tiles.write(COSIGNED, checkpoint.note + line + TWO.cosign(checkpoint, NOW) + THREE.cosign(checkpoint, NOW))
        report = verify(bundle_of(told, replace(gathered), {}), witnesses=TWO_OF_THREE)
        assert report.broken == "cosignature of a: does not verify for this checkpoint"


def test_a_forged_time_breaks_the_cosignature(told):
    """The time stands under the signature: moving it back breaks the line."""
    checkpoint = gather(told, OfCase(CASE)).checkpoint
    early = ONE.cosign(checkpoint, NOW - timedelta(days=9)).decode().split(" ")[2]
    late = ONE.cosign(checkpoint, NOW).decode().split(" ")[2]
    raw = base64.b64decode(early)[:12] + base64.b64decode(late)[12:]
    policy = read_policy(LINES + "quorum a\n")
    line = f"— {ONE.name} {base64.b64encode(raw).decode()}"
    text = checkpoint.note.rpartition(b"\n\n")[0] + b"\n"
    with pytest.raises(verifier.BundleError):
        verifier.cosigned_at(line, text, policy.witnesses["a"])


def test_a_policy_of_another_log_rejects_the_bundle_and_one_of_ours_pins_the_key(told):
    """`log` lines say whose checkpoints count: another's bundle is broken, ours is pinned by them."""
    bundle = cosigned(told, "a", "b")
    other = "log other.example/log+" + "x"
    with pytest.raises(ValueError, match="line 1"):
        verify(bundle, witnesses=other + "\n" + TWO_OF_THREE)
    stranger = Signer.from_seed("other.example/log", bytes([9]) * 32).vkey
    assert "a log that the policy" in verify(bundle, witnesses=f"log {stranger}\n{TWO_OF_THREE}").broken
    assert verify(bundle, witnesses=f"log {told.vkey}\n{TWO_OF_THREE}").pinned


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("", "expected one line"),
        (LINES, "expected one line"),
        (LINES + "quorum d\n", "line 4"),
        (LINES + "quorum a\nquorum b\n", "line 5"),
        (LINES + "group g 4 a b c\nquorum g\n", "line 4"),
        (LINES + "group g 0 a b c\nquorum g\n", "line 4"),
        (LINES + "group g 02 a b c\nquorum g\n", "line 4"),
        (LINES + "group g any a a\nquorum g\n", "line 4"),
        (LINES + "group g any a b\ngroup h any g a\nquorum h\n", "line 5"),
        (LINES + "group g any h\ngroup h any g\nquorum h\n", "line 4"),
        (LINES + "group none any a\nquorum none\n", "line 4"),
        (LINES + LINES, "line 4"),
        (LINES + f"witness d {ONE.vkey}\n", "line 4"),
        ("witness a nonsense\nquorum a\n", "line 1"),
        ("wtiness a b\n", "line 1"),
    ],
)
def test_a_policy_that_is_wrong_is_refused_with_its_line(text, line):
    """A file that could be read two ways, or counts someone twice, is no policy."""
    with pytest.raises(ValueError, match=line):
        read_policy(text)


def test_groups_of_groups_are_counted():
    """Thresholds nest, comments and blanks are passed over, `none` asks for nobody."""
    policy = read_policy("# ours\n\n" + LINES + "\tgroup ab any a b \ngroup all-of all ab c\nquorum all-of\n")
    assert policy.needs() == "2 of (1 of (a, b), c)"
    assert [policy.is_reached(who) for who in ("ac", "bc", "ab", "c", "abc", "")] == [
        True,
        True,
        False,
        False,
        True,
        False,
    ]
    assert read_policy("quorum none\n").is_reached("")


def test_the_single_file_checks_the_quorum(told, tmp_path):
    """`verifier.py --witnesses FILE` exits 0 with the quorum, 1 without it, 2 for a file that is no policy."""
    (tmp_path / "good").write_bytes(cosigned(told, "a", "b"))
    (tmp_path / "policy").write_text(TWO_OF_THREE, encoding="utf-8")
    (tmp_path / "strict").write_text(LINES + "group g all a b c\nquorum g\n", encoding="utf-8")
    (tmp_path / "broken").write_text("quorum x\n", encoding="utf-8")
    codes = {}
    for policy in ("policy", "strict", "broken"):
        command = [sys.executable, "-I", Path(verifier.__file__), tmp_path / "good", "--witnesses", tmp_path / policy]
        codes[policy] = subprocess.run(command, capture_output=True, text=True, check=False).returncode
    assert codes == {"policy": 0, "strict": 1, "broken": 2}


def test_the_page_for_the_binder_carries_the_note_in_text_and_code(told):
    """The page shows the whole note with its cosignatures, who signed, and one QR code."""
    cosigned(told, "a")
    checkpoint = told.checkpoint()
    note = cosigned_note(told.tiles, checkpoint)
    page = checkpoint_page(checkpoint, note, told.vkey, None, NOW)
    assert note.decode() in page
    assert page.count("<svg") == 1
    assert "none: this log has no witnesses" in page
