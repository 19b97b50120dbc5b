"""Ties followed: from a key of a person to all his keys, and how each of them was found.

A person is a connected component over identifying keys. Associated keys are seen from it and never
entered, so a device that two people share joins nobody. The order in which ties come does not matter.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from retention.identity.ties import Relation, Tie
from retention.model.ids import DatasetId
from retention.model.subject import SubjectKey

_Way: TypeAlias = tuple[bool, str, str, DatasetId]
"""Whether it only goes with the person, the name of the key before, of the key found, and the dataset."""
_NONE: frozenset[SubjectKey] = frozenset()


@dataclass(frozen=True, slots=True)
class Link:
    """How keys were found: provenance, without a value."""

    found: str
    """The key's name."""
    by: str
    """The name of the key that led to it."""
    relation: Relation
    dataset: DatasetId
    read_at: datetime
    """The latest reading."""
    keys: int
    """How many keys of that name were found in this way."""


class Graph:
    """Keys and the ties between them."""

    def __init__(self, ties: Iterable[Tie]) -> None:
        """Keep the ties; the same tie twice counts once."""
        self._ties: dict[SubjectKey, set[Tie]] = defaultdict(set)
        for tie in ties:
            for key in tie.identifying | tie.associated:
                self._ties[key].add(tie)

    def person(self, start: Iterable[SubjectKey], *, apart: AbstractSet[SubjectKey] = _NONE) -> frozenset[SubjectKey]:
        """Return every key reached from the start over identifying keys; keys `apart` are not entered."""
        return frozenset(self._found(start, apart))

    def associated(self, person: AbstractSet[SubjectKey]) -> frozenset[SubjectKey]:
        """Return the keys that go with the person's and do not identify him."""
        return frozenset(key for _, key, _ in self._seen(person)) - person

    def links(self, start: Iterable[SubjectKey], *, apart: AbstractSet[SubjectKey] = _NONE) -> tuple[Link, ...]:
        """Return how each key of the person was first found, then what goes with him; counts by name and dataset."""
        found = self._found(start, apart)
        steps = [(key, *how, Relation.IDENTIFIES) for key, how in found.items() if how is not None]
        beside: dict[SubjectKey, tuple[SubjectKey, Tie]] = {}
        for by, key, tie in self._seen(found):
            if key not in found:
                beside.setdefault(key, (by, tie))
        steps += [(key, *how, Relation.ASSOCIATES) for key, how in beside.items()]
        count: Counter[_Way] = Counter()
        latest: dict[_Way, datetime] = {}
        for key, by, tie, relation in steps:
            way = relation is Relation.ASSOCIATES, by.name, key.name, tie.source.dataset
            count[way] += 1
            latest[way] = max(latest.get(way, tie.source.read_at), tie.source.read_at)
        return tuple(_link(way, latest[way], keys) for way, keys in sorted(count.items()))

    def territory(self, start: SubjectKey) -> frozenset[SubjectKey]:
        """Return the keys reached from the start over ties that name no other key of its name."""
        reached, waiting = {start}, [start]
        while waiting:
            for tie in self._identified_by(waiting.pop()):
                if all(key == start for key in tie.identifying if key.name == start.name):
                    waiting += tie.identifying - reached
                    reached |= tie.identifying
        return frozenset(reached)

    def datasets(self, keys: AbstractSet[SubjectKey]) -> tuple[DatasetId, ...]:
        """Return where a row ties one of the keys to another key, sorted."""
        ties = (tie for key in keys for tie in self._ties[key] if len(tie.identifying | tie.associated) > 1)
        return tuple(sorted({tie.source.dataset for tie in ties}))

    def _found(
        self, start: Iterable[SubjectKey], apart: AbstractSet[SubjectKey]
    ) -> dict[SubjectKey, tuple[SubjectKey, Tie] | None]:
        """Return each key of the person with the key and the tie that led to it, nearest first."""
        found: dict[SubjectKey, tuple[SubjectKey, Tie] | None] = dict.fromkeys(sorted(start, key=_order))
        ring = list(found)
        while ring:
            new: dict[SubjectKey, tuple[SubjectKey, Tie]] = {}
            for by in ring:
                for tie in sorted(self._identified_by(by), key=_place):
                    for key in tie.identifying - apart - found.keys():
                        new.setdefault(key, (by, tie))
            ring = sorted(new, key=_order)
            found |= {key: new[key] for key in ring}
        return found

    def _identified_by(self, key: SubjectKey) -> Iterator[Tie]:
        return (tie for tie in self._ties.get(key, ()) if key in tie.identifying)

    def _seen(self, person: Iterable[SubjectKey]) -> Iterator[tuple[SubjectKey, SubjectKey, Tie]]:
        """Yield (key of the person, key beside it, tie) for each association, from either side."""
        for by in sorted(person, key=_order):
            for tie in sorted(self._ties.get(by, ()), key=_place):
                beside = tie.associated if by in tie.identifying else tie.identifying
                yield from ((by, key, tie) for key in sorted(beside, key=_order))


def _order(key: SubjectKey) -> tuple[str, str]:
    return key.name, str(key.value)


def _place(tie: Tie) -> tuple[str, datetime, list[tuple[str, str]]]:
    return tie.source.dataset, tie.source.read_at, sorted(map(_order, tie.identifying | tie.associated))


def _link(way: _Way, read_at: datetime, keys: int) -> Link:
    is_beside, by, found, dataset = way
    return Link(found, by, Relation.ASSOCIATES if is_beside else Relation.IDENTIFIES, dataset, read_at, keys)
