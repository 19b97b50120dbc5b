"""What a use case may use. Built in `retention.wiring`, nowhere else."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import cast
from zoneinfo import ZoneInfo

from retention.datamap import as_of
from retention.deidentify.recipe import Recipe
from retention.errors import UnknownNameError
from retention.evidence import EvidenceLog
from retention.evidence.witnessing import Witnesses
from retention.model.case import Case, CaseKind
from retention.model.datamap import DataMap
from retention.model.evidence_terms import EvidenceTerms
from retention.model.facts import Fact, Recorded
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, DatasetId, HoldId, SystemId
from retention.model.letter import LetterTerms, Way
from retention.model.period import Period
from retention.model.policy import Policy
from retention.model.rescan import RescanTerms
from retention.model.restores import copy_named
from retention.model.subject import SubjectKey
from retention.planning.deferred import Promised
from retention.planning.identity import Digester
from retention.planning.limits import Limits
from retention.planning.pausing import RESTRICTING, Pauses
from retention.planning.world import World
from retention.ports.alerts import Alerter
from retention.ports.connector import CopiesSystem, ProcessorSystem, Store
from retention.ports.constraints import ConstrainingStore
from retention.ports.exports import ExportStore
from retention.ports.keys import KeyStore
from retention.ports.ledger import Ledger, LogEntry
from retention.ports.letters import Carrier
from retention.ports.queues import Intake
from retention.ports.subject_keys import SubjectKeySystem
from retention.ports.timestamper import Timestamper


@dataclass(frozen=True, slots=True)
class Context:
    """The systems, the ledger and what was promised."""

    policy: Policy
    policy_text: str
    datamap: DataMap
    datamap_text: str
    limits: Limits
    stores: Mapping[SystemId, Store]
    copies: Mapping[SystemId, CopiesSystem]
    copied: Mapping[SystemId, tuple[SystemId, ...]]
    """Backup system → the systems it copies."""
    restores: Mapping[SystemId, SystemId]
    """Restored system → the system whose datasets it holds."""
    processors: Mapping[SystemId, ProcessorSystem]
    ledger: Ledger
    keys: KeyStore = field(repr=False)
    log: EvidenceLog
    exports: ExportStore
    """Where sets for joint users, and exports for people, are put."""
    recipes: Mapping[str, Recipe]
    """The policy's recipes."""
    subject_keys: Mapping[SystemId, SubjectKeySystem] = field(default_factory=dict)
    """Keys of people, under which applications encrypt."""
    rewrites: Mapping[SystemId, tuple[SystemId, SystemId]] = field(default_factory=dict)
    """Part of every copy of a backup → the backup, and the system whose datasets the part holds."""
    terms: EvidenceTerms = field(default_factory=EvidenceTerms)
    """How long evidence keeps what ties it to people."""
    disclosures_for: Period = field(default_factory=lambda: Period(days=14))
    """How long an export for a person lies ready."""
    rescans: RescanTerms = field(default_factory=RescanTerms)
    """When completed cases are looked at again."""
    witnesses: Witnesses | None = None
    """Who cosigns the log's checkpoints; None if nobody does."""
    timestamper: Timestamper | None = None
    """Who stamps the time on them; None if nobody does."""
    carriers: Mapping[Way, Carrier] = field(default_factory=dict)
    """Who takes letters to people out of the house."""
    alerters: Mapping[str, Alerter] = field(default_factory=dict)
    """Way → who tells the desk of dates."""
    letter_terms: LetterTerms = field(default_factory=LetterTerms)
    """How long letters are kept, and by when people are asked to answer."""
    intake: Intake = field(default_factory=Intake)
    """Where events come from, and which of them cannot wait."""
    stopwatch: Callable[[], float] = float
    """Seconds since some moment: what rates are measured by; instants are parameters. By default it stands still."""

    @property
    def zone(self) -> ZoneInfo:
        """The policy's time zone."""
        return ZoneInfo(self.policy.timezone)

    def lookup_digest(self, key: SubjectKey) -> str:
        """Return the digest by which the ledger knows the person."""
        return key.digest(self.keys.create("lookup"))

    def suppression_digest(self, key: SubjectKey) -> str:
        """Return the digest by which a returning person is recognized."""
        return key.digest(self.keys.create("suppression"))

    def suppression_digester(self) -> Digester:
        """Return `suppression_digest` for many people: the key is read once."""
        key = self.keys.create("suppression")
        return lambda subject: subject.digest(key)

    def active_holds(self) -> tuple[PlacedHold, ...]:
        """Return the holds that have not been released."""
        return tuple(hold for hold in self.ledger.holds.all() if hold.released_at is None)

    def pauses(self) -> Pauses:
        """Return what planning may know of holds and restrictions."""
        return Pauses(self.active_holds(), self.ledger.events, self.lookup_digest)

    def promised(self) -> Promised:
        """Return the rows that are to go when their hold ends."""
        key = self.keys.create("suppression")
        digests: dict[tuple[DatasetId, HoldId], set[str]] = defaultdict(set)
        for row in self.ledger.holds.deferred():
            digests[row.dataset, row.hold_id].add(row.digest)
        return Promised(
            {where: frozenset(found) for where, found in digests.items()},
            lambda dataset, row: SubjectKey(dataset, row).digest(key),
        )

    def holds_digest(self) -> str:
        """Return a digest of the holds and restrictions in force: a plan does not outlive a change of them."""
        held = sorted(hold.hold_id for hold in self.active_holds())
        restricted = sorted(event.event_id for event in self.ledger.events.of_kinds(RESTRICTING))
        return hashlib.sha256("\n".join([*held, *restricted]).encode()).hexdigest()

    def datamap_for(self, case: Case) -> DataMap:
        """Return the map as the case sees it: a restore sees only what the restored system has of it."""
        if case.kind is not CaseKind.RESTORE:
            return self.datamap
        restore = self.ledger.restores.get(case.case_id)
        whole = rehomed(self.datamap, self.original_of(case.restored_system), case.restored_system)
        return as_of(whole, restore.absent) if restore else whole

    def original_of(self, restored: SystemId | None) -> SystemId:
        """Return the system whose datasets the restored system, or the part of a copy, holds.

        Raises:
            UnknownNameError: retention.yaml names no such restored system.

        """
        part = copy_named(restored) if restored is not None else None
        if part is not None and part[0] in self.rewrites:
            return self.rewrites[part[0]][1]
        if restored is None or restored not in self.restores:
            known = ", ".join(sorted(self.restores)) or "none"
            raise UnknownNameError(
                f"{restored} is not a restored system (known: {known})",
                hint="declare it in retention.yaml under systems, with `restores: SYSTEM`",
            )
        return self.restores[restored]

    def world(self, datamap: DataMap, now: datetime) -> World:
        """Return what planning may look at: finders, never erasers."""
        used = {dataset.system for dataset in datamap.datasets.values()}
        stores = {name: self.stores[name] for name in sorted(used)}
        return World(
            policy=self.policy,
            datamap=datamap,
            finders={name: store.finder() for name, store in stores.items()},
            actions={name: store.capabilities.actions for name, store in stores.items()},
            keepers={name: system.keeper() for name, system in self.copies.items()},
            copied=self.copied,
            now=now.astimezone(self.zone),
            constraints={
                name: cast("ConstrainingStore", store).constraints()
                for name, store in stores.items()
                if store.capabilities.constrains
            },
            recipes=self.recipes,
            suspends={name: store.capabilities.suspends for name, store in stores.items()},
            subject_keys={name: system.finder() for name, system in self.subject_keys.items()},
        )

    def record(self, case_id: CaseId | None, fact: Fact, at: datetime) -> LogEntry:
        """Put a fact into the evidence log."""
        return self.log.record(Recorded(case_id, at, fact))


def rehomed(datamap: DataMap, original: SystemId, restored: SystemId | None) -> DataMap:
    """Return only the original's datasets, placed in the restored system."""
    assert restored is not None  # noqa: S101 -- narrows the type; original_of refused None
    here = {name: replace(d, system=restored) for name, d in datamap.datasets.items() if d.system == original}
    left_out = {restored: datamap.excluded[original]} if original in datamap.excluded else {}
    return DataMap(here, datamap.digest, left_out)
