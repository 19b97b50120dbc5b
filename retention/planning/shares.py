"""What of a batch's plan is about whom: each request's own counts, orders, and what stays of it."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from retention.model.batch import PartDone, Share
from retention.model.ids import CaseId, DatasetId, HoldId, StepId, SystemId
from retention.model.plan import ForgetInSet, Plan, RowStep, TellProcessor, Withholding
from retention.model.subject import Key, KeyValues, SubjectKey
from retention.model.transform import Value
from retention.planning.codec import encode_share
from retention.planning.disposal import Spared
from retention.planning.holding import date_name, end_of
from retention.planning.ordering import verb
from retention.planning.owners import Owners
from retention.planning.world import World


def share_entry(case_id: CaseId, share: bytes) -> str:
    """Return how the plan's set of shares names a request and its share."""
    return f"{case_id}:{hashlib.sha256(share).hexdigest()}"


def share_entries(shares: Mapping[CaseId, Share]) -> frozenset[Key]:
    """Return the plan's set of shares."""
    return frozenset(share_entry(case_id, encode_share(share)) for case_id, share in shares.items())


def shares_of(
    world: World,
    plan: Plan,
    spared: Sequence[Spared],
    owners: Owners,
    *,
    people: Mapping[CaseId, frozenset[SubjectKey]],
    values: KeyValues,
) -> dict[CaseId, Share]:
    """Return everyone's share, by case; the stores are asked once a step and once a line of what is withheld."""
    done: dict[CaseId, list[PartDone]] = defaultdict(list)
    told: dict[CaseId, list[StepId]] = defaultdict(list)
    shared: Counter[CaseId] = Counter()
    for step in plan.steps:
        if isinstance(step, RowStep):
            counts = _rows(world, step, owners)
            for case_id, rows in sorted(counts.items()):
                done[case_id].append(PartDone(step.step_id, step.dataset, verb(step), rows))
        elif isinstance(step, TellProcessor):
            for key in values[step.keys.keyset_id]:
                for case_id in owners.of_key(SubjectKey(step.key_name, key)):
                    told[case_id].append(step.step_id)
        elif isinstance(step, ForgetInSet):
            shared.update({case for key in values[step.keys.keyset_id] for case in owners.of_value(key)})
    kept = _kept(world, spared, owners)
    untold = _untold(world, plan, people, values)
    return {
        case: Share(tuple(done[case]), tuple(told[case]), kept.get(case, ()), untold.get(case, ()), shared[case])
        for case in sorted(people)
    }


def _rows(world: World, step: RowStep, owners: Owners) -> Counter[CaseId]:
    counts: Counter[CaseId] = Counter()
    for cases, _, rows in owners.rows(world.dataset(step.dataset), step.where):
        for case_id in cases:
            counts[case_id] += rows
    return counts


@dataclass(slots=True)
class _Keeping:
    """One line of what stays of one person, in the making."""

    line: Withholding
    rows: int = 0
    dates: set[Value] = field(default_factory=set)


def _kept(world: World, spared: Iterable[Spared], owners: Owners) -> dict[CaseId, tuple[Withholding, ...]]:
    """Return what stays of each person, with the end that his own rows have."""
    found: dict[CaseId, dict[tuple[DatasetId, HoldId, tuple[str, ...]], _Keeping]] = defaultdict(dict)
    holds = {(each.line.dataset, each.line.hold_id): each.hold for each in spared}
    for each in spared:
        dataset, name = world.dataset(each.line.dataset), (each.line.dataset, each.line.hold_id, each.line.fields)
        also = [] if each.hold is None else [dataset.dates[date_name(each.hold.keep)]]
        for cases, dates, rows in owners.rows(dataset, each.rows, also):
            for case_id in cases:
                keeping = found[case_id].setdefault(name, _Keeping(each.line))
                keeping.rows += rows
                keeping.dates.update(dates)

    def ends(keeping: _Keeping) -> datetime | None:
        hold = holds[keeping.line.dataset, keeping.line.hold_id]
        return None if hold is None else end_of(world, hold, keeping.dates)

    return {
        case_id: tuple(replace(one.line, rows=one.rows, until=ends(one)) for one in lines.values())
        for case_id, lines in found.items()
    }


def _untold(
    world: World, plan: Plan, people: Mapping[CaseId, frozenset[SubjectKey]], values: KeyValues
) -> dict[CaseId, tuple[SystemId, ...]]:
    """Return, for whom the plan has no order, to which of the processors that are not told of everyone."""
    told: dict[SystemId, set[str]] = defaultdict(set)
    for step in plan.steps:
        if isinstance(step, TellProcessor):
            told[step.system] |= set(map(str, values[step.keys.keyset_id]))
    names = {rules.system: rules.key for rules in world.policy.processors}
    found: dict[CaseId, tuple[SystemId, ...]] = {}
    for case_id, keys in people.items() if plan.untold else ():
        of_name = {each.system: {str(k.value) for k in keys if k.name == names[each.system]} for each in plan.untold}
        left = tuple(system for system, mine in of_name.items() if mine - told[system])
        found |= {case_id: left} if left else {}
    return found
