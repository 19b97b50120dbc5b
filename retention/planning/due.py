"""Whose clocks have run out: the due set of a sweep."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import TypeAlias

from retention.clocks import Due, due_before, kinds_that_move, standing
from retention.model.event import Event
from retention.model.ids import CategoryId, RuleId
from retention.model.plan import Because
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Disposal, Rule
from retention.model.predicate import Before, Not, Populated
from retention.model.subject import Key, SubjectKey
from retention.planning.authority import tenant_key_names
from retention.planning.cells import Group
from retention.planning.grounds import unfounded_statutes
from retention.planning.holding import date_name
from retention.planning.identity import Digester, expand, locate, persons, unique_keys
from retention.planning.keysets import KeySets
from retention.planning.reach import of_identity, refuse_unlinkable, through_parents
from retention.planning.world import World
from retention.ports.ledger import Events, KeyDigest

Person: TypeAlias = frozenset[SubjectKey]
"""All keys of one person."""
_BATCH = 500
"""People whose events are in memory at a time."""


@dataclass(frozen=True, slots=True)
class DuePeople:
    """People for whom exactly the same rules are due."""

    rules: tuple[Rule, ...]
    keys: Mapping[str, frozenset[Key]] = field(repr=False)


def rules_in_force(world: World) -> tuple[Rule, ...]:
    """Return the rules that apply today, in the policy's order."""
    today = world.now.astimezone(world.zone).date()
    return tuple(rule for rule in world.policy.rules if rule.in_force(today))


@dataclass(frozen=True, slots=True)
class DueSet:
    """The people of a sweep."""

    people: tuple[DuePeople, ...]
    merged: Mapping[str, int]
    """Key name → people left out, since their rows tie several values of a key of which each person has one."""


def due_people(world: World, events: Events, digest: Digester, keysets: KeySets) -> DueSet:
    """Return the people whose event clocks have run out, grouped by what is due.

    The ledger names the keys that may be due, the stores the people behind them, and the events
    under all keys of each person decide. Who may be several people is left out: a person must decide.
    """
    rules = tuple(_event_rules(world))
    wanted: set[KeyDigest] = set()
    for rule, keys in events.perhaps_due_of(rules, world.policy, world.now):
        names = _key_names(world, rule)
        wanted.update(key for key in keys if key[0] in names)
    if not wanted:
        return DueSet((), {})
    located: dict[str, set[Key]] = defaultdict(set)
    for key, _ in locate(world, {name for name, _ in wanted}, lambda name, value: (name, value) in wanted, digest):
        located[key.name].add(key.value)
    found = persons(world, {name: frozenset(values) for name, values in located.items()}, keysets)
    unique = unique_keys(world.datamap)
    due = list(_due_of(world, rules, events, found, digest))
    merged = [name for person, _ in due if (name := _several(person, unique)) is not None]
    single = ((person, names) for person, names in due if _several(person, unique) is None)
    return DueSet(tuple(_grouped(world, single)), Counter(merged))


def _several(person: Person, unique: Collection[str]) -> str | None:
    """Return the name of a unique key of which the person has several values."""
    count = Counter(key.name for key in person if key.name in unique)
    return next((name for name, values in sorted(count.items()) if values > 1), None)


def _event_rules(world: World) -> Iterator[Rule]:
    return (rule for rule in rules_in_force(world) if isinstance(rule.keep.start, AfterEvent | AfterPurposes))


def _due_of(
    world: World, rules: Sequence[Rule], events: Events, found: Iterable[Person], digest: Digester
) -> Iterator[tuple[Person, frozenset[RuleId]]]:
    """Yield what is due for each person, by the events under all his keys: closed by one, reopened by another."""
    kinds = {kind for rule in rules for kind in kinds_that_move(rule, world.policy)}
    names = {rule.rule_id: _key_names(world, rule) for rule in rules}
    people = iter(found)
    while batch := list(islice(people, _BATCH)):
        owner = {(key.name, digest(key)): person for person in batch for key in person}
        told: dict[Person, list[Event]] = {person: [] for person in batch}
        for event in events.of_keys(owner, kinds):
            told[owner[event.key_name, event.subject_digest]].append(event)
        for person, happened in told.items():
            due = frozenset(
                rule.rule_id
                for rule in rules
                if _is_due(world, rule, [event for event in happened if event.key_name in names[rule.rule_id]])
            )
            if due:
                yield person, due


def _is_due(world: World, rule: Rule, happened: Iterable[Event]) -> bool:
    return isinstance(standing(rule, world.policy, happened, world.now), Due)


def _key_names(world: World, rule: Rule) -> frozenset[str]:
    """Return the keys by which events name those whom the rule is about: people, or tenants."""
    if rule.authority is Authority.TENANT:
        return frozenset(tenant_key_names(world.datamap))
    return frozenset(name for dataset in world.datamap.datasets.values() for name in dataset.subject)


def _grouped(world: World, due: Iterable[tuple[Person, frozenset[RuleId]]]) -> Iterator[DuePeople]:
    """Group people by their set of due rules."""
    groups: dict[frozenset[RuleId], dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
    for person, rules in due:
        for key in person:
            groups[rules][key.name].add(key.value)
    for names, keys in sorted(groups.items(), key=lambda item: sorted(item[0])):
        rules_due = tuple(rule for rule in world.policy.rules if rule.rule_id in names)
        yield DuePeople(rules_due, {name: frozenset(values) for name, values in keys.items()})


def people_group(world: World, people: DuePeople, keysets: KeySets) -> Group:
    """Return the rows of these people, for the categories that are due."""
    identity = expand(world, people.keys, keysets)
    due = fates(people.rules)
    reach = of_identity(world, identity, keysets, due, wholly=True)
    refuse_unlinkable(reach, identity.keys)
    return Group(
        reached=reach.rows,
        fates=due,
        k=max(rule.k for rule in people.rules),
        because=because(people.rules),
        rules=people.rules,
        keys=identity.keys,
    )


def row_groups(world: World, keysets: KeySets) -> Iterator[Group]:
    """Yield, for each rule with a row clock and each dataset it applies to, the rows that are due.

    Rows of other datasets that refer to them come along, so that they let go of what goes or keep
    it; what is due in them is said by their own dates. Rows that should never have come in are due as well.
    """
    yield from _unfounded_groups(world, keysets)
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent | AfterPurposes):
            continue
        bound = due_before(rule.keep, world.now, world.zone, world.policy.fiscal_year_end)
        for dataset in world.datamap.datasets.values():
            column = dataset.dates.get(date_name(rule.keep))
            if column and any(field_.category == rule.category for field_ in dataset.fields.values()):
                roots = {dataset.dataset_id: Before(column, bound)}
                reached = through_parents(world, roots, keysets)
                yield Group(reached, fates([rule]), rule.k, because([rule]), rules=(rule,), root=dataset.dataset_id)


def _unfounded_groups(world: World, keysets: KeySets) -> Iterator[Group]:
    """Yield the rows that came in without what the data map asks for (`only_with`): erased, whatever the clock says."""
    for dataset in world.datamap.datasets.values():
        if dataset.only_with is None:
            continue
        categories = {each.category for each in dataset.fields.values()}
        rules = tuple(rule for rule in rules_in_force(world) if rule.category in categories)
        roots = {dataset.dataset_id: Not(Populated((dataset.only_with,)))}
        yield Group(
            through_parents(world, roots, keysets),
            dict.fromkeys(categories, Disposal.ERASE),
            max((rule.k for rule in rules), default=2),
            Because(tuple(rule.rule_id for rule in rules), unfounded_statutes(world), request=False),
            rules=rules,
            root=dataset.dataset_id,
        )


def fates(rules: Iterable[Rule]) -> dict[CategoryId, Disposal]:
    """Return what becomes of each category; erasing is stronger than anonymizing."""
    found: dict[CategoryId, Disposal] = {}
    for rule in rules:
        found[rule.category] = max(found.get(rule.category, rule.then), rule.then, key=lambda one: one.strength)
    return found


def because(rules: Iterable[Rule]) -> Because:
    """Return the reason that evidence will name."""
    rules = tuple(rules)
    statutes = tuple(sorted({rule.statute for rule in rules if rule.statute}))
    return Because(tuple(rule.rule_id for rule in rules), statutes, request=False)
