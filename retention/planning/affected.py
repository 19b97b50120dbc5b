"""How much live data a new version of a policy is about: counted by predicates, nobody's rows are read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, time

from retention.clocks import due_before
from retention.model.datamap import Dataset
from retention.model.ids import CategoryId, DatasetId
from retention.model.policy import AfterEvent, AfterPurposes, Policy
from retention.model.predicate import Before, Populated
from retention.planning.holding import date_name, together
from retention.planning.keysets import KeySets
from retention.planning.world import World
from retention.policy import Change, rules_on


@dataclass(frozen=True, slots=True)
class Affected:
    """Rows of one dataset whose data of a category changes fate."""

    category: CategoryId
    dataset: DatasetId
    rows: int
    """Rows in which some field of the category is filled."""
    due_before: int | None
    """How many of them are due under the old version, on the day asked for; None: an event says."""
    due_after: int | None


def affected(world: World, found: Iterable[Change], old: Policy, new: Policy, at: datetime) -> tuple[Affected, ...]:
    """Count the rows of every category that some change is about.

    `at` is the moment for which both versions are asked what is due.

    Raises:
        TransientFailure, TerminalFailure: from the finders.

    """
    categories = dict.fromkeys(category for change in found for category in _categories(change, world, old, new))
    counting = _Counting(world, at)
    return tuple(one for category in categories for one in counting.of(category, old, new))


def _categories(change: Change, world: World, old: Policy, new: Policy) -> Iterator[CategoryId]:
    """Yield the categories of a change; for a hold, those of the fields that it names."""
    if change.category is not None:
        yield change.category
        return
    named = {f for p in (old, new) for hold in p.holds if hold.hold_id == change.where for f in hold.fields}
    for dataset in world.datamap.datasets.values():
        yield from (f.category for f in dataset.fields.values() if f"{dataset.short_name}.{f.name}" in named)


class _Counting:
    """Counts the filled rows of categories, and those whose row clock has run out."""

    def __init__(self, world: World, at: datetime) -> None:
        self._world = world
        self._keysets = KeySets(b"no plan is made of this")
        self._day = at.astimezone(world.zone).date()

    def of(self, category: CategoryId, old: Policy, new: Policy) -> Iterator[Affected]:
        """Yield the counts of one category, dataset by dataset."""
        for dataset in self._world.datamap.datasets.values():
            fields = tuple(sorted(name for name, field in dataset.fields.items() if field.category == category))
            if fields:
                filled = Populated(fields)
                rows = self._world.count(dataset, filled, self._keysets)
                due = [self._due(policy, category, dataset, filled) for policy in (old, new)]
                yield Affected(category, dataset.dataset_id, rows, due[0], due[1])

    def _due(self, policy: Policy, category: CategoryId, dataset: Dataset, filled: Populated) -> int | None:
        rules = rules_on(policy, self._day).get(category)
        if not rules:
            return 0
        keep = rules[0].keep
        if isinstance(keep.start, AfterEvent | AfterPurposes) or date_name(keep) not in dataset.dates:
            return None
        noon = datetime.combine(self._day, time(12), self._world.zone)
        bound = due_before(keep, noon, self._world.zone, policy.fiscal_year_end)
        return self._world.count(
            dataset, together(Before(dataset.dates[date_name(keep)], bound), filled), self._keysets
        )
