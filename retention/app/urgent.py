"""What cannot wait: an urgent event opens a case, or plans a sweep, as soon as it is folded."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from retention.app.context import Context
from retention.app.envelopes import read_json
from retention.app.late_files import are_objects, look_at_files
from retention.app.parcels import read
from retention.app.records import new_id
from retention.app.requests import open_urgent
from retention.app.sweeps import plan_sweep
from retention.clocks import stops_of
from retention.model.case import CaseKind, CaseState
from retention.model.event import Event
from retention.model.ids import CaseId, PlanId
from retention.model.parcel import Parcel, ParcelState, Unfit, Urgency
from retention.model.subject import SubjectKey
from retention.model.terms import Right

_BATCH = 2_000
"""Parcels in memory at a time."""
_RIGHTS = {Urgency.SUSPENSION: Right.SUSPENSION, Urgency.ERASURE: Right.ERASURE}


@dataclass(frozen=True, slots=True)
class Started:
    """What events have set going and nobody has carried out yet."""

    requests: tuple[CaseId, ...]
    """Cases of people that nobody has planned."""
    plans: tuple[PlanId, ...]
    """Plans of sweeps, and of people who are back, that wait for approval or are approved."""


@dataclass(slots=True)
class _Opening:
    """The parcels of one batch by what they set going."""

    people: list[tuple[Parcel, SubjectKey, Right]] = field(default_factory=list)
    sweeps: list[Parcel] = field(default_factory=list)
    objects: list[Parcel] = field(default_factory=list)
    nothing: list[Parcel] = field(default_factory=list)


def open_cases(context: Context, now: datetime) -> tuple[CaseId, ...]:
    """Open what folded parcels set going; those that somebody died over come first, being older."""
    cases: list[CaseId] = []
    while parcels := context.ledger.inbox.of_state(ParcelState.OPENING, _BATCH):
        opening = _sorted(context, parcels, now)
        for parcel in opening.nothing:
            context.ledger.inbox.opened(parcel.parcel_id, None, now)
        cases += [_open(context, parcel, who, right, now) for parcel, who, right in opening.people]
        cases += _sweep(context, opening.sweeps, now)
        cases += look_at_files(context, opening.objects, now)
    return tuple(cases)


def started(context: Context) -> Started:
    """Return what events have set going and nobody has carried out yet, as the ledger knows it."""
    requests: dict[CaseId, None] = {}
    plans: dict[PlanId, None] = {}
    for case_id in dict.fromkeys(parcel.case_id for parcel in context.ledger.inbox.started() if parcel.case_id):
        case = context.ledger.cases.get(case_id)
        if case.kind is CaseKind.REQUEST and case.state is CaseState.OPEN:
            requests[case_id] = None
        elif case.kind is not CaseKind.REQUEST and case.state in {CaseState.PLANNED, CaseState.APPROVED}:
            plans[context.ledger.plans.of_case(case_id)[0].plan_id] = None
    return Started(tuple(requests), tuple(plans))


def _sorted(context: Context, parcels: tuple[Parcel, ...], now: datetime) -> _Opening:
    opening = _Opening()
    for parcel in parcels:
        sent = read_json(parcel.body or b"")
        said = None if are_objects(sent) else read(context, sent, now)
        if said is None:
            opening.objects.append(parcel)
        elif isinstance(said, Unfit) or _is_stopped(context, said[0]):
            opening.nothing.append(parcel)
        else:
            _put(opening, context.intake.urgent.get(said[0].kind), parcel, said[1])
    return opening


def _put(opening: _Opening, urgency: Urgency | None, parcel: Parcel, who: SubjectKey) -> None:
    match urgency:
        case None:  # declared no more since it was folded
            opening.nothing.append(parcel)
        case Urgency.SWEEP:
            opening.sweeps.append(parcel)
        case Urgency.SUSPENSION | Urgency.ERASURE:
            opening.people.append((parcel, who, _RIGHTS[urgency]))


def _is_stopped(context: Context, event: Event) -> bool:
    """Whether a later event takes it back: a consent that was given again, whichever of the two came first."""
    later = context.ledger.events.of_keys([(event.key_name, event.subject_digest)], stops_of(event.kind, None))
    return any(stop.occurred_at > event.occurred_at and stop.about in {None, event.about} for stop in later)


def _open(context: Context, parcel: Parcel, who: SubjectKey, right: Right, now: datetime) -> CaseId:
    case_id = parcel.case_id or CaseId(new_id("C", now))
    open_urgent(context, who, right, case_id, now)
    context.ledger.inbox.opened(parcel.parcel_id, case_id, now)
    return case_id


def _sweep(context: Context, parcels: list[Parcel], now: datetime) -> list[CaseId]:
    """Plan once for all of them what their events made due; the policy's rules say what that is."""
    plan = plan_sweep(context, now) if parcels else None
    for parcel in parcels:
        context.ledger.inbox.opened(parcel.parcel_id, plan.case_id if plan else None, now)
    return [plan.case_id] if plan else []
