"""The figures of the whole, for whoever watches: Airflow's metrics, a command, a dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from retention.app.context import Context
from retention.model.canary import CanaryState
from retention.model.case import CaseState
from retention.model.figure import Figure, Measure
from retention.model.parcel import ParcelState
from retention.ports.tallies import Tally

_DONE = frozenset({CaseState.SEALED, CaseState.CLOSED})
_OVER = _DONE | {CaseState.DENIED, CaseState.REJECTED}
_FAILED = frozenset({CaseState.PARTIAL, CaseState.RETURNED})


def figures(context: Context, now: datetime) -> tuple[Figure, ...]:
    """Return every figure there is now; see `model.figure.Measure`.

    Raises:
        TransientFailure: the ledger, or the store of the log, cannot be reached.

    """
    tally = context.ledger.tallies.at(now)
    return (*_cases(tally), *_times(tally, now), *_elsewhere(tally), *_evidence(context), *_doors(context))


def _cases(tally: Tally) -> Iterator[Figure]:
    for (kind, state), count in sorted(tally.cases.items(), key=lambda entry: (entry[0][0].value, entry[0][1].value)):
        yield Figure(Measure.CASES, count, {"kind": kind.value, "state": state.value})
    yield Figure(Measure.DUE, sum(n for (_, state), n in tally.cases.items() if state not in _OVER))
    yield Figure(Measure.DONE, sum(n for (_, state), n in tally.cases.items() if state in _DONE))
    yield Figure(Measure.FAILED, sum(n for (_, state), n in tally.cases.items() if state in _FAILED))
    yield Figure(Measure.LATE, tally.late)
    yield Figure(Measure.WITHHELD, tally.holds)


def _times(tally: Tally, now: datetime) -> Iterator[Figure]:
    age = (now - tally.oldest_open).total_seconds() if tally.oldest_open else 0
    yield Figure(Measure.OLDEST_OPEN, max(age, 0))
    if tally.next_due is not None:
        yield Figure(Measure.NEXT_DEADLINE, (tally.next_due - now).total_seconds())


def _elsewhere(tally: Tally) -> Iterator[Figure]:
    yield Figure(Measure.HORIZONS, tally.horizons)
    yield Figure(Measure.HORIZONS_LATE, tally.horizons_late)
    yield Figure(Measure.ORDERS, tally.orders)
    yield Figure(Measure.ORDERS_LATE, tally.orders_late)


def _evidence(context: Context) -> Iterator[Figure]:
    published = context.log.checkpoint()
    recorded = context.ledger.log.size()
    yield Figure(Measure.UNPUBLISHED, max(recorded - (published.size if published else 0), 0))
    canaries = context.ledger.canaries.all()
    alive = sum(canary.state is CanaryState.PLANTED for canary in canaries)
    yield Figure(Measure.CANARIES, alive)
    yield Figure(Measure.CANARIES_SURVIVED, sum(canary.state is CanaryState.SURVIVED for canary in canaries))


def _doors(context: Context) -> Iterator[Figure]:
    parcels = context.ledger.inbox.counts()
    waiting = parcels.get(ParcelState.WAITING, 0) + parcels.get(ParcelState.OPENING, 0)
    yield Figure(Measure.INBOX, waiting)
    yield Figure(Measure.DEAD, parcels.get(ParcelState.DEAD, 0))
    yield Figure(Measure.OUTBOX, sum(not posted.is_over for posted in context.ledger.letters.open()))
