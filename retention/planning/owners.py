"""Whose of many people a row is: by the keys in it, or through the row that it refers to.

One look a dataset, parents before children, whatever the number of people.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias, TypeVar

from retention.model.datamap import Dataset, Reference
from retention.model.ids import CaseId, DatasetId
from retention.model.predicate import Predicate, Selection
from retention.model.subject import SubjectKey
from retention.model.transform import Value
from retention.planning.keysets import KeySets
from retention.planning.reach import parents_first
from retention.planning.world import World

Cases: TypeAlias = frozenset[CaseId]
_NOBODY: Cases = frozenset()
Named = TypeVar("Named")
_Row: TypeAlias = Mapping[str, Value]


class Owners:
    """The people of a batch, each by the case in which he asks, and which rows are whose."""

    def __init__(
        self,
        world: World,
        people: Mapping[CaseId, frozenset[SubjectKey]],
        reached: Mapping[DatasetId, Predicate],
        keysets: KeySets,
    ) -> None:
        """Look at the rows `reached` to which rows of others refer."""
        self._world = world
        self._keysets = keysets
        self._by_key = _inverted({case: {(key.name, str(key.value)) for key in keys} for case, keys in people.items()})
        self._alike = _inverted({case: {(key.name, key.compared) for key in keys} for case, keys in people.items()})
        self._by_value = _inverted({case: {str(key.value) for key in keys} for case, keys in people.items()})
        self._above: dict[tuple[DatasetId, tuple[str, ...]], dict[tuple[str, ...], Cases]] = defaultdict(dict)
        for dataset in parents_first(world.datamap):
            if dataset.dataset_id in reached:
                self._learn(dataset, reached[dataset.dataset_id])

    def of_key(self, key: SubjectKey) -> Cases:
        """Return whose key it is."""
        exactly = self._by_key.get((key.name, str(key.value)))
        return exactly or self._alike.get((key.name, key.compared), _NOBODY)

    def of_value(self, value: Value) -> Cases:
        """Return who has a key of this value, whatever its name."""
        return self._by_value.get(str(value), _NOBODY)

    def rows(
        self, dataset: Dataset, where: Predicate, also: Sequence[str] = ()
    ) -> Iterator[tuple[Cases, tuple[Value, ...], int]]:
        """Yield whose the selected rows are, what the further columns hold, and how many rows are so."""
        for row, count in self._tally(dataset, where, also):
            yield self._of(dataset, row), tuple(row[name] for name in also), count

    def _learn(self, dataset: Dataset, where: Predicate) -> None:
        """Note whose the rows are to which others refer; down a tree until nothing new comes."""
        places = {
            each.there
            for other in self._world.datamap.datasets.values()
            for each in (*other.parents, *other.mentions)
            if each.parent == dataset.dataset_id
        }
        if not places:
            return
        rows = [row for row, _ in self._tally(dataset, where, [name for there in sorted(places) for name in there])]
        is_tree = any(each.parent == dataset.dataset_id for each in dataset.parents)
        grown = True
        while grown:
            grown = False
            for row in rows:
                cases = self._of(dataset, row)
                for there in places:
                    known = self._above[dataset.dataset_id, there]
                    key = _key(row, there)
                    if key is not None and not cases <= known.get(key, _NOBODY):
                        known[key] = known.get(key, _NOBODY) | cases
                        grown = is_tree

    def _of(self, dataset: Dataset, row: _Row) -> Cases:
        """Return whose the row is; of someone whom it merely mentions only if it is nobody else's."""
        named = [SubjectKey(name, str(row[c])) for name, c in dataset.subject.items() if row[c] is not None]
        own = _NOBODY.union(*map(self.of_key, named), *(self._through(each, row) for each in dataset.parents))
        return own or _NOBODY.union(*(self._through(each, row) for each in dataset.mentions))

    def _through(self, reference: Reference, row: _Row) -> Cases:
        key = _key(row, reference.here)
        return _NOBODY if key is None else self._above[reference.parent, reference.there].get(key, _NOBODY)

    def _tally(self, dataset: Dataset, where: Predicate, also: Sequence[str]) -> Iterator[tuple[_Row, int]]:
        references = (each.here for each in (*dataset.parents, *dataset.mentions))
        named = (*dataset.subject.values(), *(name for here in references for name in here), *also)
        columns = list(dict.fromkeys(named))
        selection = Selection(where, self._keysets.values)
        for values, rows in self._world.finder(dataset).tally(dataset, columns, selection):
            yield dict(zip(columns, values, strict=True)), rows


def _key(row: _Row, columns: tuple[str, ...]) -> tuple[str, ...] | None:
    """Return the values as a reference; a null in one of them refers to nothing."""
    values = [row[name] for name in columns]
    return None if None in values else tuple(map(str, values))


def _inverted(people: Mapping[CaseId, set[Named]]) -> dict[Named, Cases]:
    found: dict[Named, set[CaseId]] = defaultdict(set)
    for case_id, names in people.items():
        for name in names:
            found[name].add(case_id)
    return {name: frozenset(cases) for name, cases in found.items()}
