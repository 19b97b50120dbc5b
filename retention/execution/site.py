"""The systems and the ledger, as one run of one plan sees them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from retention.evidence import EvidenceLog
from retention.execution.counter import Counter
from retention.execution.handing_out import HandingOut
from retention.model.datamap import DataMap, Dataset
from retention.model.facts import Fact, Recorded
from retention.model.ids import CaseId, KeySetId, PlanId, StepId, SystemId
from retention.model.plan import AnonymizeRows, ExportSet, Plan, RowStep
from retention.model.predicate import Selection
from retention.model.subject import Key, KeyValues, SubjectKey
from retention.model.volume import Progress, StepVolume
from retention.ports.connector import Store
from retention.ports.keeper import CopyKeeper
from retention.ports.ledger import Ledger, LogEntry, Vault
from retention.ports.processor import ProbingProcessor, Processor
from retention.ports.subject_keys import SubjectKeySystem

People: TypeAlias = Mapping[CaseId, tuple[SubjectKey, ...]]
"""Everyone of a batch: all his keys, as text; the one that was given comes first."""
Watch: TypeAlias = Callable[[StepId, Progress], None]
"""Is told of each step before it begins, and after each of its shards, with how far all steps on large stores are."""


def nobody(_: StepId, __: Progress) -> None:
    """Nobody watches."""


@dataclass(frozen=True, slots=True)
class Site:
    """Everything one run may use."""

    plan: Plan
    digest: str
    """The plan's digest, as approved."""
    datamap: DataMap
    stores: Mapping[SystemId, Store]
    processors: Mapping[SystemId, Processor]
    keepers: Mapping[SystemId, CopyKeeper]
    ledger: Ledger
    log: EvidenceLog
    suppression_key: bytes = field(repr=False)
    keys: KeyValues = field(repr=False)
    """The plan's key sets, from the vault."""
    regulation: str
    """What an order to a processor rests on: `appi`, `gdpr` or `ccpa`."""
    counter: Counter
    """Where joint users are handed sets."""
    handing_out: HandingOut
    """Where people are answered."""
    subject_keys: Mapping[SystemId, SubjectKeySystem] = field(default_factory=dict)
    """Keys of people, under which applications encrypt."""
    link_key: bytes = field(default=b"", repr=False)
    """Signs the tokens by which an order is answered; empty where none is handed out."""
    probes: Mapping[SystemId, ProbingProcessor] = field(default_factory=dict)
    """Those of the processors that have a look-up."""
    people: Mapping[SubjectKey, tuple[CaseId, ...]] = field(default_factory=dict, repr=False)
    """For a batch: whose key, as text, each is, by case; empty for a case of its own."""

    volumes: tuple[StepVolume, ...] = ()
    """Of the plan's steps on stores that can be cut."""
    passed: Callable[[], timedelta] = timedelta
    """How long the run has been going on: rates are measured by it. No time at all, if nobody says."""
    watch: Watch = nobody

    def moment(self, now: datetime) -> datetime:
        """Return the time, where the run began at `now`."""
        return now + self.passed()

    def dataset(self, step: RowStep | ExportSet) -> Dataset:
        """Return the step's dataset."""
        return self.datamap.datasets[step.dataset]

    def store(self, dataset: Dataset) -> Store:
        """Return the store that holds the dataset."""
        return self.stores[dataset.system]

    def selection(self, step: RowStep | ExportSet) -> Selection:
        """Return the rows the step is about, with the keys."""
        return Selection(step.where, self.keys)

    def rare(self, step: AnonymizeRows) -> frozenset[str]:
        """Return the classes whose rows are erased instead of anonymized."""
        return frozenset(map(str, self.keys[step.rare.keyset_id])) if step.rare else frozenset()

    def record(self, fact: Fact, at: datetime) -> LogEntry:
        """Put a fact of this case into the evidence log; a repeat returns the entry that stands."""
        return self.log.record(Recorded(self.plan.case_id, at, fact))

    def cases_of(self, key: SubjectKey) -> tuple[CaseId, ...]:
        """Return the cases in which the person is erased: the plan's, or those of a batch."""
        return self.people.get(SubjectKey(key.name, str(key.value)), (self.plan.case_id,))

    def suppression_digest(self, key: SubjectKey) -> str:
        """Return the digest by which the person would be known if a backup brought him back."""
        return key.digest(self.suppression_key)


def keep_keys(vault: Vault, case_id: CaseId, plan_id: PlanId, keys: KeyValues) -> None:
    """Put the plan's keys into the vault."""
    body = {name: sorted(values, key=str) for name, values in keys.items()}
    vault.put(case_id, f"keys/{plan_id}", json.dumps(body, ensure_ascii=False).encode())


def keep_people(vault: Vault, plan: Plan, people: People) -> None:
    """Put whose keys a batch is about into its vault."""
    body = {case_id: [[key.name, key.value] for key in keys] for case_id, keys in people.items()}
    vault.put(plan.case_id, f"people/{plan.plan_id}", json.dumps(body, ensure_ascii=False).encode())


def fetch_people(vault: Vault, case_id: CaseId, plan_id: PlanId) -> People:
    """Take them out again.

    Raises:
        StateError: the batch is sealed, its key shredded.

    """
    body = json.loads(vault.get(case_id, f"people/{plan_id}"))
    return {CaseId(name): tuple(SubjectKey(*key) for key in keys) for name, keys in body.items()}


def fetch_keys(vault: Vault, case_id: CaseId, plan_id: PlanId) -> dict[KeySetId, frozenset[Key]]:
    """Take the plan's keys out of the vault.

    Raises:
        StateError: the case is sealed, its key shredded.

    """
    body = json.loads(vault.get(case_id, f"keys/{plan_id}"))
    return {KeySetId(name): frozenset(values) for name, values in body.items()}
