"""The published test vectors are what this code makes.

`python -m tests.unit.evidence.test_vectors` writes them anew.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from retention.evidence import (
    EvidenceLog,
    OfCase,
    OfDataset,
    OfPeriod,
    OfRule,
    Scope,
    Signer,
    bundle_of,
    gather,
    merkle,
    statement_id,
    verifier,
    verify,
)
from retention.evidence.shapes import KINDS
from retention.model.approval_facts import NotApproved
from retention.model.batch_facts import BatchShare, DoneOf, KeptOf
from retention.model.disclosure import Disclosed
from retention.model.facts import (
    Approved,
    BeyondUse,
    CanaryLooked,
    Corrected,
    Denied,
    Disposed,
    Expired,
    Fact,
    HoldPlaced,
    HoldReleased,
    IdentityDecided,
    Kept,
    KeyDestroyed,
    Looked,
    MapLooked,
    Planned,
    Pseudonymized,
    Recorded,
    Rejected,
    Remains,
    Replayed,
    SubjectsCommitted,
    Suspended,
)
from retention.model.ids import (
    CaseId,
    CopyId,
    DatasetId,
    HoldId,
    OrderId,
    PlanId,
    RuleId,
    StepId,
    SystemId,
)
from retention.model.media import MediaSanitized
from retention.model.outcome import Effect, Residue
from retention.model.processor_facts import Answered, ContractStated, OrderNoted, Probed
from retention.model.request_facts import PapersGone
from retention.model.rescan import FoundIn, Readmitted, Rescanned
from retention.model.restores import RestoreGated
from retention.ports.ledger import LogEntry
from tests.doubles.log import MemorySequence, MemoryTiles

FOLDER = Path(__file__).parents[3] / "docs" / "evidence" / "vectors"
SEED = bytes(range(32))
AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CASE, DENIED, REJECTED, RESTORE, LIFTING, MEMBER = (CaseId(f"C-2026112{day}-7f3k2q") for day in range(3, 9))
ORDER = OrderId("12345678-1234-4678-9abc-123456789abc")
SECOND = OrderId("22345678-1234-4678-9abc-123456789abc")
POLICY, DATAMAP = b"policy: example\n", b"datasets: {}\n"


def sha(content: bytes) -> str:
    """Return SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


STEPS = (
    ("EraseRows", "01-erase-app.customers", "app.customers"),
    ("RedactFields", "02-redact-app.payments", "app.payments"),
    ("AnonymizeRows", "03-anonymize-lake.viewing", "lake.viewing"),
    ("PseudonymizeRows", "04-pseudonymize-lake.clicks", "lake.clicks"),
    ("SuspendRows", "05-suspend-app.letters", "app.letters"),
)
DISCLOSED = (("disclose", "app.customers", "read"), ("deliver", "disclosure.X-20261201-7f3k2q", "delivered"))
PLAN = json.dumps(
    {
        "datamap_digest": sha(DATAMAP),
        "is": "Plan",
        "policy_digest": sha(POLICY),
        "steps": [
            *({"dataset": dataset, "is": kind, "step_id": step} for kind, step, dataset in STEPS),
            {"is": "TellProcessor", "step_id": "06-tell-analytics", "system": "analytics"},
        ],
    },
    sort_keys=True,
    separators=(",", ":"),
).encode()
DIGEST = sha(PLAN)
FILES = {"policy.yaml": POLICY, "datamap.yaml": DATAMAP}


def facts() -> Iterator[tuple[CaseId | None, Fact]]:
    """Yield a fact of every kind, as a log of a few days would hold them."""
    rules, statutes = (RuleId("viewing-history"), RuleId("account")), ("jp.appi.35",)
    effect = Effect(rows=3, rows_suppressed=1, versions_removed=2, residues=(Residue("write-ahead-log", AT),))
    yield None, HoldPlaced(HoldId("H-1"), "litigation")
    yield CASE, Planned(PlanId("P-20261123-1"), DIGEST, 6, 1)
    yield CASE, Approved(PlanId("P-20261123-1"), DIGEST, sha(b"approver")[:32], standing=False)
    for (_, step, dataset), action in zip(STEPS, ("erase", "redact", "anonymize"), strict=False):
        told = DatasetId(dataset)
        yield CASE, Disposed(StepId(step), DIGEST, action, told, rules, statutes, 3, effect, AT, AT, resumed=False)
    step, dataset = StepId(STEPS[3][1]), DatasetId(STEPS[3][2])
    domain, key = "joint-use-a", sha(b"key")
    yield CASE, Pseudonymized(step, DIGEST, dataset, rules, statutes, domain, key, 3, effect, AT, AT, resumed=True)
    step, dataset = StepId(STEPS[4][1]), DatasetId(STEPS[4][2])
    yield CASE, Suspended(step, DIGEST, dataset, "suspended", rules[:1], statutes, 2, AT + timedelta(days=90))
    lifted, decider = StepId("01-lift-app.letters"), sha(b"approver")[:32]
    yield LIFTING, Planned(PlanId("P-20261127-1"), sha(b"lift"), 1, 0)
    yield LIFTING, Approved(PlanId("P-20261127-1"), sha(b"lift"), decider, standing=False)
    yield LIFTING, Suspended(lifted, sha(b"lift"), dataset, "lifted", (), statutes, 2, None, "cured", decider)
    yield CASE, Kept(DIGEST, DatasetId("app.payments"), ("amount",), 4, HoldId("tax-books"), "jp.corporate-tax-act", AT)
    yield DENIED, Denied("identity-not-proven")
    for _, _, dataset in STEPS[:4]:
        yield CASE, looked(dataset)
    yield CASE, Answered(ORDER, SystemId("analytics"), "pending", sha(b"a"), sha(b"k"), AT)
    yield CASE, Answered(ORDER, SystemId("analytics"), "completed", sha(b"b"), sha(b"k"), AT)
    yield CASE, Answered(SECOND, SystemId("ads"), "best-effort", sha(b"c"), None, AT, None, "channel")
    yield CASE, ContractStated(SystemId("ads"), "analytics", "2024-04-01", None, None, "US", "consent", ("cdn",))
    yield CASE, OrderNoted(SECOND, SystemId("ads"), "accepted", "ab" * 16)
    yield CASE, Probed(ORDER, SystemId("analytics"), found=False)
    wrong = Remains(SystemId("nightly"), "nightly/2026-11-22", AT + timedelta(days=53))
    yield CASE, wrong
    yield CASE, Corrected(statement_id(Recorded(CASE, AT, wrong)), "wrong-time", None)
    yield CASE, Remains(SystemId("nightly"), "nightly/2026-11-22", AT + timedelta(days=35), "lifecycle-rule")
    yield CASE, BeyondUse(SystemId("nightly"), *(True,) * 4, "ab" * 16, AT)
    yield CASE, Remains(SystemId("weekly"), "weekly/2026-11-22", None, "legal-hold")
    yield CASE, Expired(SystemId("nightly"), CopyId("nightly/2026-10-20"))
    yield (
        CASE,
        SubjectsCommitted(DIGEST, 1, sha(b"commitments"), "hmac-sha256-salted/v1", "2026", AT + timedelta(days=1826)),
    )
    yield CASE, KeyDestroyed(sha(b"case"), "0123456789abcdef")
    yield REJECTED, Planned(PlanId("P-20261125-1"), sha(b"other"), 1, 900)
    yield REJECTED, Rejected(PlanId("P-20261125-1"), sha(b"other"), sha(b"approver")[:32], "too-much")
    yield RESTORE, Replayed(SystemId("app_restored"), 12, 1)
    yield from afterwards()
    yield from disclosures(decider)


def afterwards() -> Iterator[tuple[CaseId | None, Fact]]:
    """Yield what is stated after a case is completed, and beside cases."""
    since, back = AT + timedelta(days=1), CaseId("C-20261130-7f3k2q")
    found = (FoundIn(DatasetId("app.customers"), 3, since, ("crm-nightly",)),)
    yield CASE, Rescanned("P7D", AT + timedelta(days=7), "returned", False, 7, 2, 1, found, back)  # noqa: FBT003
    yield CASE, Rescanned("P7D", AT + timedelta(days=7), "erased", False, 7, 2, 1, found, back)  # noqa: FBT003
    yield CASE, MediaSanitized("tape-0042", "purge", "eraser-5", AT, sha(b"operator")[:32], sha(b"verifier")[:32])
    yield REJECTED, NotApproved(PlanId("P-20261125-1"), sha(b"other"), sha(b"planner")[:32], "own-plan")
    yield REJECTED, NotApproved(PlanId("P-20261125-1"), sha(b"other"), None, "timed-out")
    yield CASE, PapersGone(("letter", "drivers-licence"), (sha(b"letter"), sha(b"licence")), "89abcdef01234567")
    yield CASE, Readmitted("account.opened", ("jp.appi.20-1",), 2, AT, None)
    yield None, HoldReleased(HoldId("H-1"))
    yield None, CanaryLooked(sha(b"canary"), "absent", 7, ())
    yield DENIED, IdentityDecided(sha(b"q"), "apart", (DatasetId("app.customers"),), 2, 0, sha(b"approver")[:32])
    yield None, MapLooked(None, DatasetId("app.customers"), True, 5, 0, sha(b"s"))  # noqa: FBT003
    yield RESTORE, RestoreGated(SystemId("app_restored"), "open", 12, 0, 7, (), ())
    yield from batch_facts()


def batch_facts() -> Iterator[tuple[CaseId | None, Fact]]:
    """Yield what is stated of one request of a batch."""
    done = (DoneOf(StepId(STEPS[0][1]), DatasetId(STEPS[0][2]), "erase", 1),)
    kept = (KeptOf(DatasetId("app.payments"), ("amount",), 2, HoldId("tax-books"), "jp.corporate-tax-act", AT),)
    yield MEMBER, Planned(PlanId("P-20261128-1"), sha(b"batch"), 5, 900)
    yield MEMBER, BatchShare(sha(b"batch"), CaseId("C-20261128-8g4m3r"), done, kept, (SECOND,))


def disclosures(decider: str) -> Iterator[tuple[CaseId | None, Fact]]:
    """Yield what a case states in which a person is shown his data."""
    shown, showing = CaseId("C-20261201-7f3k2q"), sha(b"show")
    yield shown, Planned(PlanId("P-20261201-1"), showing, 2, 1)
    yield shown, Approved(PlanId("P-20261201-1"), showing, decider, standing=False)
    for number, (verb, place, state) in enumerate(DISCLOSED, 1):
        step, until = StepId(f"00{number}-{verb}-{place}"), AT + timedelta(days=14)
        told = ("disclosure", state, 2, 3, 1, ("jp.appi.33",), sha(b"content"), until)
        yield shown, Disclosed(step, showing, DatasetId(place), *told)


def looked(dataset: str) -> Looked:
    """Return a look that found nothing left."""
    rows = sha(dataset.encode())
    return Looked(DIGEST, DatasetId(dataset), True, 10, 7, 0, rows, rows, 5, 4, sha(b"s"))  # noqa: FBT003


def make_log() -> EvidenceLog:
    """Return the log of the vectors."""
    signer = Signer.from_seed("log.retention.example", SEED)
    log = EvidenceLog(MemorySequence(), MemoryTiles(), signer, "log.retention.example")
    for hour, (case_id, fact) in enumerate(facts()):
        log.record(Recorded(case_id, AT + timedelta(hours=hour), fact))
    return log


SCOPES: dict[str, Scope] = {
    "case": OfCase(CASE),
    "rule": OfRule(RuleId("viewing-history")),
    "dataset": OfDataset(DatasetId("app.payments")),
    "period": OfPeriod(AT + timedelta(hours=5), AT + timedelta(hours=20)),
    "log": OfPeriod(AT, AT + timedelta(days=30)),
    "denial": OfCase(DENIED),
}
CHANGES = (
    ("another seal", '"seal":"', '"seal":"A', "seal: not base64"),
    ("a space", '{"body":', '{"body": ', "bundle: not canonical JSON"),
    ("another file", '"sha256":"6ba2', '"sha256":"6ba3', "attachment datamap.yaml: its bytes"),
    ("another case", '"scope":{"case":"C-20261123', '"scope":{"case":"C-20261124', "seal: does not verify"),
    ("a later size", "log.retention.example\\n5", "log.retention.example\\n9", "entry "),
    ("a claim more", '"claims":[{"code":"C1"', '"claims":[{"code":"C9"', "seal: does not verify"),
    ("another number", '"index":1,', '"index":2,', "entry 2: inclusion proof"),
    ("an older format", "evidence-bundle/v2", "evidence-bundle/v1", "format: expected"),
)
"""Name, text, other text in its place, and how the reason begins for which the case's bundle is rejected."""


def make_vectors() -> dict[str, str]:
    """Return the files by name."""
    log = make_log()
    files = {}
    for name, scope in SCOPES.items():
        gathered = gather(log, scope)
        plan = {"plan.json" if name == "case" else f"plan-{CASE}.json": PLAN} | FILES if CASE in gathered.cases else {}
        files[f"bundle-{name}.json"] = bundle_of(log, gathered, plan).decode()
    checkpoint = log.publish()
    leaves = log.leaves(checkpoint.size)
    key = log.signer.verifier
    files["key.json"] = _json(
        {"fingerprint": key.fingerprint, "publicKey": key.public.hex(), "seed": SEED.hex(), "vkey": log.vkey}
    )
    entries = [_vector(entry, leaves) for entry in log.sequence.entries()]
    files["statements.json"] = _json({"checkpoint": checkpoint.note.decode(), "statements": entries})
    names = ("name", "replace", "with", "broken")
    files["rejected.json"] = _json([dict(zip(names, change, strict=True)) for change in CHANGES])
    return files


def _vector(entry: LogEntry, leaves: tuple[bytes, ...]) -> dict[str, Any]:
    payload = base64.b64decode(json.loads(entry.envelope)["payload"])
    return {
        "envelope": entry.envelope.decode(),
        "index": entry.index,
        "kind": json.loads(payload)["predicate"]["kind"],
        "leafHash": merkle.leaf_hash(entry.envelope).hex(),
        "proof": [part.hex() for part in merkle.inclusion(leaves, entry.index)],
        "statement": payload.decode(),
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=1) + "\n"


@pytest.fixture(scope="module")
def vectors() -> dict[str, str]:
    """The files as this code makes them."""
    return make_vectors()


def test_the_published_vectors_are_what_this_code_makes(vectors: dict[str, str]) -> None:
    """Every file of docs/evidence/vectors, byte for byte, and no other file."""
    assert {path.name: path.read_text(encoding="utf-8") for path in FOLDER.iterdir()} == vectors


def test_the_vectors_hold_every_kind(vectors: dict[str, str]) -> None:
    """Nobody has to guess what a kind looks like."""
    assert {each["kind"] for each in json.loads(vectors["statements.json"])["statements"]} == set(KINDS)


@pytest.mark.parametrize("name", SCOPES)
def test_the_vectors_verify(vectors: dict[str, str], name: str) -> None:
    """Every bundle is authentic and complete under the published key, to the command line and to the single file."""
    bundle, vkey = vectors[f"bundle-{name}.json"].encode(), json.loads(vectors["key.json"])["vkey"]
    for report in (verify(bundle, vkey), verifier.verify(bundle, vkey)):
        assert (report.broken, report.pinned) == ("", True)
        assert report.complete == (name in {"case", "rule", "dataset", "denial"})


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0])
def test_the_changed_vectors_are_rejected(vectors: dict[str, str], change: tuple[str, str, str, str]) -> None:
    """Each change of the list makes the case's bundle broken, for the reason given."""
    _, old, new, broken = change
    bundle = vectors["bundle-case.json"]
    assert old in bundle
    report = verifier.verify(bundle.replace(old, new, 1).encode())
    assert report.broken.startswith(broken)


if __name__ == "__main__":
    for name, text in make_vectors().items():
        (FOLDER / name).write_text(text, encoding="utf-8")
