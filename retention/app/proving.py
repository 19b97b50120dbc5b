"""Use cases about evidence: bundles, certificates, the log, canaries, and what ties evidence to people."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

from retention.app import (
    answers,
    auditing,
    canaries,
    epochs,
    figures,
    lineage,
    publishing,
    requests,
    subjects,
    witnessing,
)
from retention.app.context import Context
from retention.app.epochs import Expired
from retention.app.subjects import Confirmation
from retention.evidence import OfCase, Scope
from retention.evidence.audit import AuditReport
from retention.evidence.note import Checkpoint
from retention.evidence.witnessing import Witnessed
from retention.model.canary import Canary, CanaryId
from retention.model.figure import Figure
from retention.model.ids import CaseId, PlanId
from retention.model.lineage import Lineage
from retention.ports.vaults import Epoch


class Proving:
    """The part of `App` that is about evidence."""

    context: Context

    def bundle(self, case_id: CaseId) -> bytes:
        """Return the bundle of one case; see `answers.bundle`."""
        return answers.bundle(self.context, OfCase(case_id))

    def bundle_about(self, scope: Scope, now: datetime | None = None) -> bytes:
        """See `answers.bundle`."""
        return answers.bundle(self.context, scope, now)

    def plant_canary(self, now: datetime) -> Canary:
        """See `canaries.plant`."""
        return canaries.plant(self.context, now)

    def erase_canary(self, canary_id: CanaryId, now: datetime) -> canaries.Sighting:
        """See `canaries.erase`."""
        return canaries.erase(self.context, canary_id, now)

    def check_canaries(self, now: datetime) -> canaries.Sighting:
        """See `canaries.check`."""
        return canaries.check(self.context, now)

    def known_canaries(self) -> tuple[canaries.Known, ...]:
        """See `canaries.listed`."""
        return canaries.listed(self.context)

    def ask_witnesses(self, now: datetime) -> Witnessed | None:
        """See `witnessing.ask_witnesses`."""
        return witnessing.ask_witnesses(self.context, now)

    def is_stamped(self) -> bool | None:
        """See `witnessing.is_stamped`."""
        return witnessing.is_stamped(self.context)

    def print_checkpoint(self, now: datetime) -> str:
        """See `witnessing.print_checkpoint`."""
        return witnessing.print_checkpoint(self.context, now)

    def certificate(self, case_id: CaseId, folder: Path) -> list[Path]:
        """See `answers.write_certificate`."""
        return answers.write_certificate(self.context, case_id, folder)

    def batch_certificates(self, plan_id: PlanId, folder: Path) -> int:
        """See `answers.write_certificates`."""
        return answers.write_certificates(self.context, self.context.ledger.plans.get(plan_id).case_id, folder)

    def publish(self, now: datetime) -> Checkpoint:
        """See `publishing.publish`."""
        return publishing.publish(self.context, now)

    def audit_log(self) -> AuditReport:
        """See `publishing.audit_log`."""
        return publishing.audit_log(self.context)

    def consistency(self, old: bytes, new: bytes | None) -> publishing.Consistency:
        """See `publishing.consistency`."""
        return publishing.consistency(self.context, old, new)

    def receipt(self, case_id: CaseId) -> bytes | None:
        """See `subjects.write_receipt`."""
        return subjects.write_receipt(self.context, case_id)

    def confirm(self, bundle: bytes, subject: str, vkey: str | None) -> tuple[Confirmation, ...]:
        """Ask the vault whether a bundle is about `KEY=VALUE`; see `subjects.confirm`."""
        return subjects.confirm(self.context, bundle, requests.parse_subject(self.context, subject), vkey)

    def epochs(self) -> tuple[Epoch, ...]:
        """Return the epochs of the vault of openings, oldest first."""
        return self.context.ledger.openings.epochs()

    def destroy_epoch(self, name: str, now: datetime) -> Epoch:
        """See `epochs.destroy_epoch`."""
        return epochs.destroy_epoch(self.context, name, now)

    def expire_evidence(self, now: datetime) -> Expired:
        """See `epochs.expire_evidence`."""
        return epochs.expire_evidence(self.context, now)

    def lineage_due(self) -> Iterator[Lineage]:
        """See `lineage.lineage_due`."""
        return lineage.lineage_due(self.context)

    def note_lineage(self, plan_id: PlanId, now: datetime) -> None:
        """See `lineage.note_lineage`."""
        lineage.note_lineage(self.context, plan_id, now)

    def figures(self, now: datetime) -> tuple[Figure, ...]:
        """See `figures.figures`."""
        return figures.figures(self.context, now)

    def audit_report(self, first: date, last: date, folder: Path, now: datetime) -> list[Path]:
        """See `auditing.write_report`."""
        return auditing.write_report(self.context, first, last, folder, now)
