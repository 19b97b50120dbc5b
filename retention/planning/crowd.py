"""Who is meant by the keys of many people at once: the stores are asked as often as for one person.

Everything that one person's resolving says (`resolving.resolve`), this says of each of them.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial

from retention.errors import AmbiguousSubjectError
from retention.identity import Graph
from retention.model.datamap import Dataset
from retention.model.ids import CaseId, DatasetId
from retention.model.predicate import Selection
from retention.model.subject import SubjectKey
from retention.planning.identity import by_name, by_subject, gather
from retention.planning.keysets import KeySets
from retention.planning.resolving import Decision, Resolved, settle
from retention.planning.world import World

Beside = Mapping[tuple[DatasetId, str], int]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of many who are looked for."""

    given: frozenset[SubjectKey] = field(repr=False)
    """By which keys; see `resolving.given_keys`."""
    decision: Decision | None = None
    salt: bytes | None = field(default=None, repr=False)
    """The own case's, under which the decision names its question; needed only with a decision."""


def resolve_all(
    world: World, wanted: Mapping[CaseId, Wanted], keysets: KeySets
) -> dict[CaseId, Resolved | AmbiguousSubjectError]:
    """Find each person; where a decision cannot be carried out, say why instead.

    Raises:
        KeyTypeError, TransientFailure, TerminalFailure: from the finders.

    """
    graph = gather(world, frozenset[SubjectKey]().union(*(each.given for each in wanted.values())), keysets)
    beside = _rows_beside(world, graph, wanted.values(), keysets)
    found: dict[CaseId, Resolved | AmbiguousSubjectError] = {}
    for case_id, each in wanted.items():
        own = keysets if each.salt is None else KeySets(each.salt)
        try:
            found[case_id] = settle(
                world, graph, each.given, own, each.decision, count_beside=partial(_counted, beside, each)
            )
        except AmbiguousSubjectError as error:
            found[case_id] = error
    return found


def _counted(
    beside: Mapping[frozenset[SubjectKey], Beside],
    each: Wanted,
    keys: frozenset[SubjectKey],  # noqa: ARG001 -- what was counted is known by the keys given
    others: frozenset[SubjectKey],  # noqa: ARG001 -- same
) -> Beside:
    return beside.get(each.given, {})


def _rows_beside(
    world: World, graph: Graph, wanted: Iterable[Wanted], keysets: KeySets
) -> dict[frozenset[SubjectKey], Counter[tuple[DatasetId, str]]]:
    """Count, for everyone, the rows under keys beside his that none of his own keys names: one look a dataset."""
    person = {each.given: graph.person(each.given) for each in wanted}
    owners: dict[SubjectKey, list[frozenset[SubjectKey]]] = defaultdict(list)
    for given, keys in person.items():
        for key in graph.associated(keys):
            owners[key].append(given)
    counts: dict[frozenset[SubjectKey], Counter[tuple[DatasetId, str]]] = defaultdict(Counter)
    for name, values in by_name(owners).items():
        for dataset in world.datamap.datasets.values():
            where = by_subject(dataset, {name: values}, keysets)
            if where is None:
                continue
            for row, rows in _rows(world, dataset, Selection(where, keysets.values)):
                for given in owners.get(row[name], ()):
                    if person[given].isdisjoint(row.values()):
                        counts[given][dataset.dataset_id, name] += rows
    return counts


def _rows(world: World, dataset: Dataset, selection: Selection) -> Iterable[tuple[dict[str, SubjectKey], int]]:
    """Yield the keys that rows name, by name, and how many rows name just these."""
    names = sorted(dataset.subject)
    for values, rows in world.finder(dataset).tally(dataset, [dataset.subject[name] for name in names], selection):
        named = zip(names, values, strict=True)
        yield {name: SubjectKey(name, str(value)) for name, value in named if value is not None}, rows
