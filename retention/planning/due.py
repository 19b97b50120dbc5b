"""Whose clocks have run out: the due set of a sweep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retention.clocks import due_before, due_since, due_subjects, kinds_that_move
from retention.model.event import Event
from retention.model.ids import CategoryId, RuleId
from retention.model.plan import Because
from retention.model.policy import AfterEvent, AfterPurposes, Authority, Disposal, Rule
from retention.model.predicate import Before
from retention.model.subject import Key, SubjectKey
from retention.planning.authority import tenant_key_names
from retention.planning.cells import Group
from retention.planning.holding import date_name
from retention.planning.identity import Digester, expand, locate, persons
from retention.planning.keysets import KeySets
from retention.planning.reach import of_identity, through_parents
from retention.planning.world import World
from retention.ports.ledger import Events

Person: TypeAlias = frozenset[SubjectKey]
"""All keys of one person."""


@dataclass(frozen=True, slots=True)
class DuePeople:
    """People for whom exactly the same rules are due."""

    rules: tuple[Rule, ...]
    keys: Mapping[str, frozenset[Key]] = field(repr=False)


def rules_in_force(world: World) -> tuple[Rule, ...]:
    """Return the rules that apply today, in the policy's order."""
    today = world.now.astimezone(world.zone).date()
    return tuple(rule for rule in world.policy.rules if rule.in_force(today))


def due_people(world: World, events: Events, digest: Digester, keysets: KeySets) -> tuple[DuePeople, ...]:
    """Return the people whose event clocks have run out, grouped by what is due."""
    by_digest: dict[tuple[str, str], set[RuleId]] = defaultdict(set)
    for rule, start in _event_rules(world):
        for key_name in _key_names(world, rule):
            inbox = events.of_kinds(kinds_that_move(start.event), key_name)
            for digested, _ in due_subjects(inbox, rule.keep, world.now, world.zone):
                by_digest[key_name, digested].add(rule.rule_id)
    if not by_digest:
        return ()
    names = {name for name, _ in by_digest}
    located: dict[str, set[Key]] = defaultdict(set)
    for key, _ in locate(world, names, lambda name, value: (name, value) in by_digest, digest):
        located[key.name].add(key.value)
    frozen = {name: frozenset(values) for name, values in located.items()}
    found = persons(world, frozen, keysets)
    return tuple(_grouped(world, _due_of(world, events, found, digest)))


def _event_rules(world: World) -> Iterator[tuple[Rule, AfterEvent]]:
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent):
            yield rule, rule.keep.start


def _due_of(
    world: World, events: Events, found: Iterable[Person], digest: Digester
) -> Iterator[tuple[Person, frozenset[RuleId]]]:
    """Yield what is due for each person, by the events under all his keys: closed by one, reopened by another."""
    owner = {(key.name, digest(key)): person for person in found for key in person}
    due: dict[Person, set[RuleId]] = {person: set() for person in owner.values()}
    for rule, start in _event_rules(world):
        told: dict[Person, list[Event]] = defaultdict(list)
        for key_name in _key_names(world, rule):
            for event in events.of_kinds(kinds_that_move(start.event), key_name):
                if (key_name, event.subject_digest) in owner:
                    told[owner[key_name, event.subject_digest]].append(event)
        for person, happened in told.items():
            if due_since(happened, rule.keep, world.now, world.zone) is not None:
                due[person].add(rule.rule_id)
    yield from ((person, frozenset(rules)) for person, rules in due.items() if rules)


def _key_names(world: World, rule: Rule) -> tuple[str, ...]:
    """Return the keys by which events name those whom the rule is about: people, or tenants."""
    if rule.authority is Authority.TENANT:
        return tuple(sorted(tenant_key_names(world.datamap)))
    return tuple(sorted({name for dataset in world.datamap.datasets.values() for name in dataset.subject}))


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
    return Group(
        reached=of_identity(world, identity, keysets),
        fates=fates(people.rules),
        k=max(rule.k for rule in people.rules),
        because=because(people.rules),
        rules=people.rules,
        keys=identity.keys,
    )


def row_groups(world: World, keysets: KeySets) -> Iterator[Group]:
    """Yield, for each rule with a row clock and each dataset it applies to, the rows that are due.

    Rows of other datasets that refer to them come along, so that they let go of what goes or keep
    it; what is due in them is said by their own dates.
    """
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


def fates(rules: Iterable[Rule]) -> dict[CategoryId, Disposal]:
    """Return what becomes of each category; erasing is stronger than anonymizing."""
    found: dict[CategoryId, Disposal] = {}
    for rule in rules:
        found[rule.category] = Disposal.ERASE if found.get(rule.category) is Disposal.ERASE else rule.then
    return found


def because(rules: Iterable[Rule]) -> Because:
    """Return the reason that evidence will name."""
    rules = tuple(rules)
    statutes = tuple(sorted({rule.statute for rule in rules if rule.statute}))
    return Because(tuple(rule.rule_id for rule in rules), statutes, request=False)
