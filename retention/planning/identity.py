"""From one key of a person to every key, and from keyed digests to the people behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retention.identity import Graph, Source, Tie
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import DatasetId
from retention.model.predicate import Among, AnyOf, Everything, Predicate, Selection
from retention.model.subject import Key, SubjectKey
from retention.model.transform import Value
from retention.planning.keysets import KeySets
from retention.planning.world import World

Digester: TypeAlias = Callable[[SubjectKey], str]


@dataclass(frozen=True, slots=True)
class Identity:
    """Every key found, of one person or of several together."""

    keys: Mapping[str, frozenset[Key]] = field(repr=False)
    """Identity key → values."""

    def every(self) -> Iterator[SubjectKey]:
        """Yield each key."""
        for name, values in sorted(self.keys.items()):
            for value in sorted(values, key=str):
                yield SubjectKey(name, value)


def by_subject(
    dataset: Dataset, keys: Mapping[str, Iterable[Key]], keysets: KeySets, *, widely: bool = False
) -> Predicate | None:
    """Return which rows name one of the keys themselves; None if no key fits the dataset.

    `widely`: rows that merely associate one of the keys with somebody count as well.
    """
    columns = {**dataset.associates, **dataset.subject} if widely else dataset.subject
    parts = tuple(
        Among(column, keysets.of(keys[name]))
        for name, column in sorted(columns.items())
        if name in keys and any(True for _ in keys[name])
    )
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else AnyOf(parts)


def expand(world: World, start: Mapping[str, frozenset[Key]], keysets: KeySets) -> Identity:
    """Follow rows that hold several identity keys until no new key is found.

    Raises:
        KeyTypeError, TransientFailure, TerminalFailure: from the finders.

    """
    return Identity(by_name(_follow(world, keys_in(start), keysets, lambda _: None)))


def gather(world: World, given: frozenset[SubjectKey], keysets: KeySets) -> Graph:
    """Read every row that ties keys of one person to those given (as text), associated keys included."""
    ties: list[Tie] = []
    _follow(world, given, keysets, ties.append, widely=True)
    return Graph(ties)


def persons(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> list[frozenset[SubjectKey]]:
    """Return, for each person of whom a key is given, all his keys."""
    person: dict[SubjectKey, set[SubjectKey]] = {}

    def join(tie: Tie) -> None:
        together = set[SubjectKey]().union(*(person.get(key, {key}) for key in tie.identifying))
        person.update(dict.fromkeys(together, together))

    for key in _follow(world, keys_in(keys), keysets, join):
        person.setdefault(key, {key})
    return list({id(keys): frozenset(keys) for _, keys in sorted(person.items(), key=_order)}.values())


def _follow(
    world: World,
    start: frozenset[SubjectKey],
    keysets: KeySets,
    note: Callable[[Tie], None],
    *,
    widely: bool = False,
) -> frozenset[SubjectKey]:
    """Return every key that identifying ties lead to; each key is asked for once in each dataset.

    `note` is told each tie that is read; `widely`: also of rows that only associate.
    """
    known: set[SubjectKey] = set()
    asked = set(start)
    while asked:
        known |= asked
        found: set[SubjectKey] = set()
        for dataset in tying(world.datamap, widely=widely):
            for tie in ties_naming(world, dataset, by_name(asked), keysets, widely=widely):
                note(tie)
                if not known.isdisjoint(tie.identifying):
                    found |= tie.identifying
        asked = found - known
    return frozenset(known)


def tying(datamap: DataMap, *, widely: bool = False) -> tuple[Dataset, ...]:
    """Return the datasets whose rows tie keys to keys."""
    return tuple(d for d in datamap.datasets.values() if len(d.subject) > 1 or (widely and d.subject and d.associates))


def ties_naming(
    world: World, dataset: Dataset, keys: Mapping[str, frozenset[Key]], keysets: KeySets, *, widely: bool = False
) -> Iterator[Tie]:
    """Yield what the dataset's rows that name one of the keys say."""
    where = by_subject(dataset, keys, keysets, widely=widely)
    if where is None:
        return
    names = [*sorted(dataset.subject), *(sorted(dataset.associates) if widely else ())]
    columns = {**dataset.associates, **dataset.subject}
    selection = Selection(where, keysets.values)
    source = Source(dataset.dataset_id, world.now)
    for row in world.finder(dataset).values(dataset, [columns[name] for name in names], selection):
        found = [SubjectKey(name, _as_key(value)) for name, value in zip(names, row, strict=True) if value is not None]
        identifying = frozenset(key for key in found if key.name in dataset.subject)
        yield Tie(identifying, frozenset(found) - identifying, source)


def unique_keys(datamap: DataMap) -> dict[str, DatasetId]:
    """Return the keys of which each person has one, and the dataset of which it is the primary key."""
    return {
        name: dataset.dataset_id
        for dataset in datamap.datasets.values()
        for name, column in dataset.subject.items()
        if (column,) == dataset.primary_key and dataset.keeps is None
    }


def by_name(keys: Iterable[SubjectKey]) -> dict[str, frozenset[Key]]:
    """Return keys by their names."""
    found: dict[str, set[Key]] = defaultdict(set)
    for key in keys:
        found[key.name].add(key.value)
    return {name: frozenset(values) for name, values in sorted(found.items())}


def keys_in(keys: Mapping[str, Iterable[Key]]) -> frozenset[SubjectKey]:
    """Return the keys one by one, as text."""
    return frozenset(SubjectKey(name, str(value)) for name, values in keys.items() for value in values)


def _order(item: tuple[SubjectKey, object]) -> tuple[str, str]:
    return item[0].name, str(item[0].value)


def locate(
    world: World, key_names: Iterable[str], wanted: Callable[[str, str], bool], digest: Digester
) -> Iterator[tuple[SubjectKey, str]]:
    """Yield the live keys, of people and of tenants, whose keyed digest is wanted, with the digest.

    The ledger knows people by digest only, so the stores' key columns are read once and
    digested; a person who is in no store any more has nothing left to dispose of.
    """
    for name in sorted(set(key_names)):
        seen: set[Key] = set()
        for key in _live_keys(world, name):
            if key.value in seen:
                continue
            seen.add(key.value)
            digested = digest(key)
            if wanted(name, digested):
                yield key, digested


def _live_keys(world: World, name: str) -> Iterator[SubjectKey]:
    for dataset in world.datamap.datasets.values():
        named = dict([dataset.tenant] if dataset.tenant else []) | dict(dataset.subject)
        if name in named:
            rows = world.finder(dataset).values(dataset, [named[name]], Selection(Everything()))
            yield from (SubjectKey(name, _as_key(value)) for (value,) in rows if value is not None)


def _as_key(value: Value) -> Key:
    """Return the key as text: 7 in one store and "7" in another, or on the command line, are one key."""
    return str(value)
