"""Rows cut so that each row is looked at once, with everything that is due for it at once.

Two clocks can run out for the same row, and two holds can lie on it. So the rows of a dataset
are cut into cells: in one cell are the rows that exactly the same groups reach and the same
holds cover. Cells are disjoint: nothing is counted twice, and a row of which every field is due,
each for a reason of its own, is seen to be wholly due.

Cells come in an order: at each cut "no" before "yes". Emptying a column can only turn a "yes"
into a "no", so a row that one step changed can only fall into cells whose steps are over.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from retention.model.datamap import Dataset
from retention.model.ids import CategoryId, DatasetId
from retention.model.plan import Because
from retention.model.policy import Authority, Disposal, Rule
from retention.model.predicate import Not, Predicate
from retention.model.subject import Key
from retention.planning.holding import Part, together


@dataclass(frozen=True, slots=True)
class Group:
    """Rows whose data of some categories falls due together, for the same reasons."""

    reached: Mapping[DatasetId, Predicate]
    fates: Mapping[CategoryId, Disposal]
    k: int
    """For anonymize: the smallest class allowed."""
    because: Because
    rules: tuple[Rule, ...] = ()
    """The rules behind it; a step names those that made something due in its dataset."""
    keys: Mapping[str, frozenset[Key]] = field(default_factory=dict, repr=False)
    """The people's keys, if the group is one of people."""
    root: DatasetId | None = None
    """For a row clock: the one dataset whose dates ran out; rows that refer to its rows let go of them."""
    authority: Authority = Authority.INDIVIDUAL
    """On whose word the rows move; a tenant's rows are kept out of every group that is not a tenant's."""

    def reason(self, dataset: Dataset) -> Because:
        """Return the reasons for what is due in the dataset; all of them if only ties are cut there."""
        categories = {dataset.fields[name].category for name in self.due(dataset)}
        rules = tuple(rule for rule in self.rules if rule.category in categories)
        if not rules:
            return self.because
        statutes = {rule.statute for rule in rules if rule.statute}
        own = {rule.statute for rule in self.rules}
        asked = set(self.because.statutes) - own
        return Because(
            tuple(rule.rule_id for rule in rules), tuple(sorted(statutes | asked)), request=self.because.request
        )

    def due(self, dataset: Dataset) -> dict[str, Disposal]:
        """Return what becomes of the dataset's due fields."""
        if self.root not in (None, dataset.dataset_id):
            return {}
        due = {name: field_.category for name, field_ in dataset.fields.items() if field_.category in self.fates}
        return {name: self.fates[category] for name, category in due.items()}


@dataclass(frozen=True, slots=True)
class Move:
    """Rows that a step touches for a group."""

    group: Group
    dataset: DatasetId
    rows: Predicate


@dataclass(frozen=True, slots=True)
class Cell:
    """Rows of one dataset that the same groups reach, under the same holds."""

    dataset: Dataset
    rows: Predicate
    groups: tuple[Group, ...]
    part: Part

    @property
    def fates(self) -> dict[str, Disposal]:
        """What becomes of each due field; the strongest of those that are asked for."""
        found: dict[str, Disposal] = {}
        for group in self.groups:
            for name, fate in group.due(self.dataset).items():
                found[name] = max(found.get(name, fate), fate, key=lambda one: one.strength)
        return found

    @property
    def due(self) -> frozenset[str]:
        """The due fields."""
        return frozenset(self.fates)

    @property
    def undue(self) -> frozenset[str]:
        """Fields that are not due and that no law keeps."""
        return frozenset(self.dataset.fields) - self.due - self.part.fields

    @property
    def empty(self) -> frozenset[str]:
        """Fields to be emptied if the row stays."""
        return self.due - self.part.fields

    @property
    def is_whole(self) -> bool:
        """Whether everything personal in the row is due and no law keeps any of it."""
        return bool(self.due) and not self.undue and not self.part.fields

    @property
    def leaves(self) -> bool:
        """Whether the people of the row leave it: their own clock ran out, or they asked."""
        return any(group.keys and (group.due(self.dataset) or group.because.request) for group in self.groups)

    @property
    def k(self) -> int:
        """The smallest class allowed, by the strictest rule."""
        return max(group.k for group in self.reasons)

    @property
    def because(self) -> Because:
        """Return the reasons of all groups that make something due here."""
        reasons = [group.reason(self.dataset) for group in self.reasons]
        return Because(
            tuple(dict.fromkeys(rule for reason in reasons for rule in reason.rules)),
            tuple(sorted({statute for reason in reasons for statute in reason.statutes})),
            request=any(reason.request for reason in reasons),
        )

    @property
    def reasons(self) -> Sequence[Group]:
        """The groups that make something due here; all of them if only ties are cut."""
        return [group for group in self.groups if group.due(self.dataset)] or self.groups


def combinations(
    dataset: Dataset, groups: Iterable[Group], is_empty: Callable[[Predicate], bool]
) -> Iterator[tuple[Predicate, tuple[Group, ...]]]:
    """Yield, for each combination of groups that has rows of the dataset, which rows; "no" before "yes"."""
    here = [group for group in groups if dataset.dataset_id in group.reached]

    def cut(
        rows: tuple[Predicate, ...], members: tuple[Group, ...], rest: Sequence[Group]
    ) -> Iterator[tuple[Predicate, tuple[Group, ...]]]:
        if not rest:
            if members:
                yield together(*rows), members
            return
        first, later = rest[0], rest[1:]
        reached = first.reached[dataset.dataset_id]
        yield from cut((*rows, Not(reached)), members, later)
        if not is_empty(together(*rows, reached)):
            yield from cut((*rows, reached), (*members, first), later)

    return cut((), (), here)
