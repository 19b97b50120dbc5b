"""One case as whoever works on it, or checks it, must see it: what was asked, planned, said, done, kept and left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import Enum
from zoneinfo import ZoneInfo

from retention.app import copies, processing, recipient_letters
from retention.app.case_work import Facts, Left, Timeliness, left_in, timeliness
from retention.app.context import Context
from retention.app.deeds import Deed, deeds, last_at, standings
from retention.app.lives import has_life, life_of
from retention.app.recipient_letters import Post
from retention.app.records import carried_by, stored
from retention.app.told import Told, told
from retention.model.case import Case, CaseKind, CaseState
from retention.model.copies import Why
from retention.model.horizons import latest
from retention.model.ids import CaseId, PlanId
from retention.model.plan import Plan
from retention.model.request import Request
from retention.ports.ledger import Approval, JournalEntry, Phase, StoredPlan


class Standing(Enum):
    """How far one stop of the road is."""

    DONE = "done"
    NOW = "now"
    AHEAD = "ahead"
    STUCK = "stuck"
    """Something failed there, or somebody refused."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stop of the road."""

    name: str
    """A code: `received`, `identified`, `decided`, `planned`, `approved`, `applied`, `verified`, `sealed`, `gone`."""
    standing: Standing
    at: datetime | None
    """When it was reached; None where that is not known, or not yet so."""


@dataclass(frozen=True, slots=True)
class Copies:
    """What remains, or remained, in one system for one reason."""

    system: str
    why: Why
    state: str
    """See `copies.Line`."""
    number: int
    until: datetime | None
    """When the last is gone; None if nobody can say."""
    held_by: str | None


@dataclass(frozen=True, slots=True)
class Orders:
    """Orders to one processor that stand alike."""

    processor: str
    said: str
    reason: str | None
    to_do: str
    number: int
    due_at: datetime
    """The earliest."""


@dataclass(frozen=True, slots=True)
class Looked:
    """What verification saw of a dataset, the last time."""

    dataset: str
    passed: bool
    before: int
    after: int
    residual: int
    at: datetime


@dataclass(frozen=True, slots=True)
class Stated:
    """Statements of one kind in the evidence log."""

    kind: str
    number: int
    first_at: datetime
    last_at: datetime


@dataclass(frozen=True, slots=True)
class Planned:
    """A plan and what became of it."""

    plan: Plan
    digest: str
    deeds: tuple[Deed, ...]


@dataclass(frozen=True, slots=True)
class CaseView:
    """All of it; numbers, codes, names of systems and datasets, and times: nothing of a person."""

    case: Case
    request: Request | None
    batch: CaseId | None
    """The batch that carries it out, if one does."""
    members: tuple[CaseId, ...]
    """The requests of a batch."""
    road: tuple[Stop, ...]
    plans: tuple[PlanId, ...]
    """Newest first; a batch's, where one carries the case out."""
    planned: Planned | None
    """The newest plan."""
    said: tuple[Approval, ...]
    """What people said of its plans, newest first."""
    copies: tuple[Copies, ...]
    orders: tuple[Orders, ...]
    posts: tuple[Post, ...]
    looks: tuple[Looked, ...]
    stated: tuple[Stated, ...]
    left: tuple[Left, ...]
    timeliness: Timeliness | None
    due_at: datetime | None
    certified: bool
    """Whether there is a certificate for the person."""
    zone: ZoneInfo
    now: datetime


def view_case(context: Context, case_id: CaseId, now: datetime) -> CaseView:
    """Look at a case; nothing is changed.

    Raises:
        UnknownNameError: there is no such case.
        FoundError: the log holds something that is no statement of ours.

    """
    ledger = context.ledger
    case = ledger.cases.get(case_id)
    carrying = carried_by(context, case_id)
    request = life_of(context, case_id) if has_life(context, case_id) else None
    plans = ledger.plans.of_case(carrying)
    lines = ledger.journal.entries(plans[0].plan_id) if plans else ()
    planned = _planned(context, plans[0], lines) if plans else None
    said = tuple(word for kept in plans for word in reversed(ledger.plans.approvals(kept.plan_id)))
    statements = [told(entry) for entry in ledger.log.of_case(case_id)]
    remaining = tuple(_copies(context, case_id, now))
    orders = tuple(_orders(context, carrying, now))
    posts = recipient_letters.letters(context, carrying, now)
    facts = Facts(
        second=_waits_for_second(case, planned, said),
        failed=sum(line.phase is Phase.FAILED for line in standings(lines).values()),
        orders=sum(each.number for each in orders if each.to_do),
        letters=sum(post.told_at is None for post in posts if post.duty != "none"),
        copies=sum(each.number for each in remaining if each.state != "gone"),
        until=latest([each.until for each in remaining if each.state != "gone"] or [None]),
    )
    return CaseView(
        case=case,
        request=request,
        batch=carrying if carrying != case_id else None,
        members=tuple(ledger.batches.states(case_id)) if case.kind is CaseKind.BATCH else (),
        road=tuple(_road(case, request, plans, said, (lines, statements))),
        plans=tuple(kept.plan_id for kept in plans),
        planned=planned,
        said=said,
        copies=remaining,
        orders=orders,
        posts=posts,
        looks=tuple(_looks(statements)),
        stated=tuple(_stated(statements)),
        left=left_in(case, request, facts),
        timeliness=timeliness(case, request, now),
        due_at=request.due_at if request else case.due_at,
        certified=bool(plans) and case.kind is CaseKind.REQUEST and case.state in (CaseState.SEALED, CaseState.CLOSED),
        zone=context.zone,
        now=now,
    )


def case_of_plan(context: Context, plan_id: PlanId) -> CaseId:
    """Return the case that the plan is of; raises UnknownNameError."""
    return context.ledger.plans.get(plan_id).case_id


def _planned(context: Context, kept: StoredPlan, lines: Sequence[JournalEntry]) -> Planned:
    plan = stored(context, kept.plan_id)[1]
    return Planned(plan, kept.digest, deeds(plan.steps, lines))


def _waits_for_second(case: Case, planned: Planned | None, said: Iterable[Approval]) -> bool:
    if planned is None or case.state is not CaseState.PLANNED:
        return False
    return any(word.approved and word.digest == planned.digest for word in said)


def _copies(context: Context, case_id: CaseId, now: datetime) -> Iterator[Copies]:
    found: dict[tuple[str, Why, str, str | None], Copies] = {}
    for line in copies.table(context, now, case_id):
        horizon = line.horizon
        named = (horizon.system, horizon.why, line.state, line.held_by)
        known = found.get(named)
        until = latest([horizon.until, known.until]) if known else horizon.until
        number = known.number + 1 if known else 1
        found[named] = Copies(horizon.system, horizon.why, line.state, number, until, line.held_by)
    yield from found.values()


def _orders(context: Context, carrying: CaseId, now: datetime) -> Iterator[Orders]:
    found: dict[tuple[str, str, str | None, str], Orders] = {}
    for task in processing.tasks(context, now, carrying):
        named = (task.processor, task.said, task.reason, task.to_do)
        known = found.get(named)
        due_at = min(known.due_at, task.due_at) if known else task.due_at
        found[named] = Orders(*named, known.number + 1 if known else 1, due_at)
    yield from found.values()


def _looks(statements: Iterable[Told]) -> Iterator[Looked]:
    last = {one.body["dataset"]: one for one in statements if one.kind == "verification"}
    for dataset, one in sorted(last.items()):
        body = one.body
        yield Looked(dataset, body["passed"], body["rowsBefore"], body["rowsAfter"], body["residual"], one.at)


def _stated(statements: Sequence[Told]) -> Iterator[Stated]:
    for kind, number in Counter(one.kind for one in statements).items():
        at = [one.at for one in statements if one.kind == kind]
        yield Stated(kind, number, min(at), max(at))


_ROAD = ("planned", "approved", "applied", "verified", "sealed", "gone")
_REACHED = {
    CaseState.OPEN: 0,
    CaseState.DENIED: 0,
    CaseState.PLANNED: 1,
    CaseState.REJECTED: 1,
    CaseState.APPROVED: 2,
    CaseState.APPLYING: 2,
    CaseState.PARTIAL: 2,
    CaseState.APPLIED: 3,
    CaseState.VERIFIED: 4,
    CaseState.SEALED: 5,
    CaseState.RETURNED: 5,
    CaseState.CLOSED: 6,
}
"""How many stops of the road lie behind a case in that state."""
_STUCK = frozenset({CaseState.REJECTED, CaseState.PARTIAL, CaseState.RETURNED, CaseState.DENIED})


def _road(
    case: Case,
    request: Request | None,
    plans: Sequence[StoredPlan],
    said: Sequence[Approval],
    written: tuple[Sequence[JournalEntry], Sequence[Told]],
) -> Iterator[Stop]:
    """Yield every stop, the first that is not behind the case in its colour."""
    lines, statements = written
    yield Stop("received", Standing.DONE, case.opened_at)
    if case.kind is CaseKind.REQUEST:
        yield from _desk(case, request)
    if case.state is CaseState.CLOSED and not plans:
        return
    kinds = {one.kind: one.at for one in statements}
    reached_at = {
        "planned": plans[0].made_at if plans else None,
        "approved": next((word.decided_at for word in said if word.approved), None),
        "applied": last_at(lines, Phase.DONE),
        "verified": last_at(lines, Phase.VERIFIED),
        "sealed": kinds.get("keyDestroyed") or kinds.get("subjectsCommitted"),
        "gone": kinds.get("backupExpired"),
    }
    behind = _REACHED[case.state] + _only_looks_failed(case, lines)
    for place, name in enumerate(_ROAD):
        if place < behind:
            yield Stop(name, Standing.DONE, reached_at[name])
        elif place == behind and (plans or case.kind is not CaseKind.REQUEST or case.decided_at):
            yield Stop(name, Standing.STUCK if case.state in _STUCK else Standing.NOW, None)
        else:
            yield Stop(name, Standing.AHEAD, None)


def _only_looks_failed(case: Case, lines: Sequence[JournalEntry]) -> bool:
    """Whether all was carried out, and verification found something."""
    failed = [line for line in standings(lines).values() if line.phase is Phase.FAILED]
    return case.state is CaseState.PARTIAL and bool(failed) and all(line.step_id.startswith("look-") for line in failed)


def _desk(case: Case, request: Request | None) -> Iterator[Stop]:
    """Yield the stops of a person's request before there is a plan."""
    identified = case.identified_at is not None or (request is not None and request.is_identified)
    decided_at = request.decided_at if request else case.decided_at
    first = Stop("identified", Standing.DONE if identified else Standing.NOW, case.identified_at)
    second = Stop("decided", Standing.AHEAD if decided_at is None else Standing.DONE, decided_at)
    if case.state is CaseState.DENIED:
        second = replace(second, standing=Standing.STUCK)
    elif identified and decided_at is None:
        second = replace(second, standing=Standing.NOW)
    yield first
    yield second
