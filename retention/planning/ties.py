"""References to rows that go. Nothing may dangle, and the database may do nothing that no step counts.

A row is tied to rows of others in three ways: it is about the same person (`parent`: it goes as
well, see `reach`), it merely mentions them (`mentions`), or it is shared by several (`shared`).
In the last two it stays, and the tie is cut: the column is emptied, or takes what the data map
has stand in for it (a tombstone's key). Cuts come before every other step on rows, since each
step is complete in itself: afterwards rows may go in any order, circles of references included.

Where a store enforces foreign keys, they are compared with the map. A key that the map does not
know, and that leads from live rows to rows that go, is refused, whatever the database would do
(cascade, set null, restrict): the plan would not have counted it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retention.errors import TombstoneError, UnreachableDataError
from retention.model.datamap import Dataset, Reference
from retention.model.ids import DatasetId, StepId
from retention.model.plan import Because, EraseRows, RedactFields, RowStep
from retention.model.predicate import Among, Everything, Not, Populated, Predicate
from retention.model.subject import Key
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.reach import among, any_of, joined
from retention.planning.world import World
from retention.ports.constraints import ForeignKey


@dataclass(frozen=True, slots=True)
class Going:
    """Rows of one dataset that go, and why."""

    rows: Predicate
    erased: Predicate | None
    """Of them, those that are removed; the others are anonymized and stay."""
    because: Because


def going(steps: Sequence[RowStep]) -> dict[DatasetId, Going]:
    """Return which rows go, per dataset."""
    found: dict[DatasetId, list[RowStep]] = {}
    for step in steps:
        if not isinstance(step, RedactFields):
            found.setdefault(step.dataset, []).append(step)
    return {
        name: Going(
            any_of([step.where for step in those]),
            any_of(erased) if (erased := [step.where for step in those if isinstance(step, EraseRows)]) else None,
            Because(
                tuple(dict.fromkeys(rule for step in those for rule in step.because.rules)),
                tuple(sorted({statute for step in those for statute in step.because.statutes})),
                request=any(step.because.request for step in those),
            ),
        )
        for name, those in found.items()
    }


@dataclass(frozen=True, slots=True)
class Ties:
    """References to the rows that go."""

    world: World
    keysets: KeySets
    going: Mapping[DatasetId, Going]
    rank: Mapping[DatasetId, int]
    """The place of each dataset in the order of erasure."""
    in_parts: frozenset[DatasetId] = frozenset()
    """Datasets whose rows are erased by several steps."""
    _keys: dict[tuple[DatasetId, tuple[str, ...]], frozenset[Key]] = field(default_factory=dict)

    def pinned(self, steps: Sequence[RowStep]) -> list[RowStep]:
        """Select by primary key what several steps erase of one tree: cutting it would hide its branches."""
        return [replace(step, where=self._by_primary_key(step)) if self._is_felled(step) else step for step in steps]

    def _by_primary_key(self, step: RowStep) -> Predicate:
        dataset = self.world.dataset(step.dataset)
        if not dataset.primary_key:
            raise _cannot_be_emptied(dataset, [here for each in dataset.parents for here in each.here])
        keys = joined(self.world, dataset, dataset.primary_key, step.where, self.keysets)
        return among(dataset.primary_key, self.keysets.of(keys))

    def _is_felled(self, step: RowStep) -> bool:
        is_tree = any(each.parent == step.dataset for each in self.world.dataset(step.dataset).parents)
        return isinstance(step, EraseRows) and step.dataset in self.in_parts and is_tree

    def cuts(self) -> Iterator[RedactFields]:
        """Yield the steps that empty references of rows that stay, or that go only later.

        Raises:
            TombstoneError: a reference cannot be emptied.

        """
        for dataset in self.world.datamap.datasets.values():
            name = dataset.dataset_id
            own = (ref for ref in dataset.parents if ref.parent == name and name in self.in_parts)
            shares = dataset.parents if dataset.is_shared else own
            for reference in (*dataset.mentions, *shares):
                keys = self.keys(reference.parent, reference.there)
                if keys:
                    yield from self._cut(dataset, reference, keys)

    def keys(self, parent: DatasetId, columns: tuple[str, ...]) -> frozenset[Key]:
        """Return what references to rows that go hold."""
        if parent not in self.going:
            return frozenset()
        if (parent, columns) not in self._keys:
            dataset = self.world.dataset(parent)
            self._keys[parent, columns] = joined(self.world, dataset, columns, self.going[parent].rows, self.keysets)
        return self._keys[parent, columns]

    def refuse_unmapped(self) -> None:
        """Refuse what the database would do by itself.

        Raises:
            UnreachableDataError: rows refer to rows that go by a foreign key that the map does not know.

        """
        by_table = {(d.system, d.location): d for d in self.world.datamap.datasets.values()}
        for system, constraints in self.world.constraints.items():
            for key in constraints.foreign_keys:
                parent = by_table.get((system, key.parent))
                child = by_table.get((system, key.table))
                if parent is None or parent.dataset_id not in self.going or (child and _knows(child, parent, key)):
                    continue
                self._refuse_referring(parent, child or _unmapped(parent, key.table), key)

    def _refuse_referring(self, parent: Dataset, child: Dataset, key: ForeignKey) -> None:
        keys = self.keys(parent.dataset_id, key.there)
        where = among(key.here, self.keysets.of(keys))
        own = self.going.get(child.dataset_id)
        first = own is not None and self.rank.get(child.dataset_id, len(self.rank)) <= self.rank[parent.dataset_id]
        rest = together(where, Not(own.erased)) if own and own.erased is not None and first else where
        rows = self.world.count(child, rest, self.keysets) if keys else 0
        if rows:
            raise UnreachableDataError(
                f"{rows} rows of {child.dataset_id} refer to rows of {parent.dataset_id} that would go"
                f" ({', '.join(key.here)}; on delete: {key.on_delete}), and the data map does not say so",
                hint="map the reference: `parent` if such rows are about the same person, else `mentions`",
            )

    def _cut(self, dataset: Dataset, reference: Reference, keys: frozenset[Key]) -> Iterator[RedactFields]:
        columns = emptiable(self.world, dataset, reference)
        where = among(reference.here, self.keysets.of(keys))
        own = self.going.get(dataset.dataset_id)
        if own is not None and own.erased is not None and self._goes_first(dataset, reference):
            where = together(where, Not(own.erased))
        rows = self.world.count(dataset, where, self.keysets)
        if not rows:
            return
        if not columns:
            raise _cannot_be_emptied(dataset, reference.here)
        refuse_missing_tombstone(self.world, dataset, columns, self.keysets)
        yield RedactFields(
            StepId(""),
            dataset.dataset_id,
            where,
            columns,
            rows,
            self.world.count(dataset, Everything(), self.keysets),
            self.going[reference.parent].because,
            {name: dataset.stand_ins[name] for name in columns if name in dataset.stand_ins},
        )

    def _goes_first(self, dataset: Dataset, reference: Reference) -> bool:
        """Whether the dataset's rows are gone when those they refer to go; within one step the store sees to it."""
        if dataset.dataset_id == reference.parent:
            return dataset.dataset_id not in self.in_parts
        return self.rank[dataset.dataset_id] <= self.rank[reference.parent]


def emptiable(world: World, dataset: Dataset, reference: Reference) -> tuple[str, ...]:
    """Return which of the reference's columns can be emptied: one is enough to end it.

    Columns of the primary key, of another reference and of the tenant stay if any other is left.
    """
    required = required_of(world, dataset)
    free = [
        column
        for column in reference.here
        if column not in dataset.primary_key and (column not in required or column in dataset.stand_ins)
    ]
    others = {
        here for other in (*dataset.parents, *dataset.mentions) if other.here != reference.here for here in other.here
    }
    used = {*others, *([dataset.tenant[1]] if dataset.tenant else [])}
    return tuple(column for column in free if column not in used) or tuple(free)


def required_of(world: World, dataset: Dataset) -> frozenset[str]:
    """Return the columns that cannot be null, as far as the store says."""
    constraints = world.constraints.get(dataset.system)
    return constraints.required.get(dataset.location, frozenset()) if constraints else frozenset()


def refuse_required(world: World, dataset: Dataset, names: Sequence[str]) -> None:
    """Refuse to empty columns that cannot be null and for which nothing stands in.

    Raises:
        TombstoneError: there is such a column.

    """
    stuck = tuple(sorted(required_of(world, dataset) & set(names) - dataset.stand_ins.keys()))
    if stuck:
        raise _cannot_be_emptied(dataset, stuck)


def refuse_missing_tombstone(world: World, dataset: Dataset, names: Sequence[str], keysets: KeySets) -> None:
    """Refuse to let a reference lead to a tombstone that is not there.

    Raises:
        TombstoneError: the parent has no such row.

    """
    for reference in (*dataset.parents, *dataset.mentions):
        here, there = reference.columns[0]
        if len(reference.columns) == 1 and here in names and here in dataset.stand_ins and not reference.is_kept:
            parent = world.dataset(reference.parent)
            if not world.count(parent, Among(there, keysets.of([dataset.stand_ins[here]])), keysets):
                raise TombstoneError(
                    f"`stand_ins` of {dataset.dataset_id}: no row of {reference.parent} has that {there}",
                    hint=f"insert the row that stands for everybody who is gone, with that {there}",
                )


def filled(names: Sequence[str], dataset: Dataset, keysets: KeySets) -> Predicate:
    """Return the rows in which at least one of the fields is not empty."""
    plain = tuple(name for name in names if name not in dataset.stand_ins)
    parts: list[Predicate] = [Populated(plain)] if plain else []
    for name in names:
        if name in dataset.stand_ins:
            empty = Among(name, keysets.of([dataset.stand_ins[name]]))
            parts.append(together(Populated((name,)), Not(empty)))
    return any_of(parts)


def _knows(child: Dataset, parent: Dataset, key: ForeignKey) -> bool:
    pairs = set(zip(key.here, key.there, strict=True))
    mapped = (*child.parents, *child.mentions)
    return any(reference.parent == parent.dataset_id and set(reference.columns) == pairs for reference in mapped)


def _unmapped(parent: Dataset, table: str) -> Dataset:
    """Return a dataset for a table that the map does not have: only to be counted."""
    return replace(
        parent, dataset_id=DatasetId(f"{parent.system}.{table}"), location=table, primary_key=(), subject={}, parents=()
    )


def _cannot_be_emptied(dataset: Dataset, columns: Sequence[str]) -> TombstoneError:
    return TombstoneError(
        f"rows of {dataset.dataset_id} would stay, and {', '.join(columns)} cannot be emptied",
        hint="say in the data map, under `stand_ins`, what stands there instead: a text, or the key of a tombstone",
    )
