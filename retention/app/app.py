"""Every use case by name: what the command line, the DAGs and the console call."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from retention.app import (
    applying,
    approvals,
    batches,
    contacts,
    drift,
    expecting,
    explaining,
    foresight,
    holds,
    inbox,
    joint_use,
    planned_once,
    requests,
    sealing,
    suspensions,
    sweeps,
    unfinished,
    verifying,
)
from retention.app.access import Access
from retention.app.agents import Agents
from retention.app.applying import ApplyReport
from retention.app.batches import BatchSummary
from retention.app.clients import Clients
from retention.app.context import Context
from retention.app.desk import Desk
from retention.app.doors import Doors
from retention.app.elsewhere import Elsewhere
from retention.app.letterbox import Letterbox
from retention.app.proving import Proving
from retention.app.questions import Questions
from retention.app.records import PlanSummary, stored
from retention.app.rescans import RescanReport
from retention.app.sealing import SealReport
from retention.app.showing import Showing
from retention.app.verifying import VerifyReport
from retention.app.viewing import Viewing
from retention.app.volumes import ByShard
from retention.execution.site import Watch, nobody
from retention.grammar import Finding
from retention.identity import Answer
from retention.model.case import Case
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, DatasetId, HoldId, PlanId, StepId
from retention.model.plan import Plan
from retention.model.policy import Policy
from retention.model.sharing import KeyAccess, PublishedNotice, SharedSet, TokenKey
from retention.planning.affected import Affected
from retention.planning.fates import Explanation
from retention.planning.forecast import Forecast
from retention.planning.resolving import Decision
from retention.policy import Change
from retention.policy.joint_notice import JointNotice
from retention.ports.connector import Connector
from retention.verification import MapLook


class App(ByShard, Desk, Doors, Elsewhere, Letterbox, Proving, Showing, Viewing):
    """The use cases over one workspace. Use it with `with`: it gives connections back."""

    def __init__(self, context: Context) -> None:
        """Made by `retention.wiring.open_app`."""
        self.context = context
        self.clients = Clients(context)
        self.access = Access(context)
        self.questions = Questions(context)
        self.agents = Agents(context)

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
        for queue in self.context.intake.queues.values():
            queue.close()
        self.context.ledger.close()

    def plan_sweep(self, now: datetime) -> PlanSummary | None:
        """See `sweeps.plan_sweep`."""
        return sweeps.plan_sweep(self.context, now)

    def plan_sweep_once(self, now: datetime) -> PlanSummary | None:
        """See `planned_once.plan_sweep_once`."""
        return planned_once.plan_sweep_once(self.context, now)

    def plan_request_once(self, case_id: CaseId, now: datetime) -> PlanSummary:
        """See `planned_once.plan_request_once`."""
        return planned_once.plan_request_once(self.context, case_id, now)

    def plan_batch_once(self, now: datetime) -> BatchSummary | None:
        """See `planned_once.plan_batch_once`."""
        return planned_once.plan_batch_once(self.context, now)

    def rescan_once(self, now: datetime) -> RescanReport:
        """See `planned_once.rescan_once`."""
        return planned_once.rescan_once(self.context, now)

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

    def open_lift(self, case_id: CaseId, reason: str, decider: str, now: datetime) -> Case:
        """See `suspensions.open_lift`."""
        return suspensions.open_lift(self.context, case_id, reason, decider, now)

    def plan_export(self, use: str, set_name: str, recipient: str, now: datetime) -> PlanSummary:
        """See `joint_use.plan_export`."""
        return joint_use.plan_export(self.context, use, set_name, recipient, now)

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

    def resolve(self, case_id: CaseId, answer: Answer, question: str, decider: str, now: datetime) -> tuple[int, bool]:
        """See `requests.resolve`."""
        return requests.resolve(self.context, case_id, Decision(question, answer), decider=decider, now=now)

    def plan_request(self, case_id: CaseId, now: datetime) -> PlanSummary:
        """See `requests.plan_request`."""
        return requests.plan_request(self.context, case_id, now)

    def plan_batch(self, now: datetime, at_most: int | None = None) -> BatchSummary | None:
        """See `batches.plan_waiting`."""
        return batches.plan_waiting(self.context, now, at_most)

    def plan_batch_again(self, batch: CaseId, now: datetime) -> BatchSummary:
        """See `batches.plan_again`."""
        return batches.plan_again(self.context, batch, now)

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

    def apply_steps(
        self, plan_id: PlanId, step_ids: Collection[StepId], now: datetime, watch: Watch = nobody
    ) -> ApplyReport:
        """Carry out the steps named; see `applying.apply`."""
        return applying.apply(self.context, plan_id, now, only=step_ids, watch=watch)

    def apply(self, plan_id: PlanId, now: datetime, watch: Watch = nobody) -> ApplyReport:
        """See `applying.apply`."""
        return applying.apply(self.context, plan_id, now, watch=watch)

    def verify(self, plan_id: PlanId, now: datetime) -> VerifyReport:
        """See `verifying.verify`."""
        return verifying.verify(self.context, plan_id, now)

    def seal(self, plan_id: PlanId, now: datetime) -> SealReport:
        """See `sealing.seal`."""
        return sealing.seal(self.context, plan_id, now)

    def seal_waiting(self, now: datetime) -> unfinished.SealedLater:
        """See `unfinished.seal_waiting`."""
        return unfinished.seal_waiting(self.context, now)

    def stopped(self, now: datetime) -> tuple[PlanId, ...]:
        """See `unfinished.stopped`."""
        return unfinished.stopped(self.context, now)

    def place_hold(self, subject: str, reason: str, now: datetime, hold_id: HoldId | None = None) -> PlacedHold:
        """Pause disposal for `KEY=VALUE`; see `holds.place_hold`."""
        return holds.place_hold(self.context, requests.parse_subject(self.context, subject), reason, now, hold_id)

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

    def contacts_to_verify(self, now: datetime) -> tuple[contacts.ToVerify, ...]:
        """See `contacts.contacts_to_verify`."""
        return contacts.contacts_to_verify(self.context, now)

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
