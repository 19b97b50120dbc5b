"""Follow the copies of erased data until the last is proven gone, and say what is wrong with them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from retention.app.context import Context
from retention.app.records import carried_by, move
from retention.errors import StateError, SystemFailure, UnknownNameError
from retention.execution.elsewhere import MARGIN, answered, horizon_of, remains
from retention.execution.shredding import epoch_of
from retention.model.case import Case, CaseState
from retention.model.copies import Copy, CopyFinding, CopyHold, Fault, Horizon, Registered, UseTests, Why
from retention.model.facts import Expired
from retention.model.horizons import day, is_later, latest
from retention.model.ids import CaseId, CopyId, HoldId, SystemId

_LOCKED = frozenset({Why.LEGAL_HOLD, Why.OBJECT_LOCK, Why.VAULT_LOCK})

_TESTS = ("no_decisions", "no_access", "secured", "will_delete")


@dataclass(frozen=True, slots=True)
class Line:
    """One thing of a case that remains or remained elsewhere: where, until when, why."""

    horizon: Horizon
    state: str
    """`there`, `late`, `withheld` or `gone`."""
    held_by: HoldId | None
    tests: UseTests | None
    """The newest answers to the four tests for its system; None if nobody has answered."""


@dataclass(frozen=True, slots=True)
class Survey:
    """What the systems of copies say now."""

    registered: tuple[Registered, ...]
    findings: tuple[CopyFinding, ...]
    unreachable: tuple[SystemFailure, ...]
    """Systems that could not be asked: nothing is known of their copies, so nothing was changed."""


@dataclass(frozen=True, slots=True)
class FollowUp:
    """What became of the copies since the last look."""

    closed: tuple[Case, ...]
    findings: tuple[CopyFinding, ...]
    unreachable: tuple[SystemFailure, ...]


@dataclass(slots=True)
class _Follower:
    """One look at all copies, for all cases."""

    context: Context
    now: datetime
    found: list[CopyFinding] = field(default_factory=list)
    unreachable: list[SystemFailure] = field(default_factory=list)
    looked: dict[tuple[SystemId, str], bool | None] = field(default_factory=dict)
    """What was looked for once more, for all cases: whether it is there; None if nobody answered."""

    def follow(self, horizon: Horizon, copy: Copy | None, held: HoldId | None) -> None:
        """Compare what a case was told of a copy with what is there."""
        if copy is None:
            self._absent(horizon)
        elif held is not None:
            self._withheld(horizon, copy, held)
        elif not is_later(copy.expires_at, self.now):
            self._revise(horizon, copy, None, Why.LATE)
            self._find(Fault.LATE, horizon, day(copy.expires_at), "still there")
        else:
            if is_later(copy.expires_at, horizon.until) and copy.why not in _LOCKED:  # a lock keeps, it is no fault
                self._find(Fault.MOVED, horizon, day(horizon.until), day(copy.expires_at))
            self._revise(horizon, copy, copy.expires_at, copy.why)

    def found_later(self, mine: list[Horizon], copies: Mapping[str, Copy]) -> None:
        """Note the copies from before the erasure that the case does not know."""
        noted = [horizon.noted_at for horizon in mine if horizon.noted_at is not None]
        if not noted:
            return
        known = {horizon.what for horizon in mine}
        for copy in copies.values():
            if copy.copy_id not in known and copy.taken_at <= max(noted):
                horizon = horizon_of(mine[0].case_id, copy, max(noted))
                self._find(Fault.FOUND_LATER, horizon, "no such copy", day(copy.expires_at))
                self._state(horizon)
                self.context.ledger.copies.add_horizon(horizon)

    def unlisted(self, horizon: Horizon) -> None:
        """Let go, at its date, of what a store keeps for itself (a write-ahead log); a copy must be looked for."""
        if horizon.kind is not None:
            self._find(Fault.NO_SUCH_SYSTEM, horizon, "the system in retention.yaml", "no such system")
        elif not is_later(horizon.until, self.now):
            self._gone(horizon)

    def old_keys(self, horizon: Horizon, epoch: int) -> None:
        """Look whether the key is gone that could open an old copy of what was shredded."""
        keys = self.context.subject_keys.get(horizon.system)
        if keys is None:
            self._find(Fault.NO_SUCH_SYSTEM, horizon, "the keys in retention.yaml", "no such keys")
        elif keys.inspector().is_gone(epoch):
            self._gone(horizon)
        elif not is_later(horizon.until, self.now):
            self._find(Fault.LATE, horizon, day(horizon.until), "still there")

    def _absent(self, horizon: Horizon) -> None:
        """Look again for what no list shows, whatever its date: two looks prove that it is gone."""
        this = horizon.system, horizon.what
        if this not in self.looked:
            self.looked[this] = self._exists(horizon)
        if self.looked[this]:
            self._find(Fault.LATE, horizon, day(horizon.until), "still there, and on no list")
        elif self.looked[this] is False:
            self._gone(horizon)

    def _exists(self, horizon: Horizon) -> bool | None:
        try:
            return self.context.copies[horizon.system].keeper().exists(CopyId(horizon.what))
        except SystemFailure as failure:
            self.unreachable.append(failure)
            return None

    def _gone(self, horizon: Horizon) -> None:
        """Note that what remained is gone."""
        self.context.record(horizon.case_id, Expired(horizon.system, CopyId(horizon.what)), self.now)
        self.context.ledger.copies.mark_gone(horizon, self.now)

    def _withheld(self, horizon: Horizon, copy: Copy, held: HoldId) -> None:
        """Keep a copy that a hold keeps; it is not late, and it must not vanish."""
        ends = {end.why for end in copy.ends}
        if not ends & {Why.LEGAL_HOLD, Why.NO_EXPIRY} and is_later(copy.expires_at, self.now):
            self._find(Fault.HOLD_NOT_IN_STORE, horizon, f"kept by {held}", f"deleted by {day(copy.expires_at)}")
        self._revise(horizon, copy, None, Why.LEGAL_HOLD)

    def _revise(self, horizon: Horizon, copy: Copy, until: datetime | None, why: Why) -> None:
        revised = replace(horizon, until=until, why=why, kind=copy.kind, region=copy.region)
        if revised != horizon:
            self._state(revised)
            self.context.ledger.copies.revise_horizon(revised)

    def _state(self, horizon: Horizon) -> None:
        """State it, and let nobody be forgotten by the suppression ledger while the copy may be restored."""
        self.context.record(horizon.case_id, remains(horizon), self.now)
        expires_at = None if horizon.until is None else horizon.until + MARGIN
        self.context.ledger.copies.prolong_suppressions(horizon.case_id, expires_at)

    def _find(self, fault: Fault, horizon: Horizon, expected: str, found: str) -> None:
        self.found.append(CopyFinding(fault, horizon.system, horizon.what, expected, found))


def survey(context: Context) -> Survey:
    """Ask every system of copies, and hold its settings against what was declared; changes nothing."""
    registered: list[Registered] = []
    unreachable: list[SystemFailure] = []
    for system in context.copies.values():
        try:
            registered.append(system.keeper().examine())
        except SystemFailure as failure:
            unreachable.append(failure)
    findings = [finding for each in registered for finding in each.findings]
    findings += _not_beyond_use(context.ledger.copies.use_tests())
    return Survey(tuple(registered), tuple(findings), tuple(unreachable))


def follow_up(context: Context, now: datetime) -> FollowUp:
    """Look at every copy that cases wait for; state what changed; close the cases of which nothing remains.

    A copy that is there after its date keeps its case open, and so does one that could not be looked for.
    """
    seen = survey(context)
    follower = _Follower(context, now)
    copies = {each.system: {str(copy.copy_id): copy for copy in each.copies} for each in seen.registered}
    holds = {(hold.system, hold.what): hold.hold_id for hold in context.ledger.copies.copy_holds()}
    for (_, system), mine in _waiting(context).items():
        for horizon in (each for each in mine if each.gone_at is None):
            if system in copies:
                follower.follow(horizon, copies[system].get(horizon.what), holds.get((system, horizon.what)))
            elif (epoch := epoch_of(horizon.what)) is not None:
                follower.old_keys(horizon, epoch)
            elif system not in context.copies:
                follower.unlisted(horizon)
        if system in copies:
            follower.found_later(mine, copies[system])
    sealed = context.ledger.cases.all(states=[CaseState.SEALED])
    closed = tuple(case for case in sealed if close_if_gone(context, case.case_id, now))
    context.ledger.copies.expire_suppressions(now)
    context.ledger.sightings.forget()
    findings = tuple(dict.fromkeys((*follower.found, *seen.findings)))
    return FollowUp(closed, findings, (*seen.unreachable, *follower.unreachable))


def close_if_gone(context: Context, case_id: CaseId, now: datetime) -> bool:
    """Close a sealed case of which no copy remains; return whether it was closed now."""
    case = context.ledger.cases.get(case_id)
    if case.state is not CaseState.SEALED or remaining(context, case_id):
        return False
    context.ledger.copies.settle_suppressions(case_id, now + MARGIN)
    move(context, case_id, CaseState.CLOSED)
    return True


def remaining(context: Context, case_id: CaseId) -> list[Horizon]:
    """Return what has not been seen to be gone; what a batch left, it left of everyone who went with it."""
    carrying = carried_by(context, case_id)
    return [horizon for horizon in context.ledger.copies.horizons(carrying) if horizon.gone_at is None]


def remains_until(horizons: list[Horizon]) -> datetime | None:
    """Return when the last of at least one is gone; None if nobody can say."""
    return latest(horizon.until for horizon in horizons)


def table(context: Context, now: datetime, case_id: CaseId | None = None) -> tuple[Line, ...]:
    """Return the table of where, until when, why: of one case, or of all."""
    holds = {(hold.system, hold.what): hold.hold_id for hold in context.ledger.copies.copy_holds()}
    answers = context.ledger.copies.use_tests()
    if case_id is not None:
        context.ledger.cases.get(case_id)
    return tuple(
        Line(horizon, _state(horizon, held, now), held, answers.get(horizon.system))
        for horizon in context.ledger.copies.horizons(None if case_id is None else carried_by(context, case_id))
        for held in [holds.get((horizon.system, horizon.what))]
    )


def _state(horizon: Horizon, held: HoldId | None, now: datetime) -> str:
    if horizon.gone_at is not None:
        return "gone"
    if held is not None:
        return "withheld"
    past = horizon.until is not None and horizon.until <= now
    return "late" if past or horizon.why is Why.LATE else "there"


def hold_copy(context: Context, system: SystemId, what: str, hold_id: HoldId, now: datetime) -> CopyHold:
    """Keep a copy under a hold that is placed: it is shown as withheld and is not late.

    Raises:
        UnknownNameError: there is no such hold or system of copies, or no case waits for such a copy.
        StateError: the hold has been released.

    """
    _system_of_copies(context, system)
    placed = next((hold for hold in context.ledger.holds.all() if hold.hold_id == hold_id), None)
    if placed is None:
        raise UnknownNameError(f"no hold {hold_id[:24]}", hint="see `retention hold list`")
    if placed.released_at is not None:
        raise StateError(f"{hold_id} has been released")
    known = {horizon.what for horizon in context.ledger.copies.horizons() if horizon.system == system}
    if what not in known:
        raise UnknownNameError(f"no case waits for a copy of that name in {system}", hint="see `retention backups`")
    hold = CopyHold(system, what, hold_id, now)
    context.ledger.copies.hold_copy(hold)
    return hold


def attest(context: Context, tests: UseTests) -> None:
    """Keep someone's answers to the four tests, and state them under each case that waits for the system's copies.

    Raises:
        UnknownNameError: there is no such system of copies.

    """
    _system_of_copies(context, tests.system)
    context.ledger.copies.attest(tests)
    waiting = [horizon for horizon in context.ledger.copies.horizons() if horizon.gone_at is None]
    for case_id in dict.fromkeys(horizon.case_id for horizon in waiting if horizon.system == tests.system):
        context.record(case_id, answered(tests), tests.attested_at)


def _system_of_copies(context: Context, system: SystemId) -> None:
    if system not in context.copies:
        known = ", ".join(sorted(context.copies)) or "none"
        raise UnknownNameError(f"{system[:40]} is no system of copies (known: {known})")


def _waiting(context: Context) -> Mapping[tuple[CaseId, SystemId], list[Horizon]]:
    """Return the horizons of each case and system of which any is left."""
    found: dict[tuple[CaseId, SystemId], list[Horizon]] = defaultdict(list)
    for horizon in context.ledger.copies.horizons():
        found[horizon.case_id, horizon.system].append(horizon)
    return {key: mine for key, mine in found.items() if any(horizon.gone_at is None for horizon in mine)}


def _not_beyond_use(answers: Mapping[SystemId, UseTests]) -> Iterator[CopyFinding]:
    for system, tests in answers.items():
        if not tests.beyond_use:
            failed = [name.replace("_", "-") for name in _TESTS if not getattr(tests, name)]
            yield CopyFinding(Fault.NOT_BEYOND_USE, system, "beyond use", "four times yes", f"no: {', '.join(failed)}")
