"""From one key of a person to every key, and from keyed digests to the people behind them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from retention.errors import AmbiguousSubjectError
from retention.model.datamap import Dataset
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


def by_subject(dataset: Dataset, keys: Mapping[str, Iterable[Key]], keysets: KeySets) -> Predicate | None:
    """Return which rows name one of the keys themselves; None if no key fits the dataset."""
    parts = tuple(
        Among(column, keysets.of(keys[name]))
        for name, column in sorted(dataset.subject.items())
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
    keys: dict[str, set[Key]] = defaultdict(set, {name: set(map(str, values)) for name, values in start.items()})
    linking = [d for d in world.datamap.datasets.values() if len(d.subject) > 1]
    known = -1
    while known != (known := sum(map(len, keys.values()))):
        for dataset in linking:
            _learn(world, dataset, keys, keysets)
    return Identity({name: frozenset(values) for name, values in keys.items() if values})


def _learn(world: World, dataset: Dataset, keys: dict[str, set[Key]], keysets: KeySets) -> None:
    """Add the other keys of the dataset's rows that name one of the keys."""
    where = by_subject(dataset, keys, keysets)
    if where is None:
        return
    for row in _linked_rows(world, dataset, where, keysets):
        for key in row:
            keys[key.name].add(key.value)


def persons(world: World, keys: Mapping[str, frozenset[Key]], keysets: KeySets) -> list[frozenset[SubjectKey]]:
    """Return, for each person of whom a key is given, all his keys."""
    identity = expand(world, keys, keysets)
    person: dict[SubjectKey, set[SubjectKey]] = {key: {key} for key in identity.every()}
    for dataset in world.datamap.datasets.values():
        where = by_subject(dataset, identity.keys, keysets) if len(dataset.subject) > 1 else None
        if where is not None:
            for row in _linked_rows(world, dataset, where, keysets):
                together = set[SubjectKey]().union(*(person[key] for key in row))
                person |= dict.fromkeys(together, together)
    return list({id(keys): frozenset(keys) for keys in person.values()}.values())


def _linked_rows(
    world: World, dataset: Dataset, where: Predicate, keysets: KeySets
) -> Iterator[tuple[SubjectKey, ...]]:
    names = sorted(dataset.subject)
    columns = [dataset.subject[name] for name in names]
    for row in world.finder(dataset).values(dataset, columns, Selection(where, keysets.values)):
        yield tuple(
            SubjectKey(name, _as_key(value)) for name, value in zip(names, row, strict=True) if value is not None
        )


def refuse_ambiguous(world: World, identity: Identity) -> None:
    """Stop if what should be one person has become several.

    Raises:
        AmbiguousSubjectError: a key that is some dataset's primary key has several values.

    """
    for dataset in world.datamap.datasets.values():
        for name, column in dataset.subject.items():
            if (column,) == dataset.primary_key and len(identity.keys.get(name, ())) > 1:
                found = len(identity.keys[name])
                raise AmbiguousSubjectError(
                    f"the key given belongs to {found} different {name} values in {dataset.dataset_id}",
                    hint=f"open the request by {name}",
                )


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
