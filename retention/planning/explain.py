"""Why is it kept, and until when: one person's data, field by field, as the planner would see it.

The rows of each dataset are cut as planning cuts them: by who decides over them, by which laws
keep which of their fields, and by whether their own dates have run out. For each cut and each
category of fields one fate (`fates`) is told, the first that applies:

(1) a placed hold or a restriction stands over the whole person;
(2) the row is a tenant's, and the tenant's own clock has not run out;
(3) a law keeps the field;
(4) what the rule's clock says.

What would be said without (1) to (3) stands beneath, so that it is known what happens when they end.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import assert_never

from retention import clocks
from retention.model.datamap import Dataset
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.ids import CategoryId, DatasetId
from retention.model.policy import AfterEvent, AfterPurposes, Authority, FieldHold, Rule
from retention.model.predicate import Before, Not, Populated, Predicate, Selection
from retention.model.subject import Key, SubjectKey
from retention.planning.authority import controlled, instructed
from retention.planning.due import rules_in_force
from retention.planning.fates import (
    Due,
    Explanation,
    Fate,
    HeldByLaw,
    KeptUntil,
    Line,
    NoClock,
    NoRule,
    OpenPurpose,
    OutOfUse,
    Restricted,
    RuleFate,
    TenantControlled,
    UnderPlacedHold,
    joined,
)
from retention.planning.holding import Part, date_name, latest_end, local_day, parts, together
from retention.planning.identity import Identity
from retention.planning.keysets import KeySets
from retention.planning.pausing import Pauses
from retention.planning.reach import of_identity, referenced
from retention.planning.resolving import Resolved, refuse_merged, resolve, unlinked_of
from retention.planning.suspending import NOBODY, Standing
from retention.planning.world import World

_NO_SALT = b"no plan is made of this"
_RESTRICTING = frozenset({"restriction.placed", "restriction.lifted"})


def explain(world: World, start: SubjectKey, pauses: Pauses, stopped: Standing = NOBODY) -> Explanation:
    """Say of everything that is known of a person what becomes of it, and why.

    Raises:
        AmbiguousSubjectError: the key leads to several people.
        KeyTypeError, TransientFailure, TerminalFailure: from the finders.

    """
    keysets = KeySets(_NO_SALT)
    found = resolve(world, start, keysets)
    refuse_merged(found)
    return explained(world, found, keysets, pauses, stopped)


def explained(
    world: World, found: Resolved, keysets: KeySets, pauses: Pauses, stopped: Standing = NOBODY
) -> Explanation:
    """Say it of a person who is found; raises what the finders raise."""
    identity = found.identity
    who = {(key.name, pauses.digest(key)) for key in identity.every()}
    person = _Person(
        tuple(pauses.events.of_keys(who, clocks.EVENT_KINDS)),
        next((h for h in pauses.holds if h.released_at is None and (h.key_name, h.subject_digest) in who), None),
    )
    reach = of_identity(world, identity, keysets)
    reached = reach.rows
    looking = _Looking(world, keysets, person)
    lines = [
        line
        for own in _by_authority(world, reached, keysets, pauses)
        for name in reached
        if name in own.reached
        for line in looking.lines(own, world.dataset(name))
    ]
    place = {name: number for number, name in enumerate(world.datamap.datasets)}
    lines.sort(key=lambda line: place[line.dataset])
    looked = tuple(sorted(reached, key=place.__getitem__))
    unlinked = unlinked_of(world, found, reach, keysets)
    suspended = _out_of_use(identity, stopped)
    return Explanation(world.now, tuple(sorted(identity.keys)), looked, joined(lines), found.links, unlinked, suspended)


def _out_of_use(identity: Identity, stopped: Standing) -> tuple[OutOfUse, ...]:
    """Return the suspensions that stand over the person, one a case, oldest first."""
    who = {(key.name, stopped.digest(key)) for key in identity.every()} if stopped.entries else set()
    found = {
        OutOfUse(entry.case_id, entry.since, entry.rules, entry.statutes, entry.until): None
        for entry in stopped.entries
        if (entry.key_name, entry.digest) in who
    }
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Person:
    """What the ledger knows of the person."""

    events: tuple[Event, ...]
    hold: PlacedHold | None


@dataclass(frozen=True, slots=True)
class _Own:
    """Rows over which the same party decides."""

    reached: Mapping[DatasetId, Predicate]
    tenant_key: str | None = None
    tenant_events: tuple[Event, ...] = ()


@dataclass(frozen=True, slots=True)
class _Cell:
    """Some fields of some rows of one dataset, to which the same applies."""

    own: _Own
    dataset: Dataset
    part: Part
    fields: frozenset[str]
    rule: Rule | None
    rows: Predicate
    is_unfounded: bool = False
    """Whether the rows lack what the data map asks of every row (`only_with`): due, whatever the clock says."""

    @property
    def columns(self) -> tuple[str, ...]:
        """The fields, sorted."""
        return tuple(sorted(self.fields))


def _by_authority(
    world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets, pauses: Pauses
) -> Iterator[_Own]:
    """Yield the person's own rows, then those of each tenant."""
    theirs = controlled(world, reached, keysets)
    yield _Own({n: together(where, Not(theirs[n])) if n in theirs else where for n, where in reached.items()})
    for name, value in sorted(_tenants(world, reached, keysets), key=str):
        rows = instructed(world, reached, {name: frozenset({value})}, keysets)
        own = {n: together(reached[n], where) for n, where in rows.items() if n in reached}
        known = tuple(pauses.events.of_keys({(name, pauses.digest(SubjectKey(name, str(value))))}, clocks.EVENT_KINDS))
        yield _Own(own, name, known)


def _tenants(world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets) -> set[tuple[str, Key]]:
    """Return the tenants that the rows name: key name and value."""
    return {
        (dataset.tenant[0], value)
        for dataset in map(world.dataset, reached)
        if dataset.tenant
        for value in referenced(world, dataset, dataset.tenant[1], reached[dataset.dataset_id], keysets)
    }


class _Looking:
    """Looks into datasets for one person."""

    def __init__(self, world: World, keysets: KeySets, person: _Person) -> None:
        self._world = world
        self._keysets = keysets
        self._person = person
        self._restriction = clocks.restricted(person.events, world.now)

    def lines(self, own: _Own, dataset: Dataset) -> Iterator[Line]:
        """Yield what becomes of the rows of the dataset, cut by cut."""
        where = own.reached[dataset.dataset_id]
        if not self._count(dataset, where):
            return
        for part in parts(self._world, dataset):
            rows = together(where, *part.where)
            if part.where and not self._count(dataset, rows):
                continue
            for category, fields in _alike(self._world.policy.holds, dataset):
                filled = together(rows, Populated(tuple(sorted(fields))))
                cell = _Cell(own, dataset, part, fields, self._rule(own, category), filled)
                for founded in _by_foundation(cell):
                    yield from self._by_date(founded, category)

    def _rule(self, own: _Own, category: CategoryId) -> Rule | None:
        """Return the rule that speaks of the category to this person, or to this tenant."""
        authority = Authority.INDIVIDUAL if own.tenant_key is None else Authority.TENANT
        events, now = self._events(own), self._world.now
        rules = [
            rule
            for rule in rules_in_force(self._world)
            if rule.category == category
            and rule.authority is authority
            and clocks.addressed(rule.audience, events, now)
        ]
        return rules[0] if rules else None

    def _events(self, own: _Own) -> tuple[Event, ...]:
        return self._person.events if own.tenant_key is None else own.tenant_events

    def _by_date(self, cell: _Cell, category: CategoryId) -> Iterator[Line]:
        """Yield a line for all rows of the cell, or, for a row clock, one for those over, running and without date."""
        for rows in self._cuts(cell):
            count = self._count(cell.dataset, rows)
            if count:
                fate = self._fate(cell, rows)
                yield Line(cell.dataset.system, cell.dataset.dataset_id, category, cell.columns, count, fate)

    def _cuts(self, cell: _Cell) -> Iterator[Predicate]:
        if cell.rule is None or cell.is_unfounded or _is_by_event(cell.rule):
            yield cell.rows
            return
        column = cell.dataset.dates[date_name(cell.rule.keep)]
        world = self._world
        over = Before(column, clocks.due_before(cell.rule.keep, world.now, world.zone, world.policy.fiscal_year_end))
        dated = Populated((column,))
        yield together(cell.rows, over)
        yield together(cell.rows, dated, Not(over))
        yield together(cell.rows, Not(dated))

    def _fate(self, cell: _Cell, rows: Predicate) -> Fate:
        beneath = self._of_rule(cell, rows)
        if self._person.hold is not None:
            return UnderPlacedHold(self._person.hold, beneath)
        match self._restriction:
            case clocks.RestrictedSince(placed_at):
                return Restricted(placed_at, untold=False, beneath=beneath)
            case clocks.LiftWithoutNotice(placed_at, _):
                return Restricted(placed_at, untold=True, beneath=beneath)
            case clocks.Unrestricted():
                pass
            case unknown:
                assert_never(unknown)
        if cell.own.tenant_key is not None and not (isinstance(beneath, Due) and _is_by_event(beneath.rule)):
            return TenantControlled(cell.own.tenant_key, beneath)
        if cell.fields <= cell.part.fields:
            return self._held(cell, rows, beneath)
        return beneath

    def _held(self, cell: _Cell, rows: Predicate, beneath: RuleFate) -> HeldByLaw:
        """Name the law that keeps the fields longest."""
        names = {f"{cell.dataset.short_name}.{name}" for name in cell.fields}
        holds = [hold for hold in cell.part.holds if names & set(hold.fields)]
        ends = [(self._end(cell, hold, rows), hold) for hold in holds]
        last, hold = max(ends, key=lambda end: (end[0] is None, end[0] or date.min))
        return HeldByLaw(hold, last, beneath)

    def _end(self, cell: _Cell, hold: FieldHold, rows: Predicate) -> date | None:
        end = latest_end(self._world, cell.dataset, hold, rows, self._keysets)
        return end.date() if end else None

    def _of_rule(self, cell: _Cell, rows: Predicate) -> RuleFate:
        if cell.rule is None:
            return NoRule()
        if cell.is_unfounded:
            return Due(cell.rule, self._world.now, self._world.now.astimezone(self._world.zone).date())
        if _is_by_event(cell.rule):
            return self._of_events(cell.rule, self._events(cell.own))
        return self._of_dates(cell.rule, cell.dataset, rows)

    def _of_events(self, rule: Rule, events: Iterable[Event]) -> RuleFate:
        # what the restriction pauses is told by the fate above
        counted = [e for e in clocks.that_count(events, self._world.now) if e.kind not in _RESTRICTING]
        found = clocks.standing(rule, self._world.policy, counted, self._world.now)
        match found:
            case clocks.Due(started_at, free_on):
                return Due(rule, started_at, free_on)
            case clocks.Running(started_at, free_on, open_purposes):
                return KeptUntil(rule, started_at, free_on, free_on, open_purposes)
            case clocks.OpenPurposes(purposes, free_on):
                return OpenPurpose(rule, purposes, free_on)
            case clocks.NotStarted() | clocks.OutsideAudience() | clocks.Paused():
                return NoClock(rule)
            case unknown:
                assert_never(unknown)

    def _of_dates(self, rule: Rule, dataset: Dataset, rows: Predicate) -> RuleFate:
        """Fold the dates of rows that are all over, all running, or all without a date."""
        column = dataset.dates[date_name(rule.keep)]
        values = self._world.finder(dataset).values(dataset, [column], Selection(rows, self._keysets.values))
        days = {local_day(value, self._world) for (value,) in values if value is not None}
        found = [clocks.row_standing(rule, self._world.policy, day, self._world.now) for day in sorted(days)]
        begun = [one for one in found if not isinstance(one, clocks.NotStarted)]
        if not begun:
            return NoClock(rule)
        first, last = begun[0], begun[-1]
        if isinstance(first, clocks.Due):
            return Due(rule, first.started_at, first.free_on)
        return KeptUntil(rule, first.started_at, first.free_on, last.free_on)

    def _count(self, dataset: Dataset, where: Predicate) -> int:
        return self._world.count(dataset, where, self._keysets)


def _by_foundation(cell: _Cell) -> Iterator[_Cell]:
    """Part rows that have the consent they need from those that lack it; a tenant's rows are the tenant's affair."""
    column = cell.dataset.only_with
    if column is None or cell.own.tenant_key is not None:
        yield cell
        return
    has = Populated((column,))
    yield replace(cell, rows=together(cell.rows, has))
    yield replace(cell, rows=together(cell.rows, Not(has)), is_unfounded=True)


def _is_by_event(rule: Rule) -> bool:
    return isinstance(rule.keep.start, AfterEvent | AfterPurposes)


def _alike(holds: Iterable[FieldHold], dataset: Dataset) -> list[tuple[CategoryId, frozenset[str]]]:
    """Return the dataset's fields, those of one category that the same laws may keep together."""
    holds = tuple(holds)
    found: dict[tuple[CategoryId, tuple[str, ...]], frozenset[str]] = {}
    for name, field in dataset.fields.items():
        laws = tuple(hold.hold_id for hold in holds if f"{dataset.short_name}.{name}" in hold.fields)
        found[field.category, laws] = found.get((field.category, laws), frozenset()) | {name}
    return [(category, fields) for (category, _), fields in found.items()]
