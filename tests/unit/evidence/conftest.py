"""A log in memory, and a case whose whole story stands in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from retention.evidence import EvidenceLog, Signer, export_bundle
from retention.model.facts import (
    Approved,
    Disposed,
    Fact,
    HoldPlaced,
    Kept,
    KeyDestroyed,
    Looked,
    Planned,
    Recorded,
    Remains,
)
from retention.model.ids import CaseId, DatasetId, HoldId, OrderId, PlanId, RuleId, StepId, SystemId
from retention.model.outcome import Effect, Residue
from retention.model.processor_facts import Answered
from tests.doubles.log import MemorySequence, MemoryTiles

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CASE = CaseId("C-20261123-7f3k2q")
POLICY, DATAMAP = b"policy: example\n", b"datasets: {}\n"


@dataclass(frozen=True)
class Story:
    """The facts of one case, and the files that go with them."""

    facts: tuple[Fact, ...]
    attachments: dict[str, bytes]

    def record(self, log: EvidenceLog, *, without: tuple[type[Fact], ...] = ()) -> None:
        """Write the facts down, a minute apart, with a hold of nobody's case between them."""
        log.record(Recorded(None, AT, HoldPlaced(HoldId("H-1"), "litigation")))
        for minute, fact in enumerate(self.facts):
            if not isinstance(fact, without):
                log.record(Recorded(CASE, AT + timedelta(minutes=minute), fact))


def sha(content: bytes) -> str:
    """Return SHA-256 in hex."""
    return hashlib.sha256(content).hexdigest()


def make_log() -> EvidenceLog:
    """Return an empty log under a fixed key."""
    signer = Signer.from_seed("log.retention.example", bytes(range(32)))
    return EvidenceLog(MemorySequence(), MemoryTiles(), signer, "log.retention.example")


def make_story() -> Story:
    """Return a case that erases, anonymizes, keeps, tells a processor and waits for a backup."""
    steps = [
        {"is": "EraseRows", "step_id": "01-erase-app.customers", "dataset": "app.customers"},
        {"is": "AnonymizeRows", "step_id": "02-anonymize-lake.viewing", "dataset": "lake.viewing"},
        {"is": "TellProcessor", "step_id": "03-tell-analytics", "system": "analytics"},
    ]
    body = {"datamap_digest": sha(DATAMAP), "is": "Plan", "policy_digest": sha(POLICY), "steps": steps}
    plan = json.dumps(body, sort_keys=True, separators=(",", ":")).encode()
    digest, plan_id = sha(plan), PlanId("P-20261123-1")

    def disposed(step: str, action: str, dataset: str) -> Disposed:
        effect = Effect(rows=3, rows_suppressed=1, versions_removed=2, residues=(Residue("write-ahead-log", AT),))
        rules, statutes = (RuleId("viewing-history"),), ("jp.appi.35",)
        return Disposed(StepId(step), digest, action, DatasetId(dataset), rules, statutes, 3, effect, AT, AT, False)  # noqa: FBT003

    def looked(dataset: str) -> Looked:
        return Looked(digest, DatasetId(dataset), True, 10, 7, 0, sha(b"x"), sha(b"x"), 5, 4, sha(b"s"))  # noqa: FBT003

    facts: tuple[Fact, ...] = (
        Planned(plan_id, digest, 3, 1),
        Approved(plan_id, digest, sha(b"approver")[:32], standing=False),
        disposed("01-erase-app.customers", "erase", "app.customers"),
        disposed("02-anonymize-lake.viewing", "anonymize", "lake.viewing"),
        Kept(digest, DatasetId("app.payments"), ("amount",), 4, HoldId("tax-books"), "jp.corporate-tax-act", AT),
        looked("app.customers"),
        looked("lake.viewing"),
        Answered(
            OrderId("12345678-1234-5678-9abc-123456789abc"),
            SystemId("analytics"),
            "completed",
            sha(b"b"),
            sha(b"k"),
            AT,
        ),
        Remains(SystemId("nightly"), "nightly/2026-11-22", AT + timedelta(days=35)),
        KeyDestroyed(sha(b"case"), "0123456789abcdef"),
    )
    return Story(facts, {"plan.json": plan, "policy.yaml": POLICY, "datamap.yaml": DATAMAP})


@pytest.fixture
def log() -> EvidenceLog:
    """An empty log."""
    return make_log()


@pytest.fixture
def story() -> Story:
    """A case whose whole story is told."""
    return make_story()


@pytest.fixture
def bundle(log: EvidenceLog, story: Story) -> bytes:
    """The bundle of a complete case."""
    story.record(log)
    return export_bundle(log, CASE, story.attachments)
