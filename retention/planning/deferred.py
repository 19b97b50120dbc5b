"""What a law kept after its person had left: it goes when the law lets go of it, without a new request.

When a person leaves a row of which a law keeps some fields, the row lets go of him: identity keys
and references are emptied, the held fields stay. A category with a clock of the row falls due by
that. Any other could never be found again, so the plan notes the rows' primary keys; the ledger
keeps them as keyed digests, and a sweep after the hold's end takes exactly those rows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from retention.model.datamap import Dataset
from retention.model.ids import CategoryId, DatasetId, HoldId
from retention.model.plan import Because
from retention.model.policy import AfterEvent, AfterPurposes, Disposal, FieldHold
from retention.model.predicate import Among, Not, Populated
from retention.model.subject import Key
from retention.planning.cells import Group
from retention.planning.due import rules_in_force
from retention.planning.holding import held_fields, is_over, together
from retention.planning.keysets import KeySets
from retention.planning.reach import referenced, through_parents
from retention.planning.world import World


@dataclass(frozen=True, slots=True)
class Promised:
    """Rows of which was promised that they go when their hold ends."""

    digests: Mapping[tuple[DatasetId, HoldId], frozenset[str]] = field(default_factory=dict)
    digest: Callable[[DatasetId, Key], str] = lambda _dataset, _key: ""
    """The keyed digest of a row's primary key."""


def undated(world: World, dataset: Dataset, hold: FieldHold) -> frozenset[CategoryId]:
    """Return the categories that the hold keeps here, and that no date of the row will ever make due.

    Empty where rows have no single primary key of their own to be found by.
    """
    if len(dataset.primary_key) != 1 or dataset.primary_key[0] in dataset.linking_columns:
        return frozenset()
    starts = ((rule.category, rule.keep.start) for rule in rules_in_force(world))
    dated = {
        category
        for category, start in starts
        if not isinstance(start, AfterEvent | AfterPurposes) and start.date_name in dataset.dates
    }
    names = held_fields(hold, dataset) & set(dataset.fields)
    return frozenset(dataset.fields[name].category for name in names) - dated


def deferred_groups(world: World, promised: Promised, keysets: KeySets) -> Iterator[Group]:
    """Yield, for each hold and dataset, the rows promised of which the law has let go."""
    for hold in world.policy.holds:
        for dataset in world.datamap.datasets.values():
            digests = promised.digests.get((dataset.dataset_id, hold.hold_id), frozenset())
            categories = undated(world, dataset, hold)
            if digests and categories:
                yield from _group(world, dataset, hold, categories, _Match(promised, digests, keysets))


@dataclass(frozen=True, slots=True)
class _Match:
    promised: Promised
    digests: frozenset[str]
    keysets: KeySets

    def keys(self, world: World, dataset: Dataset, hold: FieldHold) -> frozenset[Key]:
        """Return the primary keys of the promised rows that belong to nobody and that the law has let go of."""
        nobodys = Not(Populated(dataset.linking_columns)) if dataset.linking_columns else None
        where = together(*([nobodys] if nobodys else []), is_over(world, dataset, hold.keep))
        found = referenced(world, dataset, dataset.primary_key[0], where, self.keysets)
        return frozenset(key for key in found if self.promised.digest(dataset.dataset_id, key) in self.digests)


def _group(
    world: World, dataset: Dataset, hold: FieldHold, categories: frozenset[CategoryId], match: _Match
) -> Iterator[Group]:
    keys = match.keys(world, dataset, hold)
    if not keys:
        return
    rules = tuple(rule for rule in rules_in_force(world) if rule.category in categories)
    statutes = {hold.statute, *(rule.statute for rule in rules if rule.statute)}
    where = Among(dataset.primary_key[0], match.keysets.of(keys))
    yield Group(
        reached=through_parents(world, {dataset.dataset_id: where}, match.keysets),
        fates=dict.fromkeys(categories, Disposal.ERASE),
        k=2,
        because=Because(tuple(rule.rule_id for rule in rules), tuple(sorted(statutes)), request=not rules),
        root=dataset.dataset_id,
    )
