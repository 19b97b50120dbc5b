"""People to whom erasure was promised for the day on which a law lets go of their data."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from retention.model.ids import CategoryId
from retention.model.promises import Promise
from retention.model.subject import Key
from retention.planning.due import DuePeople, rules_in_force
from retention.planning.identity import Digester, by_name, locate, persons
from retention.planning.keysets import KeySets
from retention.planning.world import World


@dataclass(frozen=True, slots=True)
class Found:
    """The promises that are due, parted by whether their person is still there."""

    people: tuple[DuePeople, ...] = ()
    gone: frozenset[tuple[str, str]] = field(default_factory=frozenset)
    """(key name, digest) that no store holds any more: the promise is kept."""


NO_PROMISES = Found()


def find_promised(world: World, promises: Iterable[Promise], digest: Digester, keysets: KeySets) -> Found:
    """Return the people to whom a promise is due today, grouped by the rules that dispose of what was promised."""
    today = world.now.astimezone(world.zone).date()
    due: dict[tuple[str, str], set[CategoryId]] = defaultdict(set)
    for promise in promises:
        if promise.due_on <= today and promise.kept_at is None:
            due[promise.key_name, promise.digest].update(promise.categories)
    names = {name for name, _ in due}
    live = locate(world, names, lambda *who: who in due, digest) if due else ()
    located = {key: frozenset(due[key.name, digested]) for key, digested in live}
    wanted: dict[frozenset[CategoryId], dict[str, frozenset[Key]]] = defaultdict(dict)
    for person in persons(world, by_name(located), keysets):
        categories = frozenset[CategoryId]().union(*(located.get(key, frozenset()) for key in person))
        _add(wanted[categories], by_name(person))
    there = {(key.name, digest(key)) for key in located}
    return Found(tuple(_due(world, wanted)), frozenset(due) - there)


def _add(into: dict[str, frozenset[Key]], keys: Mapping[str, frozenset[Key]]) -> None:
    for name, values in keys.items():
        into[name] = into.get(name, frozenset()) | values


def _due(world: World, wanted: Mapping[frozenset[CategoryId], Mapping[str, frozenset[Key]]]) -> Iterable[DuePeople]:
    for categories, keys in sorted(wanted.items(), key=lambda item: sorted(item[0])):
        rules = tuple(rule for rule in rules_in_force(world) if rule.category in categories)
        if rules:
            yield DuePeople(rules, keys)
