"""Of whom a sweep changes something. They alone are counted, committed to, suppressed and told of to others.

A clock that has run out stays so: whoever was left as a row without a name is due in every later sweep, and nothing
of hers is touched. So people are read from the rows that steps touch: by the keys in them, and through the rows
that they refer to. Each dataset is read once, whatever the number of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retention.model.datamap import Dataset
from retention.model.ids import DatasetId
from retention.model.key_steps import ShredKeys
from retention.model.plan import SuspendRows
from retention.model.policy import Authority, Disposal
from retention.model.predicate import Predicate, Selection
from retention.model.subject import Key, SubjectKey
from retention.planning.authority import people_in
from retention.planning.cells import Group, Move
from retention.planning.holding import together
from retention.planning.identity import by_name, expand, keys_in, persons, unique_keys
from retention.planning.keysets import KeySets
from retention.planning.reach import among, any_of, joined, parents_first
from retention.planning.world import World

_Names = dict[str, set[str]]
"""Key name → values."""


@dataclass(frozen=True, slots=True)
class Concerned:
    """A group, and the people in it whom the plan is about."""

    group: Group
    """Its keys are theirs; a tenant's group has the tenants' keys."""
    people: Mapping[str, frozenset[Key]] = field(repr=False)
    """Every key of these people; nobody's if the rows were found by their dates."""


def everybody_in(world: World, group: Group, keysets: KeySets) -> Concerned:
    """Return everybody of a group; a tenant's group is about those in its rows."""
    if group.authority is Authority.INDIVIDUAL or group.because.request:
        return Concerned(group, group.keys)
    return Concerned(group, expand(world, people_in(world, group.reached, keysets), keysets).keys)


@dataclass(frozen=True, slots=True)
class Changed:
    """The people of whom a sweep changes something."""

    groups: tuple[Concerned, ...]
    people: int


def changed(world: World, moves: Iterable[Move], shredded: Sequence[ShredKeys], keysets: KeySets) -> Changed:
    """Return the groups that move, cut down to those of whom something changes, and how many people they are.

    Args:
        world: Where the rows are, before anything was carried out.
        moves: Which rows are touched, and for which group.
        shredded: Keys of people that go with them: somebody's rows may have gone before.
        keysets: Takes the keys.

    """
    rows_of: dict[int, dict[DatasetId, list[Predicate]]] = {}
    groups: dict[int, Group] = {}
    for move in moves:
        groups[id(move.group)] = move.group
        rows_of.setdefault(id(move.group), defaultdict(list))[move.dataset].append(move.rows)
    named = [_named(world, group, rows_of[place], shredded, keysets) for place, group in groups.items()]
    found = persons(world, _union(each.people for each in named), keysets)
    return Changed(
        tuple(_of(each, [who for who in found if _is_in(who, each.people)]) for each in named),
        _number(world, found),
    )


def count_people(world: World, keys: Iterable[Mapping[str, frozenset[Key]]], keysets: KeySets) -> int:
    """Count the people whose keys are given, each once, whichever of her keys they are and however often.

    Whoever is merely tied to them by a key that a person may have set apart is not among them.
    """
    of_name = _union(keys)
    given = keys_in(of_name)
    return _number(world, (person & given for person in persons(world, of_name, keysets)))


def suspending_moves(groups: Iterable[Group], steps: Sequence[SuspendRows]) -> list[Move]:
    """Return which of the rows that are suspended are each group's."""
    return [
        Move(group, step.dataset, together(step.where, group.reached[step.dataset]))
        for group in groups
        for step in steps
        if step.dataset in group.reached
    ]


def _named(
    world: World,
    group: Group,
    rows: Mapping[DatasetId, Sequence[Predicate]],
    shredded: Iterable[ShredKeys],
    keysets: KeySets,
) -> Concerned:
    """Return whom the rows name, of the tenants and people of the group."""
    if not group.keys:
        return Concerned(group, {})
    people, tenants = _names_in(world, group.reached, rows, keysets)
    if group.authority is Authority.TENANT:
        return Concerned(replace(group, keys=_own(tenants, group.keys)), _frozen(people))
    for step in shredded:
        if group.fates.get(step.category, Disposal.SUSPEND) is not Disposal.SUSPEND:
            people[step.key_name] |= set(map(str, keysets.values[step.keys.keyset_id]))
    return Concerned(group, _own(people, group.keys))


def _names_in(
    world: World,
    reached: Mapping[DatasetId, Predicate],
    rows: Mapping[DatasetId, Sequence[Predicate]],
    keysets: KeySets,
) -> tuple[_Names, _Names]:
    """Return the keys, of people and of tenants, in the rows and in the rows reached to which they refer."""
    above = {name: list(parts) for name, parts in rows.items()}
    people: _Names = defaultdict(set)
    tenants: _Names = defaultdict(set)
    for dataset in reversed(parents_first(world.datamap)):
        if dataset.dataset_id not in above:
            continue
        where = _up_the_tree(world, dataset, any_of(above[dataset.dataset_id]), reached, keysets)
        for name, value in _read(world, dataset, dataset.subject, where, keysets):
            people[name].add(value)
        for name, value in _read(world, dataset, dict([dataset.tenant] if dataset.tenant else []), where, keysets):
            tenants[name].add(value)
        for reference in dataset.parents:
            if reference.parent != dataset.dataset_id and reference.parent in reached:
                keys = joined(world, dataset, reference.here, where, keysets)
                refers = together(among(reference.there, keysets.of(keys)), reached[reference.parent])
                above.setdefault(reference.parent, []).extend([refers] if keys else [])
    return people, tenants


def _up_the_tree(
    world: World, dataset: Dataset, own: Predicate, reached: Mapping[DatasetId, Predicate], keysets: KeySets
) -> Predicate:
    """Add the rows of the same dataset to which they refer, generation by generation."""
    where = own
    for reference in dataset.parents:
        if reference.parent != dataset.dataset_id or dataset.dataset_id not in reached:
            continue
        known: frozenset[Key] = frozenset()
        while not (found := joined(world, dataset, reference.here, where, keysets)) <= known:
            known |= found
            refers = together(among(reference.there, keysets.of(known)), reached[dataset.dataset_id])
            where = any_of([own, refers])
    return where


def _read(
    world: World, dataset: Dataset, columns: Mapping[str, str], where: Predicate, keysets: KeySets
) -> Iterator[tuple[str, str]]:
    """Yield each key in the rows with its name."""
    selection = Selection(where, keysets.values)
    rows = world.finder(dataset).values(dataset, list(columns.values()), selection) if columns else ()
    for row in rows:
        yield from ((name, str(value)) for name, value in zip(columns, row, strict=True) if value is not None)


def _own(named: Mapping[str, Iterable[str]], keys: Mapping[str, frozenset[Key]]) -> dict[str, frozenset[Key]]:
    """Return the group's keys among those named; a store may take `A@x` and `a@x` for the same."""
    found: dict[str, frozenset[Key]] = {}
    for name in named.keys() & keys.keys():
        exactly = keys[name] & set(named[name])
        if strange := set(named[name]) - exactly:
            alike = {SubjectKey(name, value).compared for value in strange}
            exactly |= {value for value in keys[name] if SubjectKey(name, value).compared in alike}
        if exactly:
            found[name] = exactly
    return found


def _union(keys: Iterable[Mapping[str, frozenset[Key]]]) -> dict[str, frozenset[Key]]:
    found: dict[str, set[Key]] = defaultdict(set)
    for each in keys:
        for name, values in each.items():
            found[name] |= values
    return _frozen(found)


def _frozen(keys: Mapping[str, Iterable[Key]]) -> dict[str, frozenset[Key]]:
    return {name: frozenset(values) for name, values in sorted(keys.items()) if values}


def _is_in(person: frozenset[SubjectKey], keys: Mapping[str, frozenset[Key]]) -> bool:
    return any(key.value in keys.get(key.name, ()) for key in person)


def _of(concerned: Concerned, found: Iterable[frozenset[SubjectKey]]) -> Concerned:
    """Return the group with all keys of its people."""
    people = by_name(key for person in found for key in person)
    group = concerned.group
    return Concerned(replace(group, keys=people) if group.authority is Authority.INDIVIDUAL else group, people)


def _number(world: World, found: Iterable[frozenset[SubjectKey]]) -> int:
    """Count people; where rows tie several together, by a key of which each has one value."""
    unique = unique_keys(world.datamap)
    return sum(max([1, *(sum(key.name == name for key in person) for name in unique)]) for person in found)
