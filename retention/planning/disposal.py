"""What becomes of a dataset's rows. The heart of planning.

For one group of rows that fall due together, each dataset is gone through in this order:

(1) Which of its personal fields are due? Those of the due categories.
(2) Which rows are under which holds? (`holding.parts`)
(3) Does anything that identifies the person stay, that no law keeps? Then the row stays tied to
    the person: the due fields are emptied, and the rows it refers to stay as its anchor.
(4) Otherwise the person leaves the row. If nothing personal remains, the row is erased (or
    anonymized); if a law keeps fields, the rest is emptied, together with the columns that tie
    the row to the person once the person leaves the rows it refers to as well.

Children are gone through before parents, so that (3) is known when the parent's turn comes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from retention.deidentify import rare_classes
from retention.errors import TombstoneError
from retention.model.datamap import Dataset, Identifies
from retention.model.ids import CategoryId, DatasetId, HoldId, StepId
from retention.model.plan import AnonymizeRows, Because, EraseRows, RedactFields, RowStep, Withholding
from retention.model.policy import Disposal
from retention.model.predicate import Among, AnyOf, Everything, Not, Populated, Predicate, Selection
from retention.model.subject import Key
from retention.model.transform import Drop, Transform
from retention.planning.holding import Part, latest_end, parts, together
from retention.planning.keysets import KeySets
from retention.planning.reach import referenced
from retention.planning.world import World

UNNAMED = StepId("")
"""Steps get their ids when the whole plan is in order."""


@dataclass(frozen=True, slots=True)
class Group:
    """Rows whose data of some categories falls due together, for the same reasons."""

    reached: Mapping[DatasetId, Predicate]
    fates: Mapping[CategoryId, Disposal]
    k: int
    """For anonymize: the smallest class allowed."""
    because: Because
    keys: Mapping[str, frozenset[Key]] = field(default_factory=dict, repr=False)
    """The people's keys, if the group is one of people."""


@dataclass(frozen=True, slots=True)
class Standstill:
    """Rows that a placed hold keeps out of every group."""

    hold_id: HoldId
    reached: Mapping[DatasetId, Predicate]


@dataclass(slots=True)
class Drawn:
    """What has been drawn up so far for one plan."""

    steps: list[RowStep] = field(default_factory=list)
    withheld: list[Withholding] = field(default_factory=list)


class Disposer:
    """Draws up the steps on rows, group by group."""

    def __init__(self, world: World, keysets: KeySets, standstills: tuple[Standstill, ...]) -> None:
        """Look at the world as it is; `standstills` are rows that no group may touch."""
        self._world = world
        self._keysets = keysets
        self._standstills = standstills
        self._totals: dict[DatasetId, int] = {}
        self.drawn = Drawn()

    def draw(self, group: Group, order: tuple[DatasetId, ...]) -> None:
        """Add the group's steps; `order` puts children before parents."""
        anchors: dict[tuple[DatasetId, str], set[Key]] = defaultdict(set)
        taken = {step.dataset: self._already(step.dataset) for step in self.drawn.steps}
        for dataset_id in order:
            if dataset_id in group.reached:
                where = together(group.reached[dataset_id], *taken.get(dataset_id, ()))
                self._draw_dataset(group, self._world.dataset(dataset_id), where, anchors)

    def _already(self, dataset: DatasetId) -> tuple[Predicate, ...]:
        """Return predicates that leave out what earlier groups erase: nothing is counted twice."""
        return tuple(
            Not(step.where)
            for step in self.drawn.steps
            if step.dataset == dataset and not isinstance(step, RedactFields)
        )

    def _draw_dataset(
        self, group: Group, dataset: Dataset, where: Predicate, anchors: dict[tuple[DatasetId, str], set[Key]]
    ) -> None:
        due = frozenset(name for name, field_ in dataset.fields.items() if field_.category in group.fates)
        where = self._without_standstills(dataset, where, due)
        anchored = self._anchored(dataset, anchors)
        for part in parts(self._world, dataset):
            rows = together(where, *part.where)
            if due:
                self._withhold(dataset, part, rows)
            staying = _identifying(dataset, frozenset(dataset.fields) - due - part.fields)
            if staying:
                self._stay(group, dataset, rows, due - part.fields, anchors)
            elif anchored is None:
                self._leave(group, dataset, part, rows, due)
            else:
                self._stay(group, dataset, together(rows, anchored), due - part.fields, anchors)
                self._leave(group, dataset, part, together(rows, Not(anchored)), due)

    def _without_standstills(self, dataset: Dataset, where: Predicate, due: frozenset[str]) -> Predicate:
        for still in self._standstills:
            held = still.reached.get(dataset.dataset_id)
            if held is None:
                continue
            rows = self._count(dataset, together(where, held))
            if rows and due:
                self.drawn.withheld.append(
                    Withholding(dataset.dataset_id, tuple(sorted(due)), rows, still.hold_id, "placed-hold", None)
                )
            where = together(where, Not(held))
        return where

    def _anchored(self, dataset: Dataset, anchors: Mapping[tuple[DatasetId, str], set[Key]]) -> Predicate | None:
        """Return the rows that a child which stays refers to."""
        found = tuple(
            Among(column, self._keysets.of(keys))
            for (parent, column), keys in sorted(anchors.items())
            if parent == dataset.dataset_id and keys
        )
        return None if not found else found[0] if len(found) == 1 else AnyOf(found)

    def _withhold(self, dataset: Dataset, part: Part, rows: Predicate) -> None:
        for hold in part.holds:
            prefix = f"{dataset.short_name}."
            fields = tuple(name for name in sorted(part.fields) if prefix + name in hold.fields)
            count = self._count(dataset, rows)
            if count:
                until = latest_end(self._world, dataset, hold, rows, self._keysets)
                self.drawn.withheld.append(
                    Withholding(dataset.dataset_id, fields, count, hold.hold_id, hold.statute, until)
                )

    def _stay(
        self,
        group: Group,
        dataset: Dataset,
        rows: Predicate,
        empty: frozenset[str],
        anchors: dict[tuple[DatasetId, str], set[Key]],
    ) -> None:
        """The row stays tied to the person: empty what is due, anchor what it refers to."""
        if empty:
            self._redact(group, dataset, rows, empty)
        for reference in dataset.parents:
            (here, there) = reference.columns[0]
            anchors[reference.parent, there] |= referenced(self._world, dataset, here, rows, self._keysets)

    def _leave(self, group: Group, dataset: Dataset, part: Part, rows: Predicate, due: frozenset[str]) -> None:
        """The person leaves the row: erase or anonymize it, or cut the tie if a law keeps fields."""
        if not due:
            return
        kept = (frozenset(dataset.fields) - due) | part.fields
        if kept:
            ties = self._ties(dataset) if self._leaves_parents(group, dataset) else frozenset()
            self._redact(group, dataset, rows, (due - part.fields) | ties)
        elif any(group.fates[dataset.fields[name].category] is Disposal.ANONYMIZE for name in due):
            self._anonymize(group, dataset, rows)
        else:
            self._erase(group, dataset, rows)

    def _leaves_parents(self, group: Group, dataset: Dataset) -> bool:
        """Whether nothing that identifies the person stays, by the group's categories, where the row refers to."""
        parents = [self._world.dataset(ref.parent) for ref in dataset.parents if ref.parent in group.reached]
        return all(
            not _identifying(parent, frozenset(n for n, f in parent.fields.items() if f.category not in group.fates))
            and self._leaves_parents(group, parent)
            for parent in parents
        )

    def _ties(self, dataset: Dataset) -> frozenset[str]:
        """Return the columns that tie a row to its person.

        Raises:
            TombstoneError: one of them is the primary key, which cannot be emptied.

        """
        ties = frozenset(dataset.linking_columns)
        if ties & set(dataset.primary_key):
            raise TombstoneError(
                f"rows of {dataset.dataset_id} must stay for a hold, and their primary key names the person",
                hint="hold the fields in a table of their own, or map a surrogate primary key",
            )
        return ties

    def _erase(self, group: Group, dataset: Dataset, rows: Predicate) -> None:
        count = self._count(dataset, rows)
        if count:
            total = self._total(dataset)
            self.drawn.steps.append(EraseRows(UNNAMED, dataset.dataset_id, rows, count, total, group.because))

    def _redact(self, group: Group, dataset: Dataset, rows: Predicate, fields: frozenset[str]) -> None:
        names = tuple(sorted(fields))
        where = together(rows, Populated(names))
        count = self._count(dataset, where)
        if count:
            total = self._total(dataset)
            step = RedactFields(UNNAMED, dataset.dataset_id, where, names, count, total, group.because)
            self.drawn.steps.append(step)

    def _anonymize(self, group: Group, dataset: Dataset, rows: Predicate) -> None:
        where = together(rows, Populated(dataset.linking_columns))
        count = self._count(dataset, where)
        if not count:
            return
        transforms = _transforms(group, dataset)
        quasi = tuple(
            name
            for name, field_ in sorted(dataset.fields.items())
            if field_.identifies is Identifies.INDIRECTLY and not isinstance(transforms.get(name), Drop)
        )
        tallies = self._world.finder(dataset).tally(dataset, quasi, Selection(where, self._keysets.values))
        rare, rows_rare = rare_classes(tallies, quasi, transforms, quasi, group.k)
        self.drawn.steps.append(
            AnonymizeRows(
                UNNAMED,
                dataset.dataset_id,
                where,
                transforms,
                quasi,
                group.k,
                self._keysets.of(rare) if rare else None,
                count,
                rows_rare,
                self._total(dataset),
                group.because,
            )
        )

    def _count(self, dataset: Dataset, where: Predicate) -> int:
        return self._world.count(dataset, where, self._keysets)

    def _total(self, dataset: Dataset) -> int:
        if dataset.dataset_id not in self._totals:
            self._totals[dataset.dataset_id] = self._count(dataset, Everything())
        return self._totals[dataset.dataset_id]


def _identifying(dataset: Dataset, names: frozenset[str]) -> frozenset[str]:
    return frozenset(name for name in names if dataset.fields[name].identifies is not Identifies.NO)


def _transforms(group: Group, dataset: Dataset) -> dict[str, Transform]:
    """Return what happens to each column; columns that are kept as they are do not appear."""
    return dict(_fates(group, dataset)) | dict.fromkeys(dataset.linking_columns, Drop())


def _fates(group: Group, dataset: Dataset) -> Iterator[tuple[str, Transform]]:
    for name, field_ in dataset.fields.items():
        if group.fates[field_.category] is Disposal.ERASE:
            yield name, Drop()
        elif field_.anonymize is not None:
            yield name, field_.anonymize
