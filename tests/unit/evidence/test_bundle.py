from __future__ import annotations

import ast
import base64
import copy
import dataclasses
import json
import random
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from retention.errors import InputError, UnknownNameError
from retention.evidence import EvidenceLog, Signer, canonical, export_bundle, verifier_source, verify
from retention.evidence.dsse import pae
from retention.evidence.note import sign_checkpoint
from retention.evidence.verifier import SEAL_TYPE, summary
from retention.model.facts import Approved, Disposed, Looked, Planned, Recorded
from retention.model.ids import CaseId
from retention.model.processor_facts import Answered

CASE = CaseId("C-20261123-7f3k2q")
Change = Callable[[dict[str, Any]], object]


def spoil(bundle: bytes, change: Change, signer: Signer | None = None) -> bytes:
    """Change the bundle's content and write it canonically; with a signer, seal it again."""
    opened = json.loads(bundle)
    change(opened["body"] if signer else opened)
    if signer:
        seal = signer.sign(pae(SEAL_TYPE, canonical(opened["body"])))
        opened["seal"] = base64.b64encode(seal).decode()
    return canonical(opened)


def test_a_complete_case_is_authentic_and_complete(log: EvidenceLog, bundle: bytes) -> None:
    """The bundle verifies with the pinned key; without one it verifies and says so."""
    report = verify(bundle, log.vkey)
    assert (report.authentic, report.complete, report.pinned, report.case_id) == (True, True, True, CASE)
    assert report.fingerprint == log.signer.verifier.fingerprint
    assert not verify(bundle).pinned
    assert "NOT PINNED" in summary(verify(bundle))


def test_export_is_repeatable(log: EvidenceLog, story: Any, bundle: bytes) -> None:
    """The same log gives the same bytes."""
    assert export_bundle(log, CASE, story.attachments) == bundle


def test_any_flipped_bit_is_rejected(bundle: bytes) -> None:
    """800 seeded single-bit flips all over the file: each is rejected and named (UNX-38)."""
    chance = random.Random(20261123)  # noqa: S311 -- a seeded sweep
    for position in chance.sample(range(len(bundle) * 8), 800):
        flipped = bytearray(bundle)
        flipped[position // 8] ^= 1 << position % 8
        report = verify(bytes(flipped))
        assert not report.authentic, position
        assert report.broken


def test_any_flipped_bit_of_seal_and_checkpoint_is_rejected(bundle: bytes) -> None:
    """Bits all over the two signatures, where a flip costs a full check: each counts."""
    opened = json.loads(bundle)
    for text in (opened["seal"], opened["body"]["checkpoint"].split()[-1]):
        start = bundle.index(text.encode())
        for position in range(start * 8, (start + len(text)) * 8, 7):
            flipped = bytearray(bundle)
            flipped[position // 8] ^= 1 << position % 8
            assert not verify(bytes(flipped)).authentic


BYTES: dict[str, Callable[[bytes], bytes]] = {
    "nothing": lambda _: b"",
    "cut off": lambda raw: raw[:-1],
    "cut in half": lambda raw: raw[: len(raw) // 2],
    "line break at the end": lambda raw: raw + b"\n",
    "space inside": lambda raw: raw.replace(b":", b": ", 1),
    "byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "twice the same name": lambda raw: raw.replace(b'{"body":', b'{"body":1,"body":', 1),
    "other order of names": lambda raw: canonical(json.loads(raw)["seal"]).join([b'{"seal":', b',"body":1}']),
    "escaped letter": lambda raw: raw.replace(b'"scope"', b'"sc\\u006fpe"', 1),
    "escaped slash": lambda raw: raw.replace(b"https://", b"https:\\/\\/", 1),
    "fraction": lambda raw: raw.replace(b'"index":1,', b'"index":1.0,', 1),
    "negative zero": lambda raw: raw.replace(b'"index":1,', b'"index":-0,', 1),
    "not a number": lambda raw: raw.replace(b'"index":1,', b'"index":NaN,', 1),
    "huge number": lambda raw: raw.replace(b'"index":1,', b'"index":' + b"9" * 5000 + b",", 1),
    "half a surrogate pair": lambda _: b'{"body":"\\ud800","seal":""}',
    "not UTF-8": lambda raw: raw.replace(b"scope", b"scop\xff", 1),
    "deep nesting": lambda _: b"[" * 100_000,
    "a list": lambda raw: b"[" + raw + b"]",
    "zeros": lambda raw: bytes(len(raw)),
}


@pytest.mark.parametrize("name", BYTES)
def test_another_spelling_is_rejected(bundle: bytes, name: str) -> None:
    """There is one spelling: every other one is rejected, without an exception."""
    changed = BYTES[name](bundle)
    assert changed != bundle
    assert not verify(changed).authentic


def swap(items: list[Any], a: int, b: int) -> None:
    items[a], items[b] = items[b], items[a]


def swap_proofs(body: dict[str, Any]) -> None:
    a, b = body["entries"][0], body["entries"][1]
    a["proof"], b["proof"] = b["proof"], a["proof"]


def attach(name: str, content: bytes) -> Change:
    def change(body: dict[str, Any]) -> None:
        item = next(item for item in body["attachments"] if item["name"] == name)
        item["content"] = base64.b64encode(content).decode()

    return change


STRUCTURE: dict[str, tuple[Change, str]] = {
    "dropped entry": (lambda b: b["body"]["entries"].pop(3), "seal"),
    "dropped last entry": (lambda b: b["body"]["entries"].pop(), "seal"),
    "no entries": (lambda b: b["body"]["entries"].clear(), "entries"),
    "repeated entry": (lambda b: b["body"]["entries"].insert(0, b["body"]["entries"][0]), "entry 1: index"),
    "swapped entries": (lambda b: swap(b["body"]["entries"], 0, 1), "entry 1: index"),
    "swapped proofs": (lambda b: swap_proofs(b["body"]), "entry 1: inclusion proof"),
    "shorter proof": (lambda b: b["body"]["entries"][2]["proof"].pop(), "entry 3: inclusion proof"),
    "longer proof": (lambda b: b["body"]["entries"][2]["proof"].append("A" * 43 + "="), "entry 3: inclusion proof"),
    "other index": (lambda b: b["body"]["entries"][-1].update(index=99), "entry 99: inclusion proof"),
    "index is text": (lambda b: b["body"]["entries"][0].update(index="1"), "entry at position 0: index"),
    "index is true": (lambda b: b["body"]["entries"][0].update(index=True), "entry at position 0: index"),
    "stray bits": (lambda b: b["body"]["entries"][0].update(proof=["A" * 42 + "B="]), "canonical base64"),
    "no padding": (lambda b: b.update(seal=b["seal"].rstrip("=")), "seal"),
    "space in base64": (lambda b: b.update(seal=" " + b["seal"]), "seal"),
    "unknown name": (lambda b: b.update(more=1), "bundle: expected exactly"),
    "unknown name inside": (lambda b: b["body"].update(more=1), "body: expected exactly"),
    "unknown name in an entry": (lambda b: b["body"]["entries"][0].update(more=1), "entry at position 0"),
    "missing name": (lambda b: b["body"].pop("origin"), "body: expected exactly"),
    "no seal": (lambda b: b.update(seal=""), "seal"),
    "other case": (lambda b: b["body"]["scope"].update(case="C-20261123-aaaaaa"), "seal"),
    "other format": (lambda b: b["body"].update(format="x"), "format"),
    "other origin": (lambda b: b["body"].update(origin="x"), "checkpoint"),
    "other key": (lambda b: b["body"].update(vkey=Signer.from_seed("x", bytes(32)).vkey), "checkpoint signature"),
    "key is rubbish": (lambda b: b["body"].update(vkey="x"), "key"),
    "checkpoint is a list": (lambda b: b["body"].update(checkpoint=[]), "checkpoint"),
    "two signatures": (lambda b: b["body"].update(checkpoint=b["body"]["checkpoint"] * 2), "checkpoint"),
    "attachment dropped": (lambda b: b["body"]["attachments"].pop(), "seal"),
    "attachment renamed": (lambda b: b["body"]["attachments"][0].update(name="a.yaml"), "seal"),
    "attachment with a path": (lambda b: b["body"]["attachments"][0].update(name="../a"), "attachment"),
    "attachments swapped": (lambda b: swap(b["body"]["attachments"], 0, 1), "attachments"),
    "attachment changed": (lambda b: attach("plan.json", b"{}")(b["body"]), "attachment plan.json"),
    "entries is an object": (lambda b: b["body"].update(entries={}), "entries"),
    "entry is null": (lambda b: b["body"].update(entries=[None]), "entry at position 0"),
    "body is null": (lambda b: b.update(body=None), "body"),
}


@pytest.mark.parametrize("name", STRUCTURE)
def test_a_changed_structure_is_rejected_and_named(bundle: bytes, name: str) -> None:
    """Whatever is dropped, added, swapped or of another type, the report names the part that broke."""
    change, named = STRUCTURE[name]
    report = verify(spoil(bundle, change))
    assert not report.authentic
    assert named in report.broken


def test_a_sealed_anew_bundle_must_still_tell_the_truth(log: EvidenceLog, bundle: bytes) -> None:
    """Even whoever holds the key cannot put another plan, policy or an altered entry into a bundle."""
    plan = json.loads(bundle)["body"]["attachments"][1]
    assert plan["name"] == "plan.json"
    for name, named in (("plan.json", "attachment plan.json"), ("policy.yaml", "attachment policy.yaml")):

        def change(body: dict[str, Any], name: str = name) -> None:
            item = next(item for item in body["attachments"] if item["name"] == name)
            item["content"] = base64.b64encode(b"{}").decode()
            item["sha256"] = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"

        assert named in verify(spoil(bundle, change, log.signer)).broken
    other = spoil(bundle, lambda b: b["scope"].update(case="C-1"), log.signer)
    assert verify(other).broken.startswith("index: expected a head for the scope")


def test_an_entry_signed_by_another_key_is_named(log: EvidenceLog, story: Any) -> None:
    """An envelope of a stranger's in the log is rejected though it is included and sealed."""
    story.record(log)
    stranger = dataclasses.replace(log, signer=Signer.from_seed("log.retention.example", bytes(32)))
    other = dataclasses.replace(story.facts[8], what="nightly/2026-11-21")
    index = stranger.record(_recorded(other)).index
    log.sequence.seal = None  # else it would be noticed before it is published
    assert f"entry {index}: signature" in verify(export_bundle(log, CASE, {})).broken


def _recorded(fact: Any) -> Any:
    return Recorded(CASE, datetime(2026, 11, 23, tzinfo=UTC), fact)


def test_a_pinned_key_must_be_the_bundles(bundle: bytes) -> None:
    """With another key pinned the bundle is broken; a key that is none is the caller's mistake."""
    assert verify(bundle, Signer.from_seed("log.retention.example", bytes(32)).vkey).broken.startswith("key")
    with pytest.raises(ValueError, match="key"):
        verify(bundle, "rubbish")


def test_a_forged_checkpoint_is_rejected(log: EvidenceLog, bundle: bytes) -> None:
    """A checkpoint over the same root by a stranger with the same name is rejected."""
    stranger = Signer.from_seed("log.retention.example", bytes(32))
    real = log.checkpoint()
    assert real is not None
    forged = sign_checkpoint(stranger, log.origin, real.size, real.root).note.decode()
    assert "checkpoint" in verify(spoil(bundle, lambda b: b.update(checkpoint=forged), log.signer)).broken


@pytest.mark.parametrize("missing", [Planned, Approved])
def test_a_step_without_plan_or_approval_is_broken(log: EvidenceLog, story: Any, missing: Any) -> None:
    """Evidence of steps that no approval allowed is rejected: the story does not hold together."""
    story.record(log, without=(missing,))
    assert "plan digest" in verify(export_bundle(log, CASE, {})).broken


@pytest.mark.parametrize(
    ("missing", "why"),
    [
        (Looked, "not verified"),
        (Answered, "has not answered"),
        (Disposed, "not carried out"),
    ],
)
def test_a_partial_case_is_authentic_and_not_complete(log: EvidenceLog, story: Any, missing: Any, why: str) -> None:
    """What is missing makes the case incomplete, in words; the evidence stays authentic."""
    story.record(log, without=(missing,))
    report = verify(export_bundle(log, CASE, story.attachments))
    assert (report.authentic, report.complete, report.broken) == (True, False, "")
    assert any(why in reason for reason in report.still_open)
    assert "NOT COMPLETE" in summary(report)


def test_the_latest_look_decides(log: EvidenceLog, story: Any) -> None:
    """Data that came back after a passed verification makes the case incomplete."""
    story.record(log)
    look = next(fact for fact in story.facts if isinstance(fact, Looked))
    log.record(_recorded(dataclasses.replace(look, passed=False, residual=1)))
    report = verify(export_bundle(log, CASE, story.attachments))
    assert report.still_open == ("app.customers: the latest verification failed",)


def test_the_latest_horizon_is_shown(log: EvidenceLog, story: Any) -> None:
    """A copy that remains longer than first stated is stated again, and the summary shows the later date only."""
    story.record(log)
    log.record(_recorded(dataclasses.replace(story.facts[8], until=datetime(2027, 1, 5, tzinfo=UTC))))
    shown = summary(verify(export_bundle(log, CASE, {}))).split("remains\n")[1]
    assert "gone by 2027-01-05T00:00:00Z" in shown
    assert "2026-12-28" not in shown


def test_an_unfinished_order_is_open(log: EvidenceLog, story: Any) -> None:
    """A processor's promise is not an answer."""
    story.record(log, without=(Answered,))
    answer = next(fact for fact in story.facts if isinstance(fact, Answered))
    log.record(_recorded(dataclasses.replace(answer, state="pending")))
    assert verify(export_bundle(log, CASE, story.attachments)).still_open == ("processor analytics: pending",)


def test_export_refuses_unknown_cases_and_paths(log: EvidenceLog, story: Any) -> None:
    """A case without entries has no bundle; an attachment's name is a plain file name."""
    with pytest.raises(UnknownNameError):
        export_bundle(log, CASE, {})
    story.record(log)
    with pytest.raises(InputError):
        export_bundle(log, CASE, {"../plan.json": b""})


@pytest.fixture
def alone(tmp_path: Path, bundle: bytes) -> Path:
    """A folder with a bundle and the verifier, and nothing else."""
    (tmp_path / "verifier.py").write_bytes(verifier_source())
    (tmp_path / "bundle.json").write_bytes(bundle)
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int, str, str]:
    """Run the verifier without site-packages and without the environment."""
    command = [sys.executable, "-I", "-S", "verifier.py", *arguments]
    env = {"LC_ALL": "C"}
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", check=False, env=env)
    return done.returncode, done.stdout, done.stderr


def test_the_verifier_runs_alone(log: EvidenceLog, alone: Path) -> None:
    """Nothing but the file: exit 0 with a summary for people."""
    code, out, err = run(alone, "bundle.json", "--key", log.vkey)
    assert (code, err) == (0, "")
    assert out.startswith(f"AUTHENTIC: case {CASE}, complete")
    assert "app.customers: 3 rows erased" in out
    assert "gone by 2026-12-28" in out


def test_the_verifier_alone_speaks_japanese_and_compares_periods(alone: Path) -> None:
    """Claims in Japanese in any locale; a case's bundle cannot continue an earlier one, and that is said."""
    code, out, err = run(alone, "bundle.json", "--language", "ja")
    assert (code, err) == (0, "")
    assert "示せないこと" in out
    code, out, err = run(alone, "bundle.json", "--after", "bundle.json")
    assert (code, err) == (1, "")
    assert out.startswith("BROKEN: after: only a period's bundle")


def test_the_verifier_names_what_broke(alone: Path, bundle: bytes) -> None:
    """A changed bundle: exit 1, and the first line names the part."""
    (alone / "bundle.json").write_bytes(spoil(bundle, STRUCTURE["swapped proofs"][0]))
    code, out, err = run(alone, "bundle.json")
    assert (code, err) == (1, "")
    assert out.startswith("BROKEN: entry 1: inclusion proof")


@pytest.mark.parametrize("arguments", [(), ("absent.json",), (".",), ("bundle.json", "--key", "x"), ("a", "b")])
def test_the_verifier_reports_wrong_usage(alone: Path, arguments: tuple[str, ...]) -> None:
    """No file, no such file, a folder, a key that is none: exit 2, a message and never a traceback."""
    code, out, err = run(alone, *arguments)
    assert (code, out) == (2, "")
    assert err
    assert "Traceback" not in err


def test_the_verifier_is_python_3_8_and_standard_library_only() -> None:
    """The source parses as Python 3.8, imports eleven modules of the standard library, and uses no slots."""
    source = verifier_source().decode()
    tree = ast.parse(source, feature_version=(3, 8))
    imported = {name.name for node in ast.walk(tree) if isinstance(node, ast.Import) for name in node.names}
    assert imported == {"argparse", "base64", "hashlib", "json", "re", "sys"}
    assert {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)} == {
        "__future__",
        "collections.abc",
        "dataclasses",
        "datetime",
        "typing",
    }
    assert "slots" not in source


def test_mutations_change_something(bundle: bytes) -> None:
    """The structural mutations really are other bundles."""
    for change, _ in STRUCTURE.values():
        assert spoil(bundle, change) != bundle
    assert spoil(bundle, copy.copy) == bundle
