"""Every use case by name: what the command line, the DAGs and the console call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import date, datetime
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from retention.app import (
    answers,
    applying,
    approvals,
    auditing,
    canaries,
    copies,
    drift,
    epochs,
    expecting,
    explaining,
    foresight,
    gating,
    holds,
    inbox,
    joint_use,
    keys,
    processing,
    publishing,
    readmitting,
    requests,
    rescans,
    restores,
    rewriting,
    sealing,
    subjects,
    suspensions,
    sweeps,
    verifying,
    witnessing,
)
from retention.app import suppressed as suppression
from retention.app.applying import ApplyReport
from retention.app.clients import Clients
from retention.app.context import Context
from retention.app.copies import FollowUp, Survey
from retention.app.epochs import Expired
from retention.app.records import PlanSummary, stored
from retention.app.sealing import SealReport
from retention.app.subjects import Confirmation
from retention.app.verifying import VerifyReport
from retention.evidence import OfCase, Scope
from retention.evidence.audit import AuditReport
from retention.evidence.note import Checkpoint
from retention.evidence.witnessing import Witnessed
from retention.execution.run import Watch
from retention.grammar import Finding
from retention.identity import Answer
from retention.model.canary import Canary, CanaryId
from retention.model.case import Case
from retention.model.copies import PlacedOrder, UseTests
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, CopyId, DatasetId, HoldId, OrderId, PlanId, StepId, SystemId
from retention.model.plan import Plan
from retention.model.policy import Policy
from retention.model.restores import RestoreLook
from retention.model.sharing import KeyAccess, PublishedNotice, SharedSet, TokenKey
from retention.model.subject_keys import KeyEpoch, KeysShown
from retention.model.terms import Right
from retention.planning.affected import Affected
from retention.planning.fates import Explanation
from retention.planning.forecast import Forecast
from retention.planning.resolving import Decision
from retention.policy import Change
from retention.policy.joint_notice import JointNotice
from retention.ports.connector import Connector
from retention.ports.vaults import Epoch
from retention.verification import MapLook


class App:
    """The use cases over one workspace. Use it with `with`: it gives connections back."""

    def __init__(self, context: Context) -> None:
        """Made by `retention.wiring.open_app`."""
        self.context = context
        self.clients = Clients(context)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Give connections back."""
        self.close()

    def close(self) -> None:
        """Give connections back."""
        connectors: list[Connector] = [*self.context.stores.values(), *self.context.copies.values()]
        for connector in [*connectors, *self.context.processors.values()]:
            connector.close()
        for system in self.context.subject_keys.values():
            system.close()
        self.context.ledger.close()

    def plan_sweep(self, now: datetime) -> PlanSummary | None:
        """See `sweeps.plan_sweep`."""
        return sweeps.plan_sweep(self.context, now)

    def explain(self, subject: str, now: datetime) -> Explanation:
        """Say of `KEY=VALUE` what is kept, why and until when; see `explaining.explain_subject`."""
        return explaining.explain_subject(self.context, requests.parse_subject(self.context, subject), now)

    def forecast(self, days: int, now: datetime) -> Forecast:
        """See `foresight.foresee`."""
        return foresight.foresee(self.context, days, now)

    def count_affected(
        self, changes: Iterable[Change], old: Policy, new: Policy, now: datetime
    ) -> tuple[Affected, ...]:
        """See `foresight.count_affected`."""
        return foresight.count_affected(self.context, changes, old, new, now)

    def open_request(
        self, subject: str, channel: str, now: datetime, regime: str | None = None, *, right: Right = Right.ERASURE
    ) -> Case:
        """Open a case for `KEY=VALUE`; see `requests.open_request`."""
        person = requests.parse_subject(self.context, subject)
        return requests.open_request(self.context, person, channel, now, regime, right=right)

    def open_lift(self, case_id: CaseId, reason: str, decider: str, now: datetime) -> Case:
        """See `suspensions.open_lift`."""
        return suspensions.open_lift(self.context, case_id, reason, decider, now)

    def plan_export(self, use: str, set_name: str, recipient: str, now: datetime) -> PlanSummary:
        """See `joint_use.plan_export`."""
        return joint_use.plan_export(self.context, use, set_name, recipient, now)

    def subject_keys(self) -> tuple[KeysShown, ...]:
        """See `keys.show`."""
        return keys.show(self.context)

    def rotate_keys(self, system: SystemId, now: datetime, *, only_due: bool) -> tuple[KeyEpoch, ...]:
        """See `keys.rotate`."""
        return keys.rotate(self.context, system, now, only_due=only_due)

    def plan_statistics(self, name: str, now: datetime) -> PlanSummary:
        """See `joint_use.plan_statistics`."""
        return joint_use.plan_statistics(self.context, name, now)

    def plan_withdrawals(self, now: datetime) -> PlanSummary | None:
        """See `joint_use.plan_withdrawals`."""
        return joint_use.plan_withdrawals(self.context, now)

    def open_instructed(self, subject: str, tenant: str, instruction_id: str, now: datetime) -> Case:
        """Open a case on a tenant's instruction; see `requests.open_instructed`."""
        person = requests.parse_subject(self.context, subject)
        client = requests.parse_subject(self.context, tenant, or_tenant=True)
        return requests.open_instructed(self.context, person, client, instruction_id, now)

    def identify(self, case_id: CaseId, document: str, now: datetime) -> Case:
        """See `requests.identify`."""
        return requests.identify(self.context, case_id, document, now)

    def accept(self, case_id: CaseId, now: datetime) -> Case:
        """See `requests.accept`."""
        return requests.accept(self.context, case_id, now)

    def deny(self, case_id: CaseId, reason: str, now: datetime) -> Case:
        """See `requests.deny`."""
        return requests.deny(self.context, case_id, reason, now)

    def resolve(self, case_id: CaseId, answer: Answer, question: str, decider: str, now: datetime) -> tuple[int, bool]:
        """See `requests.resolve`."""
        return requests.resolve(self.context, case_id, Decision(question, answer), decider=decider, now=now)

    def plan_request(self, case_id: CaseId, now: datetime) -> PlanSummary:
        """See `requests.plan_request`."""
        return requests.plan_request(self.context, case_id, now)

    def plan_restore(self, system: SystemId, now: datetime, taken_at: datetime | None = None) -> PlanSummary | None:
        """See `restores.plan_restore`."""
        return restores.plan_restore(self.context, system, now, taken_at)

    def restore_gate(self, system: SystemId, now: datetime, taken_at: datetime | None = None) -> gating.GateReport:
        """See `gating.gate`."""
        return gating.gate(self.context, system, now, taken_at)

    def plan_rewrites(self, part: SystemId, now: datetime) -> tuple[rewriting.Rewrite, ...]:
        """See `rewriting.plan_rewrites`."""
        return rewriting.plan_rewrites(self.context, part, now)

    def plan_gated(self, system: SystemId, now: datetime, taken_at: datetime | None = None) -> PlanSummary | None:
        """See `gating.plan_gated`."""
        return gating.plan_gated(self.context, system, now, taken_at)

    def refuse_shut(self, system: SystemId, now: datetime) -> gating.GateReport:
        """See `gating.refuse_shut`."""
        return gating.refuse_shut(self.context, system, now)

    def restores(self) -> tuple[RestoreLook, ...]:
        """Return what the gate said of restored stores, oldest first."""
        return self.context.ledger.restores.looks()

    def publish_notice(self, use: str, address: str, now: datetime) -> PublishedNotice:
        """See `joint_use.publish_notice`."""
        return joint_use.publish_notice(self.context, use, address, now)

    def joint_uses(self, now: datetime) -> tuple[joint_use.Register, ...]:
        """See `joint_use.register`."""
        return joint_use.register(self.context, now)

    def notices(self, use: str, now: datetime) -> tuple[JointNotice, ...]:
        """See `joint_use.notices`."""
        return joint_use.notices(self.context, use, now)

    def write_notices(self, use: str, folder: Path, now: datetime) -> list[Path]:
        """See `joint_use.write_notices`."""
        return joint_use.write_notices(self.context, use, folder, now)

    def shared_sets(self) -> tuple[SharedSet, ...]:
        """Return every set that was handed over, oldest first."""
        return self.context.ledger.sharing.sets()

    def token_keys(self) -> tuple[TokenKey, ...]:
        """Return what is known of every token key: the deletion information of Enforcement Rules 32."""
        return self.context.ledger.sharing.token_keys()

    def key_accesses(self) -> tuple[KeyAccess, ...]:
        """Return who took token keys out, when and for what."""
        return self.context.ledger.sharing.accesses()

    def note_leak(self, key_name: str, now: datetime) -> TokenKey:
        """See `joint_use.note_leak`."""
        return joint_use.note_leak(self.context, key_name, now)

    def plan(self, plan_id: PlanId) -> tuple[Plan, str]:
        """Return the plan and its digest."""
        kept, plan = stored(self.context, plan_id)
        return plan, kept.digest

    def approve(self, plan_id: PlanId, digest: str, approver: str, now: datetime) -> Case:
        """See `approvals.approve`."""
        return approvals.approve(self.context, plan_id, digest, approver, now)

    def reject(self, plan_id: PlanId, approver: str, reason: str, now: datetime) -> Case:
        """See `approvals.reject`."""
        return approvals.reject(self.context, plan_id, approver, reason, now)

    def approval_state(self, plan_id: PlanId) -> Literal["waiting", "approved", "rejected"]:
        """See `approvals.approval_state`."""
        return approvals.approval_state(self.context, plan_id)

    def step_groups(self, plan_id: PlanId) -> list[list[str]]:
        """See `applying.step_groups`."""
        return applying.step_groups(self.context, plan_id)

    def apply_steps(self, plan_id: PlanId, step_ids: Collection[StepId], now: datetime) -> ApplyReport:
        """Carry out the steps named; see `applying.apply`."""
        return applying.apply(self.context, plan_id, now, only=step_ids)

    def apply(self, plan_id: PlanId, now: datetime, watch: Watch | None = None) -> ApplyReport:
        """See `applying.apply`."""
        return applying.apply(self.context, plan_id, now, watch=watch)

    def verify(self, plan_id: PlanId, now: datetime) -> VerifyReport:
        """See `verifying.verify`."""
        return verifying.verify(self.context, plan_id, now)

    def seal(self, plan_id: PlanId, now: datetime) -> SealReport:
        """See `sealing.seal`."""
        return sealing.seal(self.context, plan_id, now)

    def follow_up(self, now: datetime) -> FollowUp:
        """See `sealing.follow_up`."""
        return sealing.follow_up(self.context, now)

    def survey_copies(self) -> Survey:
        """See `copies.survey`."""
        return copies.survey(self.context)

    def copies(self, now: datetime, case_id: CaseId | None = None) -> tuple[copies.Line, ...]:
        """See `copies.table`."""
        return copies.table(self.context, now, case_id)

    def hold_copy(self, copy_id: CopyId, hold_id: HoldId, now: datetime) -> None:
        """Keep a copy (`SYSTEM/NAME`) under a placed hold; see `copies.hold_copy`."""
        copies.hold_copy(self.context, SystemId(copy_id.partition("/")[0]), copy_id, hold_id, now)

    def attest_use(self, tests: UseTests) -> None:
        """See `copies.attest`."""
        copies.attest(self.context, tests)

    def tasks(self, now: datetime) -> tuple[processing.Task, ...]:
        """See `processing.tasks`."""
        return processing.tasks(self.context, now)

    def remind_processors(self, now: datetime) -> tuple[processing.Followed, ...]:
        """See `processing.follow_up`."""
        return processing.follow_up(self.context, now)

    def accept_answer(self, order_id: OrderId, decider: str, now: datetime) -> PlacedOrder:
        """See `processing.accept`."""
        return processing.accept(self.context, order_id, decider, now)

    def acknowledge(
        self, token: str, said: Literal["done", "partial", "refused"], reason: str | None, now: datetime
    ) -> PlacedOrder:
        """See `processing.acknowledge`."""
        return processing.acknowledge(self.context, token, said, reason, now)

    def check_processors(self, now: datetime, *, only: str | None, call: bool) -> processing.Checked:
        """See `processing.check`; with `call`, harmless calls are sent."""
        today = now.astimezone(self.context.zone).date()
        return processing.check(self.context, today, only=only, now=now if call else None)

    def rescan(self, now: datetime, case_id: CaseId | None = None) -> rescans.RescanReport:
        """See `rescans.rescan`."""
        return rescans.rescan(self.context, now, case_id)

    def readmit(self, subject: str, reason: readmitting.Reason, decider: str, now: datetime) -> int:
        """Let `KEY=VALUE` come back; see `readmitting.readmit`."""
        key = requests.parse_subject(self.context, subject, or_tenant=True)
        return readmitting.readmit(self.context, key, reason, decider, now)

    def suppressed(self, subject: str, now: datetime, arrival: suppression.Arrival | None = None) -> bool:
        """Say whether data of `KEY=VALUE` must not come in; see `suppressed.is_suppressed`."""
        key = requests.parse_subject(self.context, subject, or_tenant=True)
        return suppression.is_suppressed(self.context, key, now, arrival)

    def which_suppressed(
        self, lines: Iterable[str], now: datetime, arrival: suppression.Arrival | None = None
    ) -> Iterator[int]:
        """Yield the numbers (from 0) of lines KEY=VALUE whose data must not come in."""
        read = partial(requests.parse_subject, self.context, or_tenant=True)
        return suppression.which_suppressed(self.context, suppression.read_keys(lines, read), now, arrival)

    def place_hold(self, subject: str, reason: str, now: datetime) -> PlacedHold:
        """Pause disposal for `KEY=VALUE`; see `holds.place_hold`."""
        return holds.place_hold(self.context, requests.parse_subject(self.context, subject), reason, now)

    def release_hold(self, hold_id: HoldId, now: datetime) -> PlacedHold:
        """See `holds.release_hold`."""
        return holds.release_hold(self.context, hold_id, now)

    def record_event(
        self,
        subject: str,
        kind: str,
        *,
        event_id: str,
        occurred_at: datetime,
        now: datetime,
        about: str | None = None,
        source: str | None = None,
    ) -> bool:
        """Take one event about `KEY=VALUE`; see `inbox.record_event`."""
        key = requests.parse_subject(self.context, subject, or_tenant=True)
        return inbox.record_event(
            self.context, key, kind, event_id=event_id, occurred_at=occurred_at, now=now, about=about, source=source
        )

    def import_events(
        self, lines: Iterable[str], label: str, now: datetime, source: str | None = None
    ) -> inbox.Imported:
        """See `inbox.import_events`."""
        return inbox.import_events(self.context, lines, label, now, source)

    def check_datamap(self) -> tuple[Finding, ...]:
        """See `drift.check_datamap`."""
        return drift.check_datamap(self.context)

    def expect_map(self, now: datetime, plan_id: PlanId | None = None) -> Mapping[DatasetId, MapLook]:
        """See `expecting.expect_map`."""
        return expecting.expect_map(self.context, now, plan_id)

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

    def audit_report(self, first: date, last: date, folder: Path, now: datetime) -> list[Path]:
        """See `auditing.write_report`."""
        return auditing.write_report(self.context, first, last, folder, now)
