"""The due set as SQL: which keys' events make a rule due, without a row of it passing through Python first.

One statement a rule, from its needs (`retention.clocks.needs`):

    a trigger   the keys with a start before the trigger's bound that no later stop follows
    a need      any of its triggers: UNION ALL
    a rule      every need: the first one's keys, IN each of the others; in the audience

Which starts lie before a bound is the calendar's question, and is answered once a trigger in
Python (`due_before`); a person's preference has the bound of its period, so there are as many
bounds as there are distinct periods. Whether an event stands is decided when it is recorded
(`retention.store.corrections`). The fold in `retention.clocks.standing` says the same of one key;
a property test compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeAlias, assert_never
from zoneinfo import ZoneInfo

from sqlalchemy import (
    CompoundSelect,
    Connection,
    Exists,
    FromClause,
    Select,
    Subquery,
    and_,
    case,
    exists,
    literal,
    literal_column,
    or_,
    select,
    true,
    tuple_,
    union_all,
)
from sqlalchemy.sql.elements import ColumnElement

from retention.clocks import Need, Trigger, as_wished, due_before, needs_of, period_of, stops_of
from retention.grammar import LIFTED, NOTIFIED, PLACED, PREFERENCE, RESTRICTION_LIFT
from retention.model.policy import Agreed, Audience, Everyone, Keep, NotAgreed, Policy, Rule
from retention.store.corrections import later
from retention.store.instants import Instant
from retention.store.tables import EVENTS

Found: TypeAlias = Select[str, str]
Keys: TypeAlias = Found | CompoundSelect[str, str]
"""A query for (key_name, subject_digest)."""
Bounds: TypeAlias = Mapping[str, datetime]
"""Preferred period, as it was written → the bound of a trigger that it shortens."""
_NO_FISCAL_YEAR = (12, 31)


@dataclass(frozen=True, slots=True)
class Moment:
    """When and where it is asked, and what people wish for."""

    now: datetime
    zone: ZoneInfo
    periods: tuple[str, ...]
    """Every period that some preference names."""

    def bound(self, keep: Keep) -> datetime | None:
        """Return the instant before which starts are due, or None if no start can be."""
        bound = due_before(keep, self.now, self.zone, _NO_FISCAL_YEAR)
        return None if bound.date() == date.min else bound

    def shorter(self, trigger: Trigger) -> Bounds:
        """Return the bounds of the periods that make more starts due than the policy's own."""
        if not trigger.preference:
            return {}
        own = self.bound(trigger.keep)
        wished = {text: period for text in self.periods if (period := period_of(text)) is not None}
        bounds = {text: self.bound(as_wished(trigger.keep, period)) for text, period in wished.items()}
        return {text: bound for text, bound in bounds.items() if bound is not None and (own is None or bound > own)}


def moment(connection: Connection, policy: Policy, now: datetime) -> Moment:
    """Look up which periods people wish for."""
    wished = select(EVENTS.c.about).where(EVENTS.c.kind == PREFERENCE, EVENTS.c.stands, EVENTS.c.about.is_not(None))
    periods = tuple(sorted(connection.scalars(wished.distinct())))
    return Moment(now, ZoneInfo(policy.timezone), periods)


def due_keys(rule: Rule, policy: Policy, at: Moment) -> Keys | None:
    """Return the query for the keys whose own events make the rule due; None if no key can be due.

    Those whom a restriction protects are among them: see `restricted_keys`.
    """
    needs = [_need(need, at) for need in needs_of(rule, policy)]
    sets = [keys for keys in needs if keys is not None]
    if not sets or len(sets) < len(needs):
        return None
    lead = _every(sets[0]).subquery("lead")
    wanted = [_within(lead, keys) for keys in sets[1:]]
    wanted.append(_addressed(lead, rule.audience, at.now))
    return select(lead.c.key_name, lead.c.subject_digest).where(*wanted)


def perhaps_due_keys(rule: Rule, policy: Policy, at: Moment) -> Keys | None:
    """Return the query for at least one key of every person for whom the rule may be due.

    Whoever meets the first need by the events under all his keys meets it by those under one of
    them, unless a preference under another key shortened it; so those keys are asked for, too.
    Restriction and audience are left to the fold: an event under another key changes both.
    """
    needs = needs_of(rule, policy)
    met = _need(needs[0], at) if needs else None
    wished = {text for trigger in (needs[0] if needs else ()) for text in at.shorter(trigger)}
    parts = list(met or ())
    if wished:
        preferring = _preferences(wished, at.now)
        parts.append(select(preferring.c.key_name, preferring.c.subject_digest))
    return _every(parts) if parts else None


def restricted_keys(now: datetime) -> Keys:
    """Return the query for the keys by which a restriction stands, as `retention.clocks.restriction` has it.

    A placing stands unless there is a lifting after it, and before that a notice after the placing.
    """
    placed, told, lifted = EVENTS.alias(), EVENTS.alias(), EVENTS.alias()
    ended = _any(
        *_counts(told, [NOTIFIED], now),
        told.c.about == RESTRICTION_LIFT,
        _same_key(told, placed),
        told.c.occurred_at > placed.c.occurred_at,
        *_counts(lifted, [LIFTED], now),
        _same_key(lifted, placed),
        lifted.c.occurred_at >= told.c.occurred_at,
    )
    return _of(placed).where(*_counts(placed, [PLACED], now), ~ended)


def _every(parts: Sequence[Found]) -> Keys:
    return parts[0] if len(parts) == 1 else union_all(*parts)


def _within(lead: Subquery, parts: Sequence[Found]) -> ColumnElement[bool]:
    found = _every(parts).subquery()
    # the digest first: comparing names that are all the same takes as long
    return tuple_(lead.c.subject_digest, lead.c.key_name).in_(select(found.c.subject_digest, found.c.key_name))


def _need(need: Need, at: Moment) -> list[Found] | None:
    """Return a query for each way to meet the need; None if there is none."""
    ways = [_run_out(trigger, bound, at) for trigger in need if (bound := at.bound(trigger.keep)) is not None]
    ways += [_run_out_as_wished(trigger, bounds, at) for trigger in need if (bounds := at.shorter(trigger))]
    return ways or None


def _run_out(trigger: Trigger, bound: datetime, at: Moment) -> Found:
    start = EVENTS.alias()
    started, conditions = _started(start, trigger, at.now)
    return _of(start).select_from(started).where(*conditions, start.c.occurred_at < bound)


def _run_out_as_wished(trigger: Trigger, bounds: Bounds, at: Moment) -> Found:
    start, preferring = EVENTS.alias(), _preferences(bounds, at.now)
    bound = case({text: literal(bound, Instant) for text, bound in bounds.items()}, value=preferring.c.about)
    started, conditions = _started(start, trigger, at.now, preferring)
    return _of(start).select_from(started).where(*conditions, start.c.occurred_at < bound)


def _started(
    start: FromClause, trigger: Trigger, now: datetime, of: FromClause | None = None
) -> tuple[FromClause, list[ColumnElement[bool]]]:
    """Return where starts are found after which no stop came, and under which conditions; only `of` these keys.

    An outer join that finds nothing: NOT EXISTS would have SQLite open the index anew for each start.
    """
    conditions = [*_counts(start, [trigger.kind], now), _admitted(start, trigger)]
    where = start if of is None else of.join(start, _same_key(of, start))
    stops = sorted(stops_of(trigger.kind, trigger.about))
    if not stops:
        return where, conditions
    stop = EVENTS.alias()
    after = stop.c.occurred_at >= start.c.occurred_at
    found = and_(*_counts(stop, stops, now), _same_key(stop, start), after, _admitted(stop, trigger))
    return where.outerjoin(stop, found), [*conditions, stop.c.kind.is_(None)]


def _counts(event: FromClause, kinds: Sequence[str], now: datetime) -> Iterable[ColumnElement[bool]]:
    yield event.c.stands
    yield event.c.kind == kinds[0] if len(kinds) == 1 else event.c.kind.in_(kinds)
    yield event.c.occurred_at <= now


def _admitted(event: FromClause, trigger: Trigger) -> ColumnElement[bool]:
    return true() if trigger.about is None else or_(event.c.about.is_(None), event.c.about == trigger.about)


def _preferences(periods: Iterable[str], now: datetime) -> Subquery:
    """Return the keys whose latest preference is one of these periods."""
    mine, other = EVENTS.alias(), EVENTS.alias()
    newer = later(other, mine, "occurred_at", "recorded_at")
    return (
        select(mine.c.key_name, mine.c.subject_digest, mine.c.about)
        .where(
            *_counts(mine, [PREFERENCE], now),
            mine.c.about.in_(sorted(periods)),
            ~_any(*_counts(other, [PREFERENCE], now), _same_key(other, mine), newer),
        )
        .subquery()
    )


def _addressed(key: FromClause, audience: Audience, now: datetime) -> ColumnElement[bool]:
    match audience:
        case Everyone():
            return true()
        case Agreed(version, by):
            return _agreed(key, version, by, now)
        case NotAgreed(version, by):
            return ~_agreed(key, version, by, now)
        case unknown:
            assert_never(unknown)


def _agreed(key: FromClause, version: str, by: str, now: datetime) -> ColumnElement[bool]:
    agreed = EVENTS.alias()
    return _any(*_counts(agreed, [by], now), agreed.c.about == version, _same_key(agreed, key))


def _same_key(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    return and_(one.c.subject_digest == other.c.subject_digest, one.c.key_name == other.c.key_name)


def _any(*conditions: ColumnElement[bool]) -> Exists:
    """Return whether a row meets the conditions; asking for its columns would make SQLite read it."""
    return exists(literal_column("1")).where(*conditions)


def _of(event: FromClause) -> Found:
    return select(event.c.key_name, event.c.subject_digest)
