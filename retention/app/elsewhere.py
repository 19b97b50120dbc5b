"""Use cases about data outside the live rows: copies, restores, processors, keys, and what comes back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from functools import partial
from typing import Literal

from retention.app import (
    copies,
    correcting,
    gating,
    keys,
    media,
    overuse,
    processing,
    readmitting,
    recipient_letters,
    requests,
    rescans,
    restores,
    rewriting,
    sealing,
    using,
)
from retention.app import suppressed as suppression
from retention.app.context import Context
from retention.app.copies import FollowUp, Survey
from retention.app.records import PlanSummary
from retention.model.copies import PlacedOrder, UseTests
from retention.model.ids import CaseId, CopyId, HoldId, OrderId, SystemId
from retention.model.media import MediaSanitized
from retention.model.restores import RestoreLook
from retention.model.subject_keys import KeyEpoch, KeysShown
from retention.planning.gate import Bar


class Elsewhere:
    """The part of `App` that is about copies, restored stores, processors, keys and what comes back."""

    context: Context

    def subject_keys(self) -> tuple[KeysShown, ...]:
        """See `keys.show`."""
        return keys.show(self.context)

    def rotate_keys(self, system: SystemId, now: datetime, *, only_due: bool) -> tuple[KeyEpoch, ...]:
        """See `keys.rotate`."""
        return keys.rotate(self.context, system, now, only_due=only_due)

    def rotate_due_keys(self, now: datetime) -> Mapping[SystemId, tuple[KeyEpoch, ...]]:
        """See `keys.rotate_due`."""
        return keys.rotate_due(self.context, now)

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
        """See `processing.follow_up`; what people put right themselves comes first (`correcting`)."""
        correcting.follow_corrections(self.context, now)
        return processing.follow_up(self.context, now)

    def accept_answer(self, order_id: OrderId, decider: str, now: datetime) -> PlacedOrder:
        """See `processing.accept`."""
        return processing.accept(self.context, order_id, decider, now)

    def acknowledge(
        self, token: str, said: Literal["done", "partial", "refused"], reason: str | None, now: datetime
    ) -> PlacedOrder:
        """See `processing.acknowledge`."""
        return processing.acknowledge(self.context, token, said, reason, now)

    def acknowledge_own(
        self,
        order_id: OrderId,
        processor: SystemId,
        said: Literal["done", "partial", "refused"],
        reason: str | None,
        now: datetime,
    ) -> PlacedOrder:
        """See `processing.acknowledge_own`."""
        return processing.acknowledge_own(self.context, order_id, processor, said, reason, now=now)

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

    def recipient_letters(self, case_id: CaseId | None, now: datetime) -> tuple[recipient_letters.Post, ...]:
        """See `recipient_letters.letters`; what people put right themselves counts (`correcting`)."""
        correcting.follow_corrections(self.context, now)
        return recipient_letters.letters(self.context, case_id, now)

    def told(self, case_id: CaseId, recipient: str, by: str, now: datetime) -> PlacedOrder:
        """See `recipient_letters.told`."""
        return recipient_letters.told(self.context, case_id, recipient, by, now)

    def use(self, wanted: using.Use, lines: Iterable[str] | None, now: datetime) -> list[int]:
        """Return the numbers (from 1) of lines KEY=VALUE whose data must not be used so; see `using.left_out`."""
        read = partial(requests.parse_subject, self.context)
        keys = None if lines is None else suppression.read_keys(lines, read)
        return [place + 1 for place in using.left_out(self.context, wanted, keys, now)]

    def note_use(self, wanted: using.Use, lines: Iterable[str], now: datetime) -> tuple[tuple[Bar, ...], int]:
        """Keep a use that happened, if it went beyond the purpose; see `overuse.note_use`."""
        keys = suppression.read_keys(lines, partial(requests.parse_subject, self.context))
        return overuse.note_use(self.context, wanted, keys, now)

    def record_media(self, case_id: CaseId, told: media.Sanitization, now: datetime) -> MediaSanitized:
        """See `media.record_media`."""
        return media.record_media(self.context, case_id, told, now)
