"""Whose clocks have run out: the due set of a sweep."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from retention.clocks import due_before, due_subjects, kinds_that_move
from retention.model.ids import CategoryId, RuleId
from retention.model.plan import Because
from retention.model.policy import AfterEvent, Disposal, Rule
from retention.model.predicate import Before
from retention.model.subject import Key
from retention.planning.cells import Group
from retention.planning.holding import date_name
from retention.planning.identity import Digester, expand, locate
from retention.planning.keysets import KeySets
from retention.planning.reach import of_identity, through_parents
from retention.planning.world import World
from retention.ports.ledger import Events


@dataclass(frozen=True, slots=True)
class DuePeople:
    """People for whom exactly the same rules are due."""

    rules: tuple[Rule, ...]
    keys: Mapping[str, frozenset[Key]] = field(repr=False)


def rules_in_force(world: World) -> tuple[Rule, ...]:
    """Return the rules that apply today, in the policy's order."""
    today = world.now.astimezone(world.zone).date()
    return tuple(rule for rule in world.policy.rules if rule.in_force(today))


def due_people(world: World, events: Events, digest: Digester) -> tuple[DuePeople, ...]:
    """Return the people whose event clocks have run out, grouped by what is due."""
    by_person: dict[tuple[str, str], set[RuleId]] = defaultdict(set)
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent):
            for key_name in _key_names(world):
                inbox = events.of_kinds(kinds_that_move(rule.keep.start.event), key_name)
                for digested, _ in due_subjects(inbox, rule.keep, world.now, world.zone):
                    by_person[key_name, digested].add(rule.rule_id)
    return tuple(_grouped(world, by_person, digest))


def _key_names(world: World) -> tuple[str, ...]:
    return tuple(sorted({name for dataset in world.datamap.datasets.values() for name in dataset.subject}))


def _grouped(world: World, by_person: Mapping[tuple[str, str], set[RuleId]], digest: Digester) -> Iterator[DuePeople]:
    """Find the people in the stores and group them by their set of due rules."""
    if not by_person:
        return
    groups: dict[frozenset[RuleId], dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
    names = {name for name, _ in by_person}
    for key, digested in locate(world, names, lambda name, value: (name, value) in by_person, digest):
        groups[frozenset(by_person[key.name, digested])][key.name].add(key.value)
    for due, keys in sorted(groups.items(), key=lambda item: sorted(item[0])):
        rules = tuple(rule for rule in world.policy.rules if rule.rule_id in due)
        frozen = {name: frozenset(values) for name, values in keys.items()}
        yield DuePeople(rules, frozen)


def people_group(world: World, people: DuePeople, keysets: KeySets) -> Group:
    """Return the rows of these people, for the categories that are due."""
    identity = expand(world, people.keys, keysets)
    return Group(
        reached=of_identity(world, identity, keysets),
        fates=fates(people.rules),
        k=max(rule.k for rule in people.rules),
        because=because(people.rules),
        keys=identity.keys,
    )


def row_groups(world: World, keysets: KeySets) -> Iterator[Group]:
    """Yield, for each rule with a row clock and each dataset it applies to, the rows that are due.

    Rows of other datasets that refer to them come along, so that they let go of what goes or keep
    it; what is due in them is said by their own dates.
    """
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent):
            continue
        bound = due_before(rule.keep, world.now, world.zone, world.policy.fiscal_year_end)
        for dataset in world.datamap.datasets.values():
            column = dataset.dates.get(date_name(rule.keep))
            if column and any(field_.category == rule.category for field_ in dataset.fields.values()):
                roots = {dataset.dataset_id: Before(column, bound)}
                reached = through_parents(world, roots, keysets)
                yield Group(reached, fates([rule]), rule.k, because([rule]), root=dataset.dataset_id)


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
