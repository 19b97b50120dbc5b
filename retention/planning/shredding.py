"""Whose keys are shredded, and which backups nobody can read then.

A key opens one category of one person's data, wherever an application encrypted it. It is shredded when
the plan takes away all that it opens: everywhere, and not only where the plan began. So a hold
on one row keeps the key of its category, and no other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from retention.model.datamap import Dataset
from retention.model.horizons import latest
from retention.model.ids import CategoryId, DatasetId, SystemId
from retention.model.key_steps import KeptKeys, LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    Because,
    EraseRows,
    LiftRows,
    PseudonymizeRows,
    RedactFields,
    RowStep,
    SuspendRows,
    Withholding,
)
from retention.model.policy import Authority
from retention.model.predicate import Among, Not, Populated, Predicate
from retention.model.subject import Key, SubjectKey
from retention.model.subject_keys import KeyOwner, WrappedKey
from retention.model.transform import Drop
from retention.planning.cells import Group
from retention.planning.disposal import UNNAMED
from retention.planning.holding import together
from retention.planning.keysets import KeySets
from retention.planning.pausing import Standstill, free_of
from retention.planning.reach import any_of, referenced
from retention.planning.world import World


@dataclass(frozen=True, slots=True)
class Disposals:
    """What the plan does to rows, for whom, and what it leaves alone."""

    groups: Sequence[Group]
    rows: Sequence[RowStep]
    withheld: Sequence[Withholding]
    standing: Sequence[Standstill]


@dataclass(frozen=True, slots=True)
class Shreddings:
    """What becomes of people's keys."""

    steps: tuple[ShredKeys, ...] = ()
    kept: tuple[KeptKeys, ...] = ()
    gone: frozenset[tuple[SystemId, KeyOwner]] = field(default=frozenset(), repr=False)
    """Whose keys are gone when the steps are done, those of earlier plans included."""


@dataclass(frozen=True, slots=True)
class _Scope:
    """All that one system's keys open of one category, for people by one identity key."""

    system: SystemId
    category: CategoryId
    key_name: str
    places: tuple[tuple[Dataset, tuple[str, ...]], ...]
    """Datasets, and their encrypted fields of the category."""

    def owner(self, value: Key) -> KeyOwner:
        """Return whose key it is."""
        return KeyOwner(SubjectKey(self.key_name, value), self.category)


def shreddings(world: World, done: Disposals, keysets: KeySets) -> Shreddings:
    """Return the steps on keys that go with what is done to rows."""
    steps: list[ShredKeys] = []
    kept: list[KeptKeys] = []
    gone: set[tuple[SystemId, KeyOwner]] = set()
    for scope in _scopes(world):
        asked = _asked(world, scope, done, keysets)
        stays = _staying(world, scope, asked, done.rows, keysets) if asked else frozenset()
        finder = world.subject_keys[scope.system]
        found = finder.standing(scope.owner(value) for value in sorted(asked, key=str))
        living = {owner for owner, key in found.items() if isinstance(key, WrappedKey)}
        going = frozenset(value for value in asked - stays if scope.owner(value) in living)
        gone |= {(scope.system, owner) for owner in found if owner not in living or owner.subject.value in going}
        kept += _kept(scope, sum(scope.owner(value) in living for value in stays), done.withheld)
        if going:
            keys, until = keysets.of(going), finder.horizon(world.now)
            reason = _because(scope, done)
            steps.append(ShredKeys(UNNAMED, scope.system, scope.category, scope.key_name, keys, until, reason))
    return Shreddings(tuple(steps), tuple(kept), frozenset(gone))


def unreadable(
    world: World, rows: Sequence[RowStep], shredded: Shreddings, keysets: KeySets
) -> dict[SystemId, LeaveUnreadable]:
    """Return, by backup system, the step for copies in which all that these steps touch is under keys that go."""
    found: dict[SystemId, LeaveUnreadable] = {}
    for system, keeper in sorted(world.keepers.items()):
        here = [step for step in rows if world.dataset(step.dataset).system in world.copied[system]]
        if here and shredded.steps and all(_is_covered(world, step, shredded, keysets) for step in here):
            copies = keeper.copies()
            until = max(step.until for step in shredded.steps) if copies else None
            expires_at = latest(copy.expires_at for copy in copies) if copies else None
            names = tuple(copy.copy_id for copy in copies)
            found[system] = LeaveUnreadable(UNNAMED, system, names, until, expires_at, _merged(here))
    return found


def _scopes(world: World) -> Iterator[_Scope]:
    found: dict[tuple[SystemId, CategoryId, str], list[tuple[Dataset, tuple[str, ...]]]] = {}
    for dataset in world.datamap.datasets.values():
        if dataset.encrypted is not None:
            for category in sorted({dataset.fields[name].category for name in dataset.encrypted.fields}):
                fields = tuple(sorted(n for n in dataset.encrypted.fields if dataset.fields[n].category == category))
                scope = dataset.encrypted.keys, category, dataset.encrypted.by
                found.setdefault(scope, []).append((dataset, fields))
    for (system, category, by), places in sorted(found.items()):
        yield _Scope(system, category, by, tuple(places))


def _asked(world: World, scope: _Scope, done: Disposals, keysets: KeySets) -> frozenset[Key]:
    """Return the people of whom something of the scope goes, or went before, and for whom nothing stands still."""
    asked: set[Key] = set()
    for group in done.groups:
        if scope.category in group.fates and group.authority is Authority.INDIVIDUAL:
            asked |= set(map(str, group.keys.get(scope.key_name, ())))
    for dataset, fields in scope.places:
        column = dataset.subject[scope.key_name]
        for step in done.rows:
            if step.dataset == dataset.dataset_id and any(clears(step, name) for name in fields):
                asked |= set(map(str, referenced(world, dataset, column, step.where, keysets)))
    return free_of({scope.key_name: frozenset(asked)}, done.standing).get(scope.key_name, frozenset())


def _staying(
    world: World, scope: _Scope, asked: frozenset[Key], rows: Sequence[RowStep], keysets: KeySets
) -> frozenset[Key]:
    """Return those of whom some row keeps a field of the scope when all steps are done."""
    stays: set[Key] = set()
    for dataset, fields in scope.places:
        column = dataset.subject[scope.key_name]
        for name in fields:
            cleared: list[Predicate] = [
                step.where for step in rows if step.dataset == dataset.dataset_id and clears(step, name)
            ]
            left: list[Predicate] = [Among(column, keysets.of(asked)), Populated((name,))]
            where = together(*left, *([Not(any_of(cleared))] if cleared else []))
            stays |= set(map(str, referenced(world, dataset, column, where, keysets)))
    return frozenset(stays)


def clears(step: RowStep, name: str) -> bool:
    """Whether nothing of the field is left in the step's rows."""
    match step:
        case EraseRows():
            return True
        case RedactFields():
            return name in step.fields
        case AnonymizeRows() | PseudonymizeRows():
            return isinstance(step.transforms.get(name), Drop)
        case SuspendRows() | LiftRows():
            return False


def _kept(scope: _Scope, keys: int, withheld: Iterable[Withholding]) -> Iterator[KeptKeys]:
    """Yield why keys stay, as far as a law or a hold says so; what is merely not due yet needs no word."""
    fields = {dataset.dataset_id: set(names) for dataset, names in scope.places}
    told: set[tuple[str, str]] = set()
    for kept in withheld if keys else ():
        if fields.get(kept.dataset, set()) & set(kept.fields) and (kept.hold_id, kept.statute) not in told:
            told.add((kept.hold_id, kept.statute))
            yield KeptKeys(scope.system, scope.category, keys, kept.hold_id, kept.statute, kept.until)


def _is_covered(world: World, step: RowStep, shredded: Shreddings, keysets: KeySets) -> bool:
    """Whether of the step's rows, as a copy holds them, nothing personal can be read when the keys are gone."""
    dataset = world.dataset(step.dataset)
    under = dataset.encrypted
    if under is None or under.fields != dataset.fields.keys():
        return False
    column = dataset.subject[under.by]
    if world.count(dataset, together(step.where, Not(Populated((column,)))), keysets):
        return False
    people = set(map(str, referenced(world, dataset, column, step.where, keysets)))
    categories = {each.category for each in dataset.fields.values()}
    owners = ((under.keys, KeyOwner(SubjectKey(under.by, who), what)) for who in people for what in categories)
    return all(owner in shredded.gone for owner in owners)


def _because(scope: _Scope, done: Disposals) -> Because:
    here: set[DatasetId] = {dataset.dataset_id for dataset, _ in scope.places}
    reasons = [step.because for step in done.rows if step.dataset in here]
    return _joined(reasons or [group.because for group in done.groups if scope.category in group.fates])


def _merged(rows: Iterable[RowStep]) -> Because:
    return _joined([step.because for step in rows])


def _joined(reasons: Sequence[Because]) -> Because:
    rules = tuple(sorted({rule for reason in reasons for rule in reason.rules}))
    statutes = tuple(sorted({statute for reason in reasons for statute in reason.statutes}))
    return Because(rules, statutes, request=any(reason.request for reason in reasons))
