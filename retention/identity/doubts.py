"""Where rules do not know who is meant, and a person must decide."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from enum import Enum
from itertools import combinations
from typing import TypeAlias

from retention.identity.graph import Graph
from retention.model.ids import DatasetId
from retention.model.subject import SubjectKey


@dataclass(frozen=True, slots=True)
class Merged:
    """What should be one person has several values of a key of which each person has one."""

    key_name: str
    dataset: DatasetId
    """Where that key is the primary key: one row a person."""
    values: int
    tied_in: tuple[DatasetId, ...]
    """Whose rows tie them together."""


@dataclass(frozen=True, slots=True)
class Associated:
    """Rows lie under a key that goes with the person and does not identify him."""

    key_name: str
    dataset: DatasetId
    rows: int
    tied_in: tuple[DatasetId, ...]
    """Whose rows associate the key with him."""


Doubt: TypeAlias = Merged | Associated


class Answer(Enum):
    """What a person said of a doubt."""

    TOGETHER = "together"
    """Everything tied or associated here is this one person's."""
    APART = "apart"
    """Only what the key given leads to without what is disputed."""


def merged(graph: Graph, person: AbstractSet[SubjectKey], unique: Mapping[str, DatasetId]) -> tuple[Merged, ...]:
    """Return where the person is several.

    Args:
        graph: What the rows say.
        person: The keys of one component.
        unique: Names of keys of which each person has one, and the dataset of which it is the primary key.

    """
    values = _by_name(person)
    return tuple(
        Merged(name, dataset, len(values[name]), graph.datasets(disputed(graph, person, {name})))
        for name, dataset in sorted(unique.items())
        if len(values[name]) > 1
    )


def disputed(graph: Graph, person: AbstractSet[SubjectKey], names: AbstractSet[str]) -> frozenset[SubjectKey]:
    """Return the keys that are reached from several values of one of the names, none of them passed on the way.

    Without these keys, whoever starts at a key that is not disputed has one value of each name: on
    any way from one value to the next there is a key between them that both reach.
    """
    found: set[SubjectKey] = set()
    values = _by_name(person)
    for name in sorted(names):
        territories = [graph.territory(key) - {key} for key in values[name]]
        for one, other in combinations(territories, 2):
            found |= one & other
    return frozenset(found)


def _by_name(keys: AbstractSet[SubjectKey]) -> Mapping[str, set[SubjectKey]]:
    found: dict[str, set[SubjectKey]] = defaultdict(set)
    for key in keys:
        found[key.name].add(key)
    return found
