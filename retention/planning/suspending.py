"""Which rows are suspended, or lifted, and by which means.

Suspension takes nothing away, so that no hold stands in its way. It is all or nothing: if the person has rows of
which the data map does not say how they are suspended, there is no plan. Rows that are suspended already are no part
of a step; a flag that holds a third value is refused, since lifting could not bring it back.

Rows that are moved away leave the table as erased rows do. So whatever refers to them is moved before them, or the
plan is refused: nothing may dangle, and the database may do nothing that no step counts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from retention.datamap import kept_id, order, view_of
from retention.errors import UnreachableDataError
from retention.model.datamap import DataMap, Dataset
from retention.model.ids import CategoryId, DatasetId, RuleId, StepId
from retention.model.plan import Because, LiftRows, SuspendRows
from retention.model.policy import Disposal, Policy
from retention.model.predicate import Everything, Not, Predicate, Selection, tuple_key
from retention.model.subject import Key
from retention.model.suspension import Flag, Listed, Moved, SuspendedKey, Suspension, needed_for
from retention.planning.authority import controlled
from retention.planning.cells import Group
from retention.planning.holding import together
from retention.planning.identity import Digester, locate
from retention.planning.keysets import KeySets
from retention.planning.reach import among, any_of, as_key, joined, of_identity
from retention.planning.resolving import returned
from retention.planning.world import World
from retention.ports.constraints import ForeignKey

_UNNAMED = StepId("")
Reached = Mapping[DatasetId, Predicate]


@dataclass(frozen=True, slots=True)
class Standing:
    """Whose data is suspended."""

    entries: tuple[SuspendedKey, ...] = ()
    digest: Digester = field(default=lambda key: key.value if isinstance(key.value, str) else "", repr=False)
    """Digests under the suppression key."""


NOBODY = Standing()


def suspensions(world: World, reached: Reached, because: Because, keysets: KeySets) -> list[SuspendRows]:
    """Return the steps that stop the use of the rows reached; children before parents.

    Raises:
        UnreachableDataError: some of them cannot be suspended.

    """
    steps = []
    for dataset in _in_order(world, reached):
        how = dataset.suspension
        if how is None:
            continue
        _refuse_incapable(world, dataset, how)
        _refuse_unlike(world, dataset)
        where = _in_use(world, dataset, how, reached, keysets)
        if rows := world.count(dataset, where, keysets):
            total = world.count(dataset, Everything(), keysets)
            steps.append(SuspendRows(_UNNAMED, dataset.dataset_id, where, how, rows, total, because))
    moved = {step.dataset: step for step in steps if isinstance(step.how.means, Moved)}
    _Moving(world, moved, keysets).refuse_dangling()
    return steps


def lifts(
    world: World, reached: Reached, because: Because, decided: tuple[str, str], keysets: KeySets
) -> list[LiftRows]:
    """Return the steps that allow the use of the suspended rows among those reached; parents before children."""
    steps = []
    for dataset in reversed(_in_order(world, reached)):
        if dataset.suspension is None:
            continue
        name, where = _stopped(world, dataset, dataset.suspension, reached, keysets)
        place = world.dataset(name)
        if where is not None and (rows := world.count(place, where, keysets)):
            total = world.count(place, Everything(), keysets)
            steps.append(LiftRows(_UNNAMED, name, where, dataset.suspension, rows, total, because, *decided))
    return steps


def parted(groups: Iterable[Group]) -> tuple[list[Group], list[Group]]:
    """Cut groups into what is disposed of and what is only suspended, by the fates of their categories."""
    disposed, stopped = [], []
    for group in groups:
        gone = {name: fate for name, fate in group.fates.items() if fate is not Disposal.SUSPEND}
        kept = {name: fate for name, fate in group.fates.items() if fate is Disposal.SUSPEND}
        disposed += [replace(group, fates=gone)] if gone or not kept else []
        stopped += [replace(group, fates=kept)] if kept else []
    return disposed, stopped


def only_stops(group: Group) -> bool:
    """Whether the group is one of rows that are only suspended."""
    return bool(group.fates) and set(group.fates.values()) == {Disposal.SUSPEND}


def due_suspensions(
    world: World, groups: Iterable[Group], standing: Standing, keysets: KeySets
) -> tuple[SuspendRows, ...]:
    """Return the steps that stop the use of what rules say, and of what came of people whose data is suspended.

    Raises:
        UnreachableDataError: some of it cannot be suspended.

    """
    parts = [*(_by_rules(world, group) for group in groups), *_again(world, standing, keysets)]
    wheres_of: dict[DatasetId, list[Predicate]] = {}
    for reached, _ in parts:
        for name, where in reached.items():
            wheres_of.setdefault(name, []).append(where)
    every = [because for _, because in parts]
    because = Because(
        tuple(dict.fromkeys(rule for one in every for rule in one.rules)),
        tuple(sorted({statute for one in every for statute in one.statutes})),
        request=any(one.request for one in every),
    )
    return tuple(suspensions(world, {n: any_of(wheres) for n, wheres in wheres_of.items()}, because, keysets))


def _by_rules(world: World, group: Group) -> tuple[Reached, Because]:
    """Return the rows of which something falls due, and what keeps those that are suspended."""
    every = {name: world.dataset(name) for name in group.reached}
    due = {name: where for name, where in group.reached.items() if group.due(every[name]) or every[name].keeps}
    return due, group.because


def _again(world: World, standing: Standing, keysets: KeySets) -> Iterator[tuple[Reached, Because]]:
    """Yield the rows of people whose data is suspended: all of whoever asked, else those that the rules name."""
    by_rules: dict[tuple[RuleId, ...], list[SuspendedKey]] = {}
    for entry in standing.entries:
        by_rules.setdefault(entry.rules, []).append(entry)
    for rules, entries in sorted(by_rules.items()):
        keys = people_of(world, entries, standing.digest)
        if not keys:
            continue
        own = own_rows(world, of_identity(world, returned(world, keys, keysets), keysets, wholly=True).rows, keysets)
        if rules:
            categories = {rule.category for rule in world.policy.rules if rule.rule_id in rules}
            own = {name: where for name, where in own.items() if _falls_under(world.dataset(name), categories)}
        statutes = tuple(sorted({statute for entry in entries for statute in entry.statutes}))
        yield own, Because(rules, statutes, request=not rules)


def _falls_under(dataset: Dataset, categories: Collection[CategoryId]) -> bool:
    return bool(dataset.keeps) or any(field_.category in categories for field_ in dataset.fields.values())


def unfit(policy: Policy, datamap: DataMap) -> Iterator[tuple[str, str, str]]:
    """Yield what in a suspending rule cannot be done: where, expected, found.

    A row is suspended whole. So everything personal in it must fall under such rules, and the map must say how.
    """
    stopping = {rule.category: rule for rule in policy.rules if rule.then is Disposal.SUSPEND}
    for dataset in datamap.datasets.values() if stopping else ():
        categories = {field_.category for field_ in dataset.fields.values()}
        for category in sorted(categories & stopping.keys()) if dataset.keeps is None else ():
            where = f"policy rules.{stopping[category].rule_id} in {dataset.dataset_id}"
            if others := sorted(categories - stopping.keys()):
                yield where, "a dataset all of whose fields are suspended together", f"fields of {', '.join(others)}"
            if not _is_suspended_somehow(dataset):
                yield where, "`suspend` in the data map", "none"


def out_of_use(world: World, dataset: Dataset, keysets: KeySets) -> Predicate | None:
    """Return the dataset's rows that are suspended and still lie there; None if there are none."""
    match dataset.suspension.means if dataset.suspension else None:
        case Flag() as flag:
            stopped = _flagged(world, dataset, flag, Everything(), keysets)
        case Listed():
            there = world.dataset(kept_id(dataset.dataset_id))
            stopped = joined(world, there, there.primary_key, Everything(), keysets)
        case _:
            return None
    return among(dataset.primary_key, keysets.of(stopped)) if stopped else None


def people_of(world: World, entries: Iterable[SuspendedKey], digest: Digester) -> dict[str, frozenset[Key]]:
    """Return the live keys behind what the ledger knows by digest."""
    wanted = {(entry.key_name, entry.digest) for entry in entries}
    found: dict[str, set[Key]] = {}
    for key, _ in locate(world, {name for name, _ in wanted}, lambda *who: who in wanted, digest) if wanted else ():
        found.setdefault(key.name, set()).add(key.value)
    return {name: frozenset(values) for name, values in sorted(found.items())}


def own_rows(world: World, reached: Reached, keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return the rows reached over which no tenant decides."""
    theirs = controlled(world, reached, keysets)
    return {n: together(where, Not(theirs[n])) if n in theirs else where for n, where in reached.items()}


def refuse_without_means(world: World, reached: Reached, keysets: KeySets) -> None:
    """Refuse to stop the use of a part only.

    Raises:
        UnreachableDataError: there are rows of which the data map does not say how they are suspended.

    """
    without = [
        f"{name} ({rows} rows)"
        for name, where in sorted(reached.items())
        if not _is_suspended_somehow(world.dataset(name)) and (rows := world.count(world.dataset(name), where, keysets))
    ]
    if without:
        raise UnreachableDataError(
            f"the data map does not say how to suspend {', '.join(without)}; nothing would be suspended in part",
            hint="add `suspend` to these datasets: a flag, a view, a table to move rows to, or the parent",
        )


def _is_suspended_somehow(dataset: Dataset) -> bool:
    return bool(dataset.suspension or dataset.out_of_use_with_parent or dataset.keeps)


def _in_order(world: World, reached: Reached) -> list[Dataset]:
    """Return the datasets whose own rows are reached, or whose suspended rows are; children before parents."""
    every = [world.dataset(name) for name in order(world.datamap)]
    return [d for d in every if d.keeps is None and (d.dataset_id in reached or kept_id(d.dataset_id) in reached)]


def _in_use(world: World, dataset: Dataset, how: Suspension, reached: Reached, keysets: KeySets) -> Predicate:
    where = reached[dataset.dataset_id] if dataset.dataset_id in reached else Not(Everything())
    match how.means:
        case Moved():
            return where
        case Flag() as flag:
            stopped = _flagged(world, dataset, flag, where, keysets)
        case Listed():
            kept = kept_id(dataset.dataset_id)
            listed = reached.get(kept)
            there = world.dataset(kept)
            stopped = joined(world, there, there.primary_key, listed, keysets) if listed is not None else frozenset()
        case other:
            assert_never(other)
    return together(where, Not(among(dataset.primary_key, keysets.of(stopped)))) if stopped else where


def _stopped(
    world: World, dataset: Dataset, how: Suspension, reached: Reached, keysets: KeySets
) -> tuple[DatasetId, Predicate | None]:
    """Return where the suspended rows, or their keys, stand, and which of them are reached."""
    name, kept = dataset.dataset_id, kept_id(dataset.dataset_id)
    match how.means:
        case Moved():
            return kept, reached.get(kept)
        case Listed():
            listed = reached.get(kept)
            there = world.dataset(kept)
            keys = joined(world, there, there.primary_key, listed, keysets) if listed is not None else frozenset()
            return kept, among(dataset.primary_key, keysets.of(keys)) if keys else None
        case Flag() as flag:
            stopped = _flagged(world, dataset, flag, reached[name], keysets)
            return name, together(reached[name], among(dataset.primary_key, keysets.of(stopped))) if stopped else None
        case other:
            assert_never(other)


def _flagged(world: World, dataset: Dataset, flag: Flag, where: Predicate, keysets: KeySets) -> frozenset[Key]:
    """Return the primary keys of the rows that are suspended.

    Raises:
        UnreachableDataError: a row holds neither of the flag's values.

    """
    columns = [*dataset.primary_key, flag.column]
    stopped: set[Key] = set()
    others = 0
    for *key, held in world.finder(dataset).values(dataset, columns, Selection(where, keysets.values)):
        if held == flag.value:
            stopped.add(as_key(key[0]) if len(key) == 1 else tuple_key([as_key(part) for part in key]))
        else:
            others += held != flag.lifted
    if others:
        raise UnreachableDataError(
            f"{dataset.dataset_id}: {others} rows hold neither {flag.value} nor {flag.lifted} in {flag.column}",
            hint="say under `lifted` what rows in use hold; a third value could not be brought back",
        )
    return frozenset(stopped)


def _refuse_incapable(world: World, dataset: Dataset, how: Suspension) -> None:
    needed = needed_for(how)
    able = world.suspends.get(dataset.system, frozenset())
    if needed not in able:
        can = ", ".join(sorted(means.value for means in able)) or "nothing"
        raise UnreachableDataError(
            f"{dataset.dataset_id} is to be suspended by `{needed.value}`, and its store can do that by {can}",
            hint="name in the data map a means that the store has",
        )


def _refuse_unlike(world: World, dataset: Dataset) -> None:
    """Refuse a view, or a table to move rows to, with other columns: rows could be lost, or be overlooked in it."""
    other = view_of(dataset) or world.datamap.datasets.get(kept_id(dataset.dataset_id))
    if other is None or not other.fields:
        return
    here, there = (set(world.finder(one).describe(one)) for one in (dataset, other))
    if here != there:
        differing = ", ".join(sorted(here ^ there))
        raise UnreachableDataError(
            f"`{other.location}` needs the columns of `{dataset.location}`, and differs in {differing}",
            hint="make them alike; `retention datamap check` compares them",
        )


@dataclass(frozen=True, slots=True)
class _Moving:
    """Rows that would be moved away, and what refers to them."""

    world: World
    moved: Mapping[DatasetId, SuspendRows]
    keysets: KeySets

    def refuse_dangling(self) -> None:
        """Refuse where the database holds rows back, or would do something by itself to rows that refer to them."""
        by_table = {(d.system, d.location): d for d in self.world.datamap.datasets.values()}
        for step in self.moved.values():
            parent = self.world.dataset(step.dataset)
            constraints = self.world.constraints.get(parent.system)
            for key in constraints.foreign_keys if constraints else ():
                if key.parent == parent.location:
                    child = by_table.get((parent.system, key.table)) or _unmapped(parent, key.table)
                    self._refuse_referring(step, child, key)

    def _refuse_referring(self, step: SuspendRows, child: Dataset, key: ForeignKey) -> None:
        keys = joined(self.world, self.world.dataset(step.dataset), key.there, step.where, self.keysets)
        if not keys:
            return
        refers = among(key.here, self.keysets.of(keys))
        own = self.moved.get(child.dataset_id)
        coming = self.moved.get(child.keeps) if child.keeps else None
        rows = self.world.count(child, together(refers, Not(own.where)) if own else refers, self.keysets)
        rows += coming.rows if coming else 0
        if rows:
            raise UnreachableDataError(
                f"{rows} rows of {child.dataset_id} refer to rows of {step.dataset} that would be moved away"
                f" ({', '.join(key.here)}; on delete: {key.on_delete})",
                hint="suspend them by `move` as well, into tables without foreign keys, or suspend both by a flag",
            )


def _unmapped(parent: Dataset, table: str) -> Dataset:
    """Return a dataset for a table that the map does not have: only to be counted."""
    name = DatasetId(f"{parent.system}.{table}")
    return replace(parent, dataset_id=name, location=table, primary_key=(), subject={}, parents=(), suspension=None)
