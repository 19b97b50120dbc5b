"""All steps of an approved plan, in order.

Before the first step on rows, and only then, the counts are compared with those the plan was approved
for (`refuse_stale`). A world that changed makes a new plan. When a later process resumes, the
counts have changed because of us, and the journal says where we are.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from retention.errors import StalePlanError, SystemFailure, TerminalFailure, TransientFailure
from retention.evidence import column_name
from retention.execution.disclosing import disclose
from retention.execution.elsewhere import expire, suppressions
from retention.execution.lines import Lines
from retention.execution.processors import awaited, tell
from retention.execution.rows import carry_out, intend
from retention.execution.shards import so_far
from retention.execution.sharing import share
from retention.execution.shredding import shred
from retention.execution.site import Site
from retention.execution.suspending import note_suspensions
from retention.model.disclosure import DeliverExport, DiscloseRows, DisclosureStep
from retention.model.facts import Kept
from retention.model.hold import Deferred
from retention.model.horizons import latest
from retention.model.ids import StepId
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.outcome import Failed, Outcome, Pending
from retention.model.plan import (
    AnonymizeRows,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    LiftRows,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    RowStep,
    SharingStep,
    Step,
    SuspendRows,
    TellProcessor,
    WithdrawSet,
)
from retention.model.subject import SubjectKey
from retention.ports.ledger import Phase


@dataclass(frozen=True, slots=True)
class RunReport:
    """What became of the steps that were tried."""

    outcomes: Mapping[StepId, Outcome]

    @property
    def failures(self) -> dict[StepId, Failed]:
        """The steps that could not be done."""
        return {step: outcome for step, outcome in self.outcomes.items() if isinstance(outcome, Failed)}

    @property
    def pending(self) -> dict[StepId, Pending]:
        """The steps that finish elsewhere."""
        return {step: outcome for step, outcome in self.outcomes.items() if isinstance(outcome, Pending)}


def refuse_stale(site: Site, now: datetime) -> None:
    """Refuse a plan that no longer fits the stores.

    Raises:
        StalePlanError: a step would touch another number of rows than the one approved.
        TransientFailure, TerminalFailure: from a store; one that is final stands in the journal.

    """
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    steps = [step for step in site.plan.steps if isinstance(step, RowStep | ExportSet)]
    if any(lines.find(step.step_id, Phase.INTENT) for step in steps):
        return
    for step in steps:
        rows = _counted(site, lines, step, now)
        if rows != step.rows:
            raise StalePlanError(
                f"step {step.step_id} was approved for {step.rows} rows and would now touch {rows}",
                hint="nothing was touched; make a new plan and have it approved",
            )


def _counted(site: Site, lines: Lines, step: RowStep | ExportSet, now: datetime) -> int:
    dataset = site.dataset(step)
    try:
        return site.store(dataset).finder().count(dataset, site.selection(step))
    except TerminalFailure as failure:
        lines.write(step.step_id, Phase.FAILED, now, {"code": failure.code, "message": failure.message})
        raise


def run(site: Site, now: datetime, only: Collection[StepId] | None = None) -> RunReport:
    """Carry out the plan's steps, or those named; stop at the first on rows or sets that fails or must wait."""
    lines = Lines(site.ledger.journal, site.plan.plan_id)
    _before_the_first(site, now)
    outcomes: dict[StepId, Outcome] = {}
    for step in site.plan.steps:
        if only is not None and step.step_id not in only:
            continue
        if isinstance(step, RowStep) and (pending := awaited(site, lines, step.dataset, now)):
            outcomes[step.step_id] = pending
            break
        site.watch(step.step_id, so_far(site.volumes, lines))
        outcomes[step.step_id] = _attempt(site, lines, step, now)
        if isinstance(outcomes[step.step_id], Failed) and isinstance(step, RowStep | SharingStep | DisclosureStep):
            break
    return RunReport(outcomes)


def begin(site: Site, step_id: StepId, now: datetime) -> None:
    """Note that a step on rows is about to be carried out, and what is there before: its shards may follow."""
    step = next(step for step in site.plan.steps if step.step_id == step_id)
    assert isinstance(step, RowStep)  # noqa: S101 -- narrows the type; nothing else is cut into shards
    _before_the_first(site, now)
    intend(site, Lines(site.ledger.journal, site.plan.plan_id), step, now)


def _before_the_first(site: Site, now: datetime) -> None:
    """Say who must not come back, and what is kept, before anything is erased.

    Should the process die after erasing, a backup restored meanwhile is still caught.
    """
    expiries = [end for step in site.plan.steps for end in _ends(step)]
    site.ledger.copies.suppress(suppressions(site, now, latest([now, *expiries])))
    site.ledger.holds.defer(_deferred(site, now))
    note_suspensions(site, now)
    for kept in site.plan.withheld:
        fact = Kept(
            plan_digest=site.digest,
            dataset=kept.dataset,
            fields=tuple(map(column_name, kept.fields)),
            rows=kept.rows,
            hold_id=kept.hold_id,
            statute=kept.statute,
            until=kept.until,
        )
        site.record(fact, site.plan.made_at)


def _ends(step: Step) -> Iterator[datetime | None]:
    """Yield when the last of the copies goes that the step is about, if there are any; None if nobody can say."""
    if isinstance(step, ExpireCopies) and step.copies:
        yield step.until
    if isinstance(step, LeaveUnreadable) and step.copies:
        yield step.expires_at


def _deferred(site: Site, now: datetime) -> Iterator[Deferred]:
    """Yield the rows that are to go when their hold ends, each by a keyed digest of its primary key."""
    for deferral in site.plan.deferrals:
        for key in site.keys[deferral.rows.keyset_id]:
            digest = site.suppression_digest(SubjectKey(deferral.dataset, key))
            yield Deferred(deferral.dataset, deferral.hold_id, digest, site.plan.case_id, now)


def _attempt(site: Site, lines: Lines, step: Step, now: datetime) -> Outcome:
    try:
        return _carry_out(site, lines, step, now)
    except SystemFailure as failure:
        failed = Failed(failure.code, transient=isinstance(failure, TransientFailure))
        lines.write(step.step_id, Phase.FAILED, now, {"code": failed.code, "message": failure.message})
        return failed


def _carry_out(site: Site, lines: Lines, step: Step, now: datetime) -> Outcome:
    match step:
        case EraseRows() | RedactFields() | AnonymizeRows() | PseudonymizeRows() | SuspendRows() | LiftRows():
            return carry_out(site, lines, step, now)
        case TellProcessor():
            return tell(site, lines, step, now)
        case ExpireCopies():
            return expire(site, lines, step, now)
        case ShredKeys() | LeaveUnreadable():
            return shred(site, lines, step, now)
        case ExportSet() | ForgetInSet() | WithdrawSet() | PublishCounts() | DestroyTokenKey():
            return share(site, lines, step, now)
        case DiscloseRows() | DeliverExport():
            return disclose(site, lines, step, now)
        case _:
            assert_never(step)
