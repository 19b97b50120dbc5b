"""A log in memory, and a case whose whole story stands in it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from retention.errors import FoundError
from retention.evidence import EvidenceLog, Signer, export_bundle, merkle
from retention.evidence.frontier import Frontier
from retention.model.facts import (
    Answered,
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
from retention.model.ids import CaseId, DatasetId, HoldId, OrderId, PlanId, RuleId, StatementId, StepId, SystemId
from retention.model.outcome import Effect, Residue
from retention.ports.ledger import LogDraft, LogEntry, LogHead, Seal

AT = datetime(2026, 11, 23, 1, 2, 3, tzinfo=UTC)
CASE = CaseId("C-20261123-7f3k2q")
POLICY, DATAMAP = b"policy: example\n", b"datasets: {}\n"


class MemorySequence:
    """The order of a log, in memory."""

    def __init__(self) -> None:
        self.kept: list[LogEntry] = []
        self.seal: bytes | None = None

    def append(
        self, statement_id: StatementId, case_id: CaseId | None, envelope: bytes, seal: Seal | None = None
    ) -> LogEntry:
        """Give the next index, or the entry that stands."""
        return self.kept[self.append_many((LogDraft(statement_id, case_id, envelope),), seal)[0]]

    def append_many(self, drafts: Sequence[LogDraft], seal: Seal | None = None) -> tuple[int, ...]:
        """Give the next indexes, or those that stand."""
        for draft in drafts:
            if not any(entry.statement_id == draft.statement_id for entry in self.kept):
                self.kept.append(LogEntry(len(self.kept), draft.statement_id, draft.case_id, draft.envelope))
        head = self.head()
        self.seal = None if seal is None else seal(head.size, Frontier.decode(head.size, head.frontier).root)
        by_name = {entry.statement_id: entry.index for entry in self.kept}
        return tuple(by_name[draft.statement_id] for draft in drafts)

    def head(self) -> LogHead:
        """Hash everything that is kept."""
        edge = Frontier().extended([merkle.leaf_hash(entry.envelope) for entry in self.kept])
        return LogHead(edge.size, edge.encoded, self.seal)

    def size(self) -> int:
        """Return how many there are."""
        return len(self.kept)

    def entries(self, start: int = 0, stop: int | None = None) -> Iterator[LogEntry]:
        """Yield by index."""
        yield from self.kept[start:stop]

    def of_case(self, case_id: CaseId) -> tuple[LogEntry, ...]:
        """Return the case's."""
        return tuple(entry for entry in self.kept if entry.case_id == case_id)


@dataclass
class MemoryTiles:
    """Files in memory; the process may die before any write."""

    files: dict[str, bytes] = field(default_factory=dict)
    written: list[str] = field(default_factory=list)
    dies_after: int | None = None
    slips_in: Callable[[], object] | None = None

    def read(self, path: str) -> bytes | None:
        """Return the file or None."""
        return self.files.get(path)

    def write(self, path: str, content: bytes) -> None:
        """Keep the file."""
        if self.dies_after is not None and len(self.written) >= self.dies_after:
            raise SystemExit
        self.written.append(path)
        self.files[path] = content

    def write_once(self, path: str, content: bytes) -> None:
        """Keep the file, which never changes."""
        if path not in self.files:
            self.write(path, content)
        elif self.files[path] != content:
            raise FoundError(path)

    def replace(self, path: str, before: bytes | None, after: bytes) -> bool:
        """Keep the file if it is still the one named; another writer may slip in first."""
        if self.slips_in is not None:
            slips_in, self.slips_in = self.slips_in, None
            slips_in()
        if self.files.get(path) != before:
            return False
        self.write(path, after)
        return True


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
