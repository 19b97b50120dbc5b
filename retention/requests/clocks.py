"""By when a request is answered, under each law; what the desk is told before and after. Pure.

* GDPR 12(3): one month from receipt, two more if the person is told why within the first. A last day on a weekend
  moves to the next working day (Regulation 1182/71, art. 3(4)). While it is in doubt who asks, or what for, the time
  stands still, provided that the person was asked (EDPB Guidelines 01/2022, on time limits).
* CCPA regulations 7021: receipt confirmed within 10 business days; answered within 45 days of receipt, 45 more with
  notice; verifying who asks does not stop the clock.
* APPI 32 to 35: without delay. Two weeks after arrival the person may go to court (art. 39), so we count 14 days.
* The policy's own promise, where it is shorter.

A defect that only the policy knows (a channel, a form, an unmasked paper) stops nothing: the date of arrival stays.
A fee that is open stops the company's promise and the APPI's date, and only where a fee may be taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import assert_never
from zoneinfo import ZoneInfo

from retention.model.period import Period
from retention.model.request import OVER, Request
from retention.model.request_moves import Clock, DeskWarned, Wait, Warned
from retention.requests.deadline import same_date
from retention.requests.workdays import (
    Calendar,
    after_workdays,
    california,
    last_workday,
    next_workday,
    weekdays,
)

PROMISE = "policy"
"""The name of the clock of the company's own promise."""
_SOON = timedelta(days=7)
_FEE = frozenset({Wait.FEE})
_ACKNOWLEDGE = (Warned.ACKNOWLEDGE_SOON, Warned.ACKNOWLEDGE_LATE)
_ANSWER = (Warned.ANSWER_SOON, Warned.ANSWER_NOW, Warned.ANSWER_LATE)


@dataclass(frozen=True, slots=True)
class _Law:
    within: Period
    longest: Period | None
    acknowledge: int | None
    """In worked days."""
    stops_for: frozenset[Wait]
    rolls: bool
    """Whether a last day that is not worked moves to the next that is."""
    stops_for_fee: bool = False


_LAWS = {
    "eu.gdpr": _Law(
        Period(months=1),
        Period(months=3),
        None,
        frozenset({Wait.PAPERS, Wait.AUTHORITY, Wait.CLARIFICATION}),
        rolls=True,
    ),
    "us.ccpa": _Law(Period(days=45), Period(days=90), 10, frozenset(), rolls=False),
    "jp.appi": _Law(Period(days=14), None, None, frozenset(), rolls=False, stops_for_fee=True),
}


def start_clocks(
    received_at: datetime, zone: ZoneInfo, regimes: Iterable[str], promise: Period, *, may_charge: bool
) -> tuple[Clock, ...]:
    """Return one clock a law that sets a date, and the policy's; earliest first.

    Args:
        received_at: When the request arrived.
        zone: The policy's time zone, in which days are counted; the day of receipt is not.
        regimes: The laws that it rests on; one that sets no date gives no clock.
        promise: The policy's `answer_within`.
        may_charge: Whether a fee may be taken for it.

    """
    day = received_at.astimezone(zone).date()
    clocks = [_clock(regime, _LAWS[regime], day, may_charge=may_charge) for regime in regimes if regime in _LAWS]
    clocks.append(Clock(PROMISE, same_date(day, promise), None, None, stops_for=_FEE if may_charge else frozenset()))
    return tuple(sorted(clocks, key=lambda clock: (clock.due_on, clock.regime)))


def _clock(regime: str, law: _Law, day: date, *, may_charge: bool) -> Clock:
    return Clock(
        regime=regime,
        due_on=_last_day(law, day, law.within),
        acknowledge_by=None if law.acknowledge is None else after_workdays(day, law.acknowledge, california),
        longest_on=None if law.longest is None else _last_day(law, day, law.longest),
        stops_for=law.stops_for | (_FEE if law.stops_for_fee and may_charge else frozenset()),
    )


def _last_day(law: _Law, day: date, period: Period) -> date:
    last = same_date(day, period)
    return next_workday(last, weekdays) if law.rolls else last


def warnings_due(request: Request, now: datetime, works: Calendar) -> tuple[DeskWarned, ...]:
    """Return what the desk is to be told now and was not told yet: of each date at most one thing, the gravest.

    Args:
        request: The request.
        now: The moment; one before the last move counts as that, so a slow clock repeats nothing.
        works: Which days the desk works.

    """
    if request.state in OVER:
        return ()
    today = request.day_of(max(now, request.moved_at))
    due = (told for clock in request.clocks for told in _of_clock(request, clock, today, works))
    return tuple(told for told in due if told not in request.warned)


def told_from(warned: Warned, day: date, works: Calendar) -> date:
    """Return the day from which on this is told about a date."""
    match warned:
        case Warned.ACKNOWLEDGE_SOON:
            return day - timedelta(days=3)
        case Warned.ANSWER_SOON:
            return day - _SOON
        case Warned.ANSWER_NOW:
            return last_workday(day, works)
        case Warned.ACKNOWLEDGE_LATE | Warned.ANSWER_LATE:
            return day + timedelta(days=1)
    assert_never(warned)


def warnings_ahead(request: Request, works: Calendar) -> Iterator[tuple[DeskWarned, date]]:
    """Yield everything that may come to be told about the request's dates as they stand, and from which day on."""
    for clock in request.clocks if request.state not in OVER else ():
        for ladder in _ladders(request, clock):
            for warning in ladder:
                yield warning, told_from(warning.warned, warning.day, works)


def _of_clock(request: Request, clock: Clock, today: date, works: Calendar) -> Iterator[DeskWarned]:
    for ladder in _ladders(request, clock):
        reached = [told for told in ladder if today >= told_from(told.warned, told.day, works)]
        yield from reached[-1:]


def _ladders(request: Request, clock: Clock) -> Iterator[tuple[DeskWarned, ...]]:
    """Yield what is told about each date of a clock that counts now, the gravest last."""
    by = clock.acknowledge_by
    if by is not None and request.acknowledged_at is None:
        yield tuple(DeskWarned(clock.regime, warned, by) for warned in _ACKNOWLEDGE)
    if clock.stopped_on is None:
        yield tuple(DeskWarned(clock.regime, warned, clock.due_on) for warned in _ANSWER)
