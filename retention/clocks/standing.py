"""What a rule's clock says for one person, or for one row: not started, running, paused, due.

The dates are composed from the needs of the rule (`retention.clocks.needs`): a need is met on the
earliest day that any of its triggers names, the rule on the latest day that any of its needs
names. A person is `Due` if and only if that day has come in the policy's time zone, which is
what the ledger's due set asks the other way round, with `due_before`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo

from retention.clocks.calendar import free_at
from retention.clocks.catalogue import stops_of
from retention.clocks.fold import first_after_last, that_count
from retention.clocks.needs import Need, Trigger, needs_of
from retention.clocks.preference import as_wished, preferred
from retention.clocks.restriction import LiftWithoutNotice, RestrictedSince, Unrestricted, restricted
from retention.model.event import Event
from retention.model.period import Period
from retention.model.policy import AfterEvent, AfterPurposes, Agreed, Audience, Everyone, Keep, NotAgreed, Policy, Rule

_NO_FISCAL_YEAR = (12, 31)


@dataclass(frozen=True, slots=True)
class OutsideAudience:
    """The rule is not for this person: promised something else, under another version of the policy."""


@dataclass(frozen=True, slots=True)
class NotStarted:
    """Nothing that starts the clock has happened, or it was undone; kept without an end in sight."""


@dataclass(frozen=True, slots=True)
class Running:
    """The clock runs and is not over."""

    started_at: datetime
    free_on: date
    """The first day on which it may go, by every clock that runs; not before."""
    open_purposes: tuple[str, ...] = ()
    """Purposes that have not even begun to end: as long as there are any, it does not go on that day either."""


@dataclass(frozen=True, slots=True)
class OpenPurposes:
    """The rule's own clock is over or it has none, but data is still needed for these purposes."""

    purposes: tuple[str, ...]
    free_on: date | None
    """None if one of them has not begun to end."""


@dataclass(frozen=True, slots=True)
class Paused:
    """The person has had the processing restricted: nothing goes until that is lifted."""

    restriction_placed_at: datetime
    free_on: date | None
    """When it would go otherwise; the restriction resets no clock. None if nobody can say."""


@dataclass(frozen=True, slots=True)
class Due:
    """Must go, since that day."""

    started_at: datetime
    free_on: date


Standing: TypeAlias = OutsideAudience | NotStarted | Running | OpenPurposes | Paused | Due


@dataclass(frozen=True, slots=True)
class _Clock:
    """One need that has begun to be met: from which event, and on which day it is."""

    free_on: date
    started_at: datetime


def standing(rule: Rule, policy: Policy, events: Iterable[Event], now: datetime) -> Standing:
    """Return what the rule's clock says for one person.

    Holds are not looked at: what a law or a dispute keeps is said by the plan.

    Args:
        rule: One that starts with an event, or with the end of purposes.
        policy: The policy that the rule stands in.
        events: All events about the person, under every key; any order, repeated or not.
        now: Later events do not count yet.

    Raises:
        TypeError: the rule starts from a date of the row; see `row_standing`.

    """
    if not isinstance(rule.keep.start, AfterEvent | AfterPurposes):
        raise TypeError(f"expected a rule that starts with an event, found {type(rule.keep.start).__name__}")
    happened = that_count(events, now)
    if not addressed(rule.audience, happened, now):
        return OutsideAudience()
    zone = ZoneInfo(policy.timezone)
    wish = preferred(happened)
    clocks = [(need, _earliest(need, happened, wish, zone)) for need in needs_of(rule, policy)]
    if not _has_started(rule, [clock for _, clock in clocks]):
        return NotStarted()
    match restricted(happened, now):
        case RestrictedSince(placed_at) | LiftWithoutNotice(placed_at):
            return Paused(placed_at, _latest_day([clock for _, clock in clocks]))
        case Unrestricted():
            return _of_needs(rule, clocks, now.astimezone(zone).date())
        case unknown:
            assert_never(unknown)


def row_standing(rule: Rule, policy: Policy, day: date | None, now: datetime) -> NotStarted | Running | Due:
    """Return what the rule's clock says for a row with that date (local, of the policy's zone).

    A row without a date counts as not started: nobody can show that the time is over.

    Raises:
        TypeError: the rule starts with an event; see `standing`.

    """
    if isinstance(rule.keep.start, AfterEvent | AfterPurposes):
        raise TypeError(f"expected a rule that starts from a date, found {type(rule.keep.start).__name__}")
    zone = ZoneInfo(policy.timezone)
    free_on = None if day is None else _free(day, rule.keep, policy.fiscal_year_end)
    if day is None or free_on is None:
        return NotStarted()
    started_at = datetime.combine(day, time.min, tzinfo=zone)
    is_over = free_on <= now.astimezone(zone).date()
    return Due(started_at, free_on) if is_over else Running(started_at, free_on)


def addressed(audience: Audience, events: Iterable[Event], now: datetime) -> bool:
    """Return whether a rule for this audience is for the person to whom the events happened."""
    match audience:
        case Everyone():
            return True
        case Agreed(version, by):
            return version in _reached_by(by, events, now)
        case NotAgreed(version, by):
            return version not in _reached_by(by, events, now)
        case unknown:
            assert_never(unknown)


def _reached_by(kind: str, events: Iterable[Event], now: datetime) -> set[str | None]:
    return {event.about for event in that_count(events, now) if event.kind == kind}


def _has_started(rule: Rule, clocks: list[_Clock | None]) -> bool:
    if isinstance(rule.keep.start, AfterEvent):
        return clocks[0] is not None
    return any(clock is not None for clock in clocks)


def _of_needs(rule: Rule, clocks: list[tuple[Need, _Clock | None]], today: date) -> Standing:
    begun = [clock for _, clock in clocks if clock is not None]
    latest = max(begun, key=lambda clock: (clock.free_on, clock.started_at))
    own = clocks[0][1] if isinstance(rule.keep.start, AfterEvent) else None
    open_ended = tuple(_purpose(need) for need, clock in clocks if clock is None)
    unmet = tuple(_purpose(need) for need, clock in clocks[own is not None :] if clock is None or clock.free_on > today)
    if own is not None and own.free_on > today:
        return Running(own.started_at, latest.free_on, open_ended)
    if not unmet:
        return Due((own or latest).started_at, latest.free_on)
    if own is None and not open_ended:
        return Running(latest.started_at, latest.free_on)
    return OpenPurposes(unmet, None if open_ended else latest.free_on)


def _earliest(need: Need, happened: list[Event], wish: Period | None, zone: ZoneInfo) -> _Clock | None:
    found = (_clock(trigger, happened, wish, zone) for trigger in need)
    return min((clock for clock in found if clock), key=lambda clock: (clock.free_on, clock.started_at), default=None)


def _clock(trigger: Trigger, happened: list[Event], wish: Period | None, zone: ZoneInfo) -> _Clock | None:
    relevant = [event for event in happened if trigger.admits(event.about)]
    started_at = first_after_last(relevant, trigger.kind, stops_of(trigger.kind, trigger.about))
    if started_at is None:
        return None
    day = started_at.astimezone(zone).date()
    keeps = [trigger.keep]
    if trigger.preference and wish is not None:
        keeps.append(as_wished(trigger.keep, wish))
    days = [free_on for keep in keeps if (free_on := _free(day, keep, _NO_FISCAL_YEAR)) is not None]
    return _Clock(min(days), started_at) if days else None


def _free(day: date, keep: Keep, fiscal_year_end: tuple[int, int]) -> date | None:
    """Return the first free day, or None if it lies past the calendar's end."""
    try:
        return free_at(day, keep, fiscal_year_end)
    except (OverflowError, ValueError):
        return None


def _latest_day(clocks: list[_Clock | None]) -> date | None:
    days = [clock.free_on for clock in clocks if clock is not None]
    return max(days) if len(days) == len(clocks) else None


def _purpose(need: Need) -> str:
    """Return the purpose whose end the need is; every purpose can be accomplished, so one is always named."""
    return next(trigger.about for trigger in need if trigger.about is not None)
