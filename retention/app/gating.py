"""The gate in front of a restored store: it is shut until nobody is in it who must not come back.

It fails closed: what could not be looked at counts as somebody. It changes nothing in the store.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from retention.app.context import Context
from retention.app.drift import unmapped
from retention.app.records import PlanSummary
from retention.app.restores import (
    FINISHED,
    RestoredStore,
    begin,
    close_untouched,
    find_store,
    keep,
    newest,
    plan_restore,
    unfinished,
    was_opened,
)
from retention.datamap import Finding, blinding, gone, harmless
from retention.errors import FoundError
from retention.model.case import Case, CaseState
from retention.model.ids import CaseId, DatasetId, PlanId, SystemId
from retention.model.plan import Plan, RowStep
from retention.model.restores import RestoreGated, RestoreLook, Verdict
from retention.planning.assemble import Header
from retention.planning.brought_back import Returned
from retention.planning.items import INSTRUCTION_SCOPE, REQUEST_SCOPE

_NEXT = {
    CaseState.PLANNED: "retention approve {plan} --digest {digest}",
    CaseState.APPROVED: "retention apply {plan}",
    CaseState.APPLYING: "retention apply {plan}",
    CaseState.PARTIAL: "retention apply {plan}",
    CaseState.APPLIED: "retention verify {plan}",
    CaseState.VERIFIED: "retention verify {plan}",
}


@dataclass(frozen=True, slots=True)
class GateReport:
    """What the gate saw, and says."""

    case_id: CaseId
    """The restore's case: its bundle holds the verdict."""
    system: SystemId
    verdict: Verdict
    suppressions: int
    found: int
    """People who must not come back and are there; with the gate open, those whom a hold or a law keeps."""
    looked_in: int
    missing: tuple[DatasetId, ...]
    findings: tuple[Finding, ...]
    """Why it is shut."""
    notes: tuple[Finding, ...]
    """What is missing in the store and hides nobody."""


def gate(context: Context, system: SystemId, now: datetime, taken_at: datetime | None = None) -> GateReport:
    """Say whether a restored store may open; the verdict is evidence.

    Raises:
        UnknownNameError: retention.yaml declares no such restored system.
        TransientFailure, TerminalFailure: it could not be looked at: it must not open.

    """
    store = find_store(context, system, now, taken_at)
    missing = gone(store.whole, store.absent)
    back, findings = Returned({}, frozenset(), 0), [*_unseen(context, store, now)]
    if len(missing) < len(store.whole.datasets):
        back, again = _again(context, store, now)
        findings += again
    findings += _unfinished(context, system)
    verdict = Verdict.SHUT if findings else Verdict.OPEN
    case = _case_of(context, system, verdict, now)
    fact = RestoreGated(
        system=system,
        verdict=verdict.value,
        suppressions=len(store.suppressed.scopes),
        found=back.people,
        looked_in=len(store.whole.datasets) - len(missing),
        missing=missing,
        findings=tuple(sorted({finding.code.lower().replace("_", "-") for finding in findings})),
    )
    people_of = back.people_of(store.suppressed)
    _state(context, case, fact, people_of, now)
    if verdict is Verdict.OPEN:
        close_untouched(context, case)
    elif case.state not in FINISHED:
        keep(context, case.case_id, store)
    context.log.publish()
    notes = harmless(store.whole, store.absent)
    return GateReport(
        case.case_id,
        system,
        verdict,
        fact.suppressions,
        fact.found,
        fact.looked_in,
        missing,
        tuple(findings),
        notes,
    )


def plan_gated(
    context: Context, system: SystemId, now: datetime, taken_at: datetime | None = None
) -> PlanSummary | None:
    """Ask the gate, and plan what keeps it shut; None if it is open.

    Raises:
        FoundError: it is shut, and by nothing that a plan could change.
        StateError: a plan is being carried out.

    """
    report = gate(context, system, now, taken_at)
    if report.verdict is Verdict.OPEN:
        return None
    plan = plan_restore(context, system, now, taken_at)
    if plan is None:
        raise _shut(report)
    return plan


def refuse_shut(context: Context, system: SystemId, now: datetime) -> GateReport:
    """Return if the gate is open.

    Raises:
        FoundError: it is shut; the message says why.

    """
    report = gate(context, system, now)
    if report.verdict is Verdict.SHUT:
        raise _shut(report)
    return report


def _shut(report: GateReport) -> FoundError:
    what = "; ".join(f"{finding.code} {finding.where}" for finding in report.findings)
    return FoundError(f"{report.system} must not open ({what})", hint="docs/restores.md says what to do about each")


def _unseen(context: Context, store: RestoredStore, now: datetime) -> Iterator[Finding]:
    """Yield behind what somebody could be whom nobody can see."""
    if len(gone(store.whole, store.absent)) == len(store.whole.datasets):
        text = "none of the mapped datasets is there; restore first, then look"
        yield Finding("NOTHING_RESTORED", store.system, text)
    if store.taken_at is None and any(each.lifted_at for each in context.ledger.copies.suppressions(now)):
        text = "people were let in again after an erasure: what the copy holds of them is old or new by its age"
        yield Finding("AGE_UNKNOWN", store.system, text, instead="say when it was taken: --taken")
    yield from unmapped(context, store.whole, store.live)
    yield from blinding(store.whole, store.absent)


def _again(context: Context, store: RestoredStore, now: datetime) -> tuple[Returned, list[Finding]]:
    """Look who is there and what would have to be done again."""
    nowhere = Header(PlanId("P-gate"), CaseId("C-gate"), secrets.token_bytes(32), "", context.limits)
    draft, back = store.drawn(context, nowhere, now)
    found = []
    if draft is not None:
        text = f"{back.people} people are back; {_told(draft.plan)}: retention plan restore {store.system}"
        found.append(Finding("NOT_REPLAYED", store.system, text))
    known = {REQUEST_SCOPE, *(rule.rule_id for rule in context.policy.rules)}
    for scope in back.unknown_scopes(known):
        if not scope.startswith(INSTRUCTION_SCOPE):
            text = "people are back who were disposed of under this rule, and the policy has it no more; restore it"
            found.append(Finding("UNKNOWN_RULE", scope, text))
    return back, found


def _told(plan: Plan) -> str:
    steps = [step for step in plan.steps if isinstance(step, RowStep)]
    return f"{len(steps)} steps on {sum(step.rows for step in steps)} rows are to be done again"


def _unfinished(context: Context, system: SystemId) -> Iterator[Finding]:
    """Yield what is still on the road: done is only what was looked at again."""
    case = unfinished(context, system)
    if case is None or case.state not in _NEXT:
        return
    newest_plan = context.ledger.plans.of_case(case.case_id)[0]
    command = _NEXT[case.state].format(plan=newest_plan.plan_id, digest=newest_plan.digest)
    yield Finding("UNFINISHED", case.case_id, f"{case.state.value}; next: {command}")


def _case_of(context: Context, system: SystemId, verdict: Verdict, now: datetime) -> Case:
    """Return the restore's case: what is open, what was just finished and waits for this word, or a new one."""
    case = newest(context, system)
    if case is not None and (case.state not in FINISHED or (verdict is Verdict.OPEN and not was_opened(context, case))):
        return case
    return begin(context, system, now)


def _state(context: Context, case: Case, fact: RestoreGated, people_of: Mapping[CaseId, int], now: datetime) -> None:
    """Put the verdict into the restore's bundle, and into those of the people who were ever found in it."""
    looks = context.ledger.restores.looks(fact.system)
    earlier = {each for look in looks if look.case_id == case.case_id for each in look.people_of}
    context.record(case.case_id, fact, now)
    for concerned in sorted({*people_of, *earlier}):
        context.record(concerned, replace(fact, found=people_of.get(concerned, 0)), now)
    look = RestoreLook(
        case_id=case.case_id,
        system=fact.system,
        looked_at=now,
        verdict=Verdict(fact.verdict),
        found=fact.found,
        findings=fact.findings,
        people_of=frozenset(people_of),
    )
    context.ledger.restores.add_look(look)
