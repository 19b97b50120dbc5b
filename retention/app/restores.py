"""What a restored store must forget again before it opens: one case a restore, from the first look on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context, rehomed
from retention.app.drift import described
from retention.app.instructions import tenants_behind
from retention.app.records import PlanSummary, carried_by, header, keep_plan, move, new_id, open_case
from retention.app.suspensions import standing
from retention.datamap import Absent, absent_of, as_of
from retention.errors import StateError
from retention.model.case import Case, CaseKind, CaseState
from retention.model.datamap import ColumnType, DataMap
from retention.model.facts import Replayed
from retention.model.ids import CaseId, DatasetId, SystemId
from retention.model.restores import Restore, Verdict
from retention.planning import assemble
from retention.planning.assemble import Draft, Header
from retention.planning.brought_back import Returned, Suppressed
from retention.ports.ledger import KeyDigest, Phase

FINISHED = (CaseState.SEALED, CaseState.CLOSED, CaseState.DENIED)
_ON_THE_WAY = {CaseState.APPLYING: "apply", CaseState.APPLIED: "verify", CaseState.VERIFIED: "verify"}
_ERASED = (CaseState.APPLIED, CaseState.VERIFIED, *FINISHED)


@dataclass(frozen=True, slots=True)
class RestoredStore:
    """A restored store as it was found."""

    system: SystemId
    whole: DataMap
    """The original's datasets, placed in the restored store."""
    live: Mapping[DatasetId, Mapping[str, ColumnType]]
    """What columns each dataset has now; none where it is not there."""
    taken_at: datetime | None
    suppressed: Suppressed

    @property
    def absent(self) -> Absent:
        """Return what it lacks."""
        return {name: absent_of(dataset, self.live[name].keys()) for name, dataset in self.whole.datasets.items()}

    @property
    def datamap(self) -> DataMap:
        """Return the map of what it has."""
        return as_of(self.whole, self.absent)

    def drawn(self, context: Context, header: Header, now: datetime) -> tuple[Draft | None, Returned]:
        """Plan what must go again; see `assemble.plan_restore`."""
        world = context.world(self.datamap, now)
        return assemble.plan_restore(world, header, self.suppressed, context.pauses(), context.promised())


def plan_restore(
    context: Context, system: SystemId, now: datetime, taken_at: datetime | None = None
) -> PlanSummary | None:
    """Plan the replay of erasures on a restored store; None if it brought nobody back.

    Args:
        context: What a use case may use.
        system: The restored system.
        now: The moment.
        taken_at: When the copy was taken, if known: what was erased before is new in it, and stays.

    Raises:
        UnknownNameError: retention.yaml declares no such restored system.
        StateError: its plan is being carried out.

    """
    case = unfinished(context, system)
    if case is not None and case.state in _ON_THE_WAY:
        plan_id = context.ledger.plans.of_case(case.case_id)[0].plan_id
        command = f"retention {_ON_THE_WAY[case.state]} {plan_id}"
        raise StateError(f"{case.case_id} is {case.state.value}: {system} is being cleaned", hint=f"go on: {command}")
    store = find_store(context, system, now, taken_at)
    case = case or begin(context, system, now)
    keep(context, case.case_id, store)
    draft, back = store.drawn(context, header(context, case.case_id, now), now)
    context.record(case.case_id, Replayed(system, len(store.suppressed.scopes), back.people), now)
    if draft is None:
        close_untouched(context, case)
        return None
    return keep_plan(context, draft, now)


def find_store(context: Context, system: SystemId, now: datetime, taken_at: datetime | None) -> RestoredStore:
    """Look at what the restored store has, and gather who must not be in it.

    Raises:
        UnknownNameError: retention.yaml declares no such restored system.
        TransientFailure, TerminalFailure: from the store.

    """
    whole = rehomed(context.datamap, context.original_of(system), system)
    known = taken_at or _known_age(context, system)
    return RestoredStore(system, whole, described(context, whole), known, _suppressed(context, now, known))


def unfinished(context: Context, system: SystemId) -> Case | None:
    """Return the newest case about this restored system, if it is not over."""
    case = newest(context, system)
    return None if case is None or case.state in FINISHED else case


def newest(context: Context, system: SystemId) -> Case | None:
    """Return the newest case about this restored system."""
    cases = (case for case in context.ledger.cases.all() if case.restored_system == system)
    return max(cases, key=lambda case: case.opened_at, default=None)


def begin(context: Context, system: SystemId, now: datetime) -> Case:
    """Open a case about a restored system."""
    case = Case(CaseId(new_id("C", now)), CaseKind.RESTORE, CaseState.OPEN, now, due_at=None, restored_system=system)
    open_case(context, case)
    return case


def keep(context: Context, case_id: CaseId, store: RestoredStore) -> None:
    """Remember how old the store is: plan, run and verification see it by the same map."""
    absent = {name: columns for name, columns in store.absent.items() if columns}
    context.ledger.restores.keep(Restore(case_id, store.system, store.taken_at, absent))


def close_untouched(context: Context, case: Case) -> None:
    """Close a case in which nothing was planned."""
    if case.state is CaseState.OPEN:
        context.ledger.vault.destroy(case.case_id)
        move(context, case.case_id, CaseState.CLOSED)


def was_opened(context: Context, case: Case) -> bool:
    """Whether the gate has let this restore through: what comes next under the system's name is another one."""
    looks = context.ledger.restores.looks(case.restored_system)
    return any(look.case_id == case.case_id and look.verdict is Verdict.OPEN for look in looks)


def _known_age(context: Context, system: SystemId) -> datetime | None:
    """Return when the copy was taken, if somebody has said so of this restore."""
    case = newest(context, system)
    known = context.ledger.restores.get(case.case_id) if case and not was_opened(context, case) else None
    return known.taken_at if known else None


def _suppressed(context: Context, now: datetime, taken_at: datetime | None) -> Suppressed:
    """Return who must not be in a copy that was taken then; who was erased before may have come anew."""
    scopes: dict[KeyDigest, set[str]] = defaultdict(set)
    cases: dict[KeyDigest, set[CaseId]] = defaultdict(set)
    erased: dict[CaseId, bool] = {}
    for entry in context.ledger.copies.suppressions(now):
        if entry.lifted_at is not None and (taken_at is None or taken_at >= entry.lifted_at):
            continue  # who was let in again by then; of a copy of unknown age the gate says that it cannot tell
        if entry.case_id not in erased:
            erased[entry.case_id] = taken_at is not None and _was_erased(context, entry.case_id, taken_at)
        if not erased[entry.case_id]:
            scopes[entry.key_name, entry.digest].add(entry.scope)
            cases[entry.key_name, entry.digest].add(entry.case_id)
    return Suppressed(
        {who: frozenset(found) for who, found in scopes.items()},
        context.suppression_digest,
        tenants_behind(context),
        {who: frozenset(found) for who, found in cases.items()},
        standing(context),
    )


def _was_erased(context: Context, case_id: CaseId, at: datetime) -> bool:
    """Whether the case's last step had its evidence by then."""
    case = context.ledger.cases.get(case_id)
    plans = context.ledger.plans.of_case(carried_by(context, case_id))
    if case.state not in _ERASED or not plans:
        return False
    lines = context.ledger.journal.entries(plans[0].plan_id)
    done = [line.at for line in lines if line.phase is Phase.EVIDENCE]
    return bool(done) and max(done) <= at
