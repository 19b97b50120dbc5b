"""What becomes of a person's data, as types: a closed union of fates, and the whole explanation.

`Due` and the others of `RuleFate` are what a rule's clock says; the rest stand above it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeAlias, TypeVar, assert_never

from retention.identity import Link
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, CategoryId, DatasetId, RuleId, SystemId
from retention.model.plan import Unlinked
from retention.model.policy import AfterEvent, AfterFiscalYear, AfterPurposes, FieldHold, Rule, SinceDate


@dataclass(frozen=True, slots=True)
class Due:
    """It must go; the next sweep takes it."""

    rule: Rule
    started_at: datetime
    """What started the clock happened then; of several rows, the earliest."""
    free_on: date
    """Due since this day; of several rows, the earliest."""


@dataclass(frozen=True, slots=True)
class KeptUntil:
    """The clock runs."""

    rule: Rule
    started_at: datetime
    free_on: date
    """The first day on which some of it may go."""
    last_free_on: date
    """The first day on which all of it may go: the rows have dates of their own."""
    open_purposes: tuple[str, ...] = ()
    """Purposes that must end as well, and have not begun to."""


@dataclass(frozen=True, slots=True)
class OpenPurpose:
    """The clock has run out or there is none, and purposes still need the data."""

    rule: Rule
    purposes: tuple[str, ...]
    free_on: date | None
    """None while one of them has not begun to end."""


@dataclass(frozen=True, slots=True)
class NoClock:
    """The clock has not started: no event did, or the row has no date."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class NoRule:
    """No rule speaks of it: it stays until the person asks."""


RuleFate: TypeAlias = Due | KeptUntil | OpenPurpose | NoClock | NoRule


@dataclass(frozen=True, slots=True)
class HeldByLaw:
    """A law keeps the field."""

    hold: FieldHold
    until: date | None
    """The first day on which the last of it is free; None if nobody can say: a date is missing."""
    beneath: RuleFate


@dataclass(frozen=True, slots=True)
class UnderPlacedHold:
    """Someone had disposal paused for this person."""

    hold: PlacedHold
    beneath: RuleFate


@dataclass(frozen=True, slots=True)
class Restricted:
    """The person has had the processing restricted (GDPR art. 18)."""

    placed_at: datetime
    untold: bool
    """Somebody lifted it and did not tell the person first, so that it still stands."""
    beneath: RuleFate


@dataclass(frozen=True, slots=True)
class TenantControlled:
    """A client decides over it: it moves on the client's instruction, or after its contract."""

    tenant_key: str
    """The name of the key by which tenants are known; never its value."""
    beneath: RuleFate


Fate: TypeAlias = RuleFate | HeldByLaw | UnderPlacedHold | Restricted | TenantControlled


@dataclass(frozen=True, slots=True)
class Line:
    """Fields of one category in some of the person's rows, and what becomes of them."""

    system: SystemId
    dataset: DatasetId
    category: CategoryId
    fields: tuple[str, ...]
    rows: int
    """Rows in which at least one of the fields is filled."""
    fate: Fate


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything known of one person, without a single value of it."""

    now: datetime
    key_names: tuple[str, ...]
    """By which keys the person is known."""
    datasets: tuple[DatasetId, ...]
    """Every dataset that was looked into."""
    lines: tuple[Line, ...]
    links: tuple[Link, ...] = ()
    """How the person's keys were found."""
    unlinked: tuple[Unlinked, ...] = ()
    """Where nobody can be this person, and why."""
    suspended: tuple[OutOfUse, ...] = ()
    """Suspensions of the person's data that stand."""


@dataclass(frozen=True, slots=True)
class OutOfUse:
    """The use of the person's data is stopped."""

    case_id: CaseId
    since: datetime
    rules: tuple[RuleId, ...]
    """Empty if the person asked."""
    statutes: tuple[str, ...]
    until: datetime | None
    """None: until somebody lifts it."""


def plain(fate: Fate) -> dict[str, object]:
    """Return the fate for programs: a code, and what belongs to it; rules, laws and holds by their names."""
    match fate:
        case Due(rule, started_at, free_on):
            return {"fate": "due", **_of_rule(rule), "then": rule.then, "started_at": started_at, "since": free_on}
        case KeptUntil(rule, started_at, free_on, last_free_on, purposes):
            dates = {"started_at": started_at, "until": free_on, "until_last": last_free_on}
            return {"fate": "kept", **_of_rule(rule), **dates, "purposes": purposes}
        case OpenPurpose(rule, purposes, free_on):
            return {"fate": "open-purpose", **_of_rule(rule), "purposes": purposes, "until": free_on}
        case NoClock(rule):
            return {"fate": "clock-not-started", **_of_rule(rule)}
        case NoRule():
            return {"fate": "no-rule"}
        case HeldByLaw(hold, until, beneath):
            law = {"hold": hold.hold_id, "statute": hold.statute, "until": until}
            return {"fate": "held-by-law", **law, "then": plain(beneath)}
        case UnderPlacedHold(hold, beneath):
            placed = {"hold": hold.hold_id, "reason": hold.reason, "placed_at": hold.placed_at}
            return {"fate": "placed-hold", **placed, "then": plain(beneath)}
        case Restricted(placed_at, untold, beneath):
            return {"fate": "restricted", "placed_at": placed_at, "untold": untold, "then": plain(beneath)}
        case TenantControlled(tenant_key, beneath):
            return {"fate": "tenant-controlled", "tenant_key": tenant_key, "then": plain(beneath)}
        case _:
            assert_never(fate)


def _of_rule(rule: Rule) -> dict[str, object]:
    match rule.keep.start:
        case AfterEvent(kind):
            clock = {"event": kind}
        case AfterPurposes():
            clock = {"event": "purposes.ended"}
        case SinceDate(name):
            clock = {"date": name}
        case AfterFiscalYear(name):
            clock = {"fiscal_year_of": name}
        case _:
            assert_never(rule.keep.start)
    return {"rule": rule.rule_id, "statute": rule.statute, **clock}


def joined(lines: Iterable[Line]) -> tuple[Line, ...]:
    """Join lines that say the same of the same fields, so that each thing is told once."""
    found: list[Line] = []
    for line in lines:
        for place, other in enumerate(found):
            same = (line.dataset, line.category, line.fields) == (other.dataset, other.category, other.fields)
            fate = _join(other.fate, line.fate) if same else None
            if fate is not None:
                found[place] = replace(other, rows=other.rows + line.rows, fate=fate)
                break
        else:
            found.append(line)
    return tuple(found)


def _join(one: Fate, other: Fate) -> Fate | None:
    """Return what both say, or None if they say different things."""
    match one, other:
        case Due(), Due() if one.rule == other.rule:
            return min(one, other, key=lambda due: (due.free_on, due.started_at))
        case KeptUntil(), KeptUntil() if (one.rule, one.open_purposes) == (other.rule, other.open_purposes):
            first = min(one, other, key=lambda kept: (kept.free_on, kept.started_at))
            return replace(first, last_free_on=max(one.last_free_on, other.last_free_on))
        case UnderPlacedHold(), UnderPlacedHold():
            return _join_above(one, other)
        case Restricted(), Restricted():
            return _join_above(one, other)
        case TenantControlled(), TenantControlled() if one.tenant_key == other.tenant_key:
            return _join_above(one, other)
        case HeldByLaw(), HeldByLaw() if one.hold == other.hold:
            until = None if one.until is None or other.until is None else max(one.until, other.until)
            both = _join_above(one, other)
            return replace(both, until=until) if isinstance(both, HeldByLaw) else None
        case _:
            return one if one == other else None


_Above = TypeVar("_Above", HeldByLaw, UnderPlacedHold, Restricted, TenantControlled)


def _join_above(one: _Above, other: _Above) -> _Above | None:
    beneath = _join(one.beneath, other.beneath)
    return replace(one, beneath=beneath) if isinstance(beneath, RuleFate) else None
