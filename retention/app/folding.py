"""Parcels become events that the clocks know: each once, in whatever order they come."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from retention.app.context import Context
from retention.app.envelopes import read_json
from retention.app.keeping_out import let_in
from retention.app.late_files import are_objects
from retention.app.leases import leased
from retention.app.parcels import read
from retention.app.records import new_id
from retention.app.urgent import Started, open_cases, started
from retention.model.event import Event
from retention.model.ids import CaseId
from retention.model.parcel import Parcel, ParcelState, Settled, Unfit, Urgency
from retention.model.subject import SubjectKey

_BATCH = 500
"""Parcels of one transaction."""


@dataclass(frozen=True, slots=True)
class Folded:
    """What became of the parcels that waited."""

    folded: int
    kept_out: int
    dead: int
    cases: tuple[CaseId, ...]
    """Opened now, because an event cannot wait."""
    started: Started
    """What waits to be carried out, from earlier calls as well."""


def fold(context: Context, now: datetime) -> Folded:
    """Fold all that waits; then open what cannot wait.

    Each parcel and its event are one transaction. A case that is to be opened is written down first and opened
    after: killed in between, the next call opens it, under the same number.

    Raises:
        TransientFailure: the ledger cannot be reached, or another process is folding.

    """
    became: Counter[ParcelState] = Counter()
    with leased(context, "inbox", now, "another process is folding the inbox"):
        while parcels := context.ledger.inbox.of_state(ParcelState.WAITING, _BATCH):
            settled = _settled(context, parcels, now)
            context.ledger.inbox.settle(settled, now)
            became.update(each.state for each in settled)
        cases = open_cases(context, now)
    return Folded(
        folded=became[ParcelState.FOLDED] + became[ParcelState.OPENING],
        kept_out=became[ParcelState.KEPT_OUT],
        dead=became[ParcelState.DEAD],
        cases=cases,
        started=started(context),
    )


def _settled(context: Context, parcels: Sequence[Parcel], now: datetime) -> list[Settled]:
    settled: list[Settled] = []
    events: list[tuple[Parcel, Event, SubjectKey]] = []
    for parcel in parcels:
        sent = read_json(parcel.body or b"")
        if are_objects(sent):
            settled.append(_objects(context, parcel))
            continue
        match read(context, sent, now):
            case Unfit() as reason:
                settled.append(Settled(parcel.parcel_id, ParcelState.DEAD, reason=reason))
            case (event, subject):
                events.append((parcel, event, subject))
    kept = {event.event_id for event in let_in(context, [(event, who) for _, event, who in events], now)}
    return settled + [_folded(context, parcel, event, kept, now) for parcel, event, _ in events]


def _objects(context: Context, parcel: Parcel) -> Settled:
    if parcel.intake not in context.intake.objects_of:
        return Settled(parcel.parcel_id, ParcelState.DEAD, reason=Unfit.OBJECTS_OF_NOBODY)
    return Settled(parcel.parcel_id, ParcelState.OPENING)


def _folded(context: Context, parcel: Parcel, event: Event, kept: set[str], now: datetime) -> Settled:
    if event.event_id not in kept:
        return Settled(parcel.parcel_id, ParcelState.KEPT_OUT)
    match context.intake.urgent.get(event.kind):
        case None:
            return Settled(parcel.parcel_id, ParcelState.FOLDED, event)
        case Urgency.SWEEP:
            return Settled(parcel.parcel_id, ParcelState.OPENING, event)
        case Urgency.SUSPENSION | Urgency.ERASURE:
            return Settled(parcel.parcel_id, ParcelState.OPENING, event, case_id=CaseId(new_id("C", now)))
