"""Looking again some days after a case was completed: is anybody back, and where from?

One pass over the key columns for all cases that are due. Whoever is back goes the one road again: in a
return case, because the first case's key is shredded. The first case is RETURNED until that is sealed.
Every write here may be the last before a crash: run again, and the rounds that are still due say what is missing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from retention.app.context import Context
from retention.app.records import PlanSummary, move, stored
from retention.app.returns import Back, existing, found_in, keep_again, look, note_readmitted, plan_again
from retention.clocks import advance
from retention.errors import StateError
from retention.execution.elsewhere import MARGIN
from retention.model.case import CaseState
from retention.model.horizons import latest
from retention.model.ids import CaseId
from retention.model.period import Period
from retention.model.plan import RowStep
from retention.model.rescan import FoundIn, Rescanned, Round, Seen

ASKED = "asked"
"""The name of a round that a person asked for."""
_COMPLETED = (CaseState.SEALED, CaseState.CLOSED, CaseState.RETURNED)


@dataclass(frozen=True, slots=True)
class Look:
    """What one round saw."""

    case_id: CaseId
    round: str
    seen: Seen
    late: bool
    found_in: tuple[FoundIn, ...]
    return_case: CaseId | None


@dataclass(frozen=True, slots=True)
class RescanReport:
    """What a re-scan saw."""

    looks: tuple[Look, ...]
    plans: tuple[PlanSummary, ...]
    """To be approved: what erases again what came back."""
    readmitted: int
    """Keys of people who came back as they may."""

    @property
    def is_finding(self) -> bool:
        """Whether somebody is back who should not be, or it was looked too late."""
        return any(look.late or look.seen is Seen.RETURNED for look in self.looks)


def schedule(context: Context, case_id: CaseId, now: datetime, members: Sequence[CaseId] = ()) -> None:
    """Note when the case is to be looked at again, and keep until then what its people are known by.

    A case that names nobody (rows by date, joint use, a restore) has nobody to look for. Of a batch it is the
    `members` that are looked at again, all or none of them noted.
    """
    looked_at = members or [case_id]
    if not context.ledger.rescans.of_case(looked_at[0]):
        _plan_rounds(context, case_id, now, looked_at)


def _plan_rounds(context: Context, case_id: CaseId, now: datetime, cases: Sequence[CaseId]) -> None:
    named = sorted({entry.case_id for entry in context.ledger.copies.suppressions_of(cases)})
    if not named:
        return
    due = {str(after): _moved(context, now, after) for after in context.rescans.after}
    last = max(due.values(), default=now)
    context.ledger.copies.prolong_suppressions(case_id, _moved(context, last, context.rescans.late_after) + MARGIN)
    context.ledger.rescans.schedule(Round(each, name, at) for each in named for name, at in due.items())


def rescan(context: Context, now: datetime, case_id: CaseId | None = None) -> RescanReport:
    """Look at every case that is due, or at one, due or not; plan what must go again.

    Raises:
        UnknownNameError: there is no such case.
        StateError: the case is not completed, or nobody can be looked for any more.

    """
    rounds = _due(context, now) if case_id is None else _asked(context, case_id, now)
    if not rounds:
        return RescanReport((), (), 0)
    _finish_settling(context, rounds, now)
    world = context.world(context.datamap, now)
    back = look(context, world, {each.case_id for each in rounds}, now)
    readmissions = note_readmitted(context, back, now)
    known = back.keys_of_cases()
    looks: list[Look] = []
    plans: list[PlanSummary] = []
    for return_case, group in _by_return_case(context, rounds).items():
        cases = {each.case_id for each in group}
        again = plan_again(context, world, back, cases, return_case, anew=case_id is not None)
        findings = dict.fromkeys(cases, _Finding())
        if again is not None:
            places = {case: found_in(context, world, again, back, case) for case in cases}
            findings |= {case: _Finding(found, again.case_id) for case, found in places.items() if found}
        if again is not None and any(finding.places for finding in findings.values()):
            for each in group:  # a repeat after a crash goes on with the same return case
                context.ledger.rescans.write(replace(each, return_case=again.case_id))
            plans += filter(None, [keep_again(context, again, now)])
        looks += [
            _note(context, each, findings[each.case_id], back, keys=known.get(each.case_id, 0), now=now)
            for each in group
        ]
    context.log.publish()
    return RescanReport(tuple(looks), tuple(plans), readmissions)


@dataclass(frozen=True, slots=True)
class _Finding:
    """Of one round: where its people are, and which case erases that; nowhere, and none."""

    places: tuple[FoundIn, ...] = ()
    return_case: CaseId | None = None


def _note(context: Context, each: Round, finding: _Finding, back: Back, *, keys: int, now: datetime) -> Look:
    """State what a round saw of so many keys, move its case, and only then count the round as done."""
    seen = Seen.RETURNED if finding.places else Seen.CLEAN
    late = _is_late(context, each, now)
    fact = Rescanned(
        round=each.name,
        due_at=each.due_at,
        state=seen.value,
        late=late,
        looked_in=back.looked_in,
        keys=keys,
        found=len(back.of(each.case_id)) if finding.places else 0,
        found_in=finding.places,
        return_case=finding.return_case,
    )
    context.record(each.case_id, fact, now)
    if finding.places:
        move(context, each.case_id, CaseState.RETURNED)
    context.ledger.rescans.write(replace(each, seen=seen, looked_at=now, return_case=finding.return_case))
    return Look(each.case_id, each.name, seen, late, finding.places, finding.return_case)


def _due(context: Context, now: datetime) -> tuple[Round, ...]:
    return context.ledger.rescans.due(now)


def _asked(context: Context, case_id: CaseId, now: datetime) -> tuple[Round, ...]:
    """Return the case's rounds that are due, or a round of its own."""
    case = context.ledger.cases.get(case_id)
    if case.state not in _COMPLETED:
        raise StateError(f"{case_id} is {case.state.value}; only a completed case is looked at again")
    if not any(True for _ in context.ledger.copies.suppressions_of([case_id])):
        raise StateError(
            f"nobody of {case_id} can be looked for",
            hint="it named nobody, or no copy can hold its people any more and their digests are gone",
        )
    due = tuple(each for each in _due(context, now) if each.case_id == case_id)
    return due or (Round(case_id, ASKED, now),)


def _by_return_case(context: Context, rounds: Iterable[Round]) -> dict[CaseId | None, list[Round]]:
    """Return rounds by the return case that is under way for their case; None: by none."""
    found: dict[CaseId | None, list[Round]] = defaultdict(list)
    for each in rounds:
        found[_under_way(context, each)].append(each)
    return found


def _under_way(context: Context, each: Round) -> CaseId | None:
    if each.return_case is not None:
        return each.return_case
    others = context.ledger.rescans.of_case(each.case_id)
    return next((other.return_case for other in others if other.seen is Seen.RETURNED), None)


def settle(context: Context, return_case: CaseId, now: datetime) -> tuple[CaseId, ...]:
    """Note that a sealed return case has erased what had come back; return the cases that are done again.

    They are looked at anew after a week and a month, and suppressed for as long as a copy taken meanwhile lives.
    """
    rounds = context.ledger.rescans.settled_by(return_case)
    until = latest([now, *(horizon.until for horizon in context.ledger.copies.horizons(return_case))])
    for each in rounds:
        if each.seen is Seen.RETURNED:
            context.record(each.case_id, _erased(context, each, return_case), now)
            context.ledger.copies.prolong_suppressions(each.case_id, None if until is None else until + MARGIN)
            _plan_rounds(context, each.case_id, now, [each.case_id])
            context.ledger.rescans.write(replace(each, seen=Seen.ERASED))
    settled = tuple(dict.fromkeys(each.case_id for each in rounds if each.seen is not None))
    for case_id in settled:
        still = any(each.seen is Seen.RETURNED for each in context.ledger.rescans.of_case(case_id))
        if context.ledger.cases.get(case_id).state is CaseState.RETURNED and not still:
            move(context, case_id, CaseState.SEALED)
    return settled


def _finish_settling(context: Context, rounds: Iterable[Round], now: datetime) -> None:
    """Settle what a process that died right after sealing a return case has left."""
    for return_case in {_under_way(context, each) for each in rounds} - {None}:
        known = return_case and existing(context, return_case)
        if known and known.state in (CaseState.SEALED, CaseState.CLOSED):
            settle(context, known.case_id, now)


def _erased(context: Context, each: Round, return_case: CaseId) -> Rescanned:
    plan = stored(context, context.ledger.plans.of_case(return_case)[0].plan_id)[1]
    suppressions = context.ledger.copies.suppressions_of([each.case_id])
    return Rescanned(
        round=each.name,
        due_at=each.due_at,
        state=Seen.ERASED.value,
        late=_is_late(context, each, each.looked_at or each.due_at),
        looked_in=len({step.dataset for step in plan.steps if isinstance(step, RowStep)}),
        keys=len({(entry.key_name, entry.digest) for entry in suppressions}),
        found=0,
        found_in=(),
        return_case=return_case,
    )


def _is_late(context: Context, each: Round, looked_at: datetime) -> bool:
    return looked_at > _moved(context, each.due_at, context.rescans.late_after)


def _moved(context: Context, at: datetime, period: Period) -> datetime:
    """Return the same time of day in the policy's zone, a period later."""
    local = at.astimezone(context.zone)
    return datetime.combine(advance(local.date(), period), local.time(), context.zone)
