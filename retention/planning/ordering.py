"""Steps in the order in which they are carried out, each with its id; and the steps that are not on rows.

Rules of order, which every plan follows:

(1) Processors are told first: nobody is told after his address is forgotten. Rows of a dataset that is named
    under a processor's `before` wait until it has finished: a link is revoked there before it goes here.
(2) Derived copies before originals, children before parents.
(3) A person is found in what joint users were given before the rows go by which he is found there.
(4) A key goes after the last live row that it opens.
(5) Backups last: a copy taken while the plan was being carried out counts as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import assert_never

from retention.datamap import order
from retention.model.disclosure import DeliverExport, DiscloseRows
from retention.model.horizons import latest
from retention.model.ids import DatasetId, StepId, SystemId
from retention.model.key_steps import LeaveUnreadable, ShredKeys
from retention.model.plan import (
    AnonymizeRows,
    Because,
    DestroyTokenKey,
    EraseRows,
    ExpireCopies,
    ExportSet,
    ForgetInSet,
    LiftRows,
    PseudonymizeRows,
    PublishCounts,
    RedactFields,
    RowStep,
    SharingStep,
    Step,
    SuspendRows,
    TellProcessor,
    Untold,
    WithdrawSet,
)
from retention.model.policy import AfterEvent, AfterPurposes, Authority
from retention.model.predicate import AllOf, AnyOf, Not, Populated, Predicate
from retention.model.subject import Key
from retention.planning.authority import CONTROLLED, controlled, people_in, tenant_key_names
from retention.planning.cells import Group
from retention.planning.changed import Concerned
from retention.planning.disposal import UNNAMED
from retention.planning.due import rules_in_force
from retention.planning.holding import date_name, together
from retention.planning.identity import expand
from retention.planning.keysets import KeySets
from retention.planning.pausing import Standstill, free_of
from retention.planning.reach import rows_of
from retention.planning.world import World


def in_order(world: World, steps: Iterable[RowStep]) -> list[RowStep]:
    """Put steps in erasure order, and within a dataset in the cells' order.

    Anonymizing and pseudonymizing come last: a date cut to its year can make a row look older than it was.
    """
    rank = {dataset: n for n, dataset in enumerate(order(world.datamap))}

    def place(step: RowStep) -> tuple[int, bool]:
        return rank[step.dataset], isinstance(step, AnonymizeRows | PseudonymizeRows)

    return sorted(steps, key=place)


HOLDS_MORE = "holds-more"
"""Why a processor is not told of a request for some items."""


@dataclass(frozen=True, slots=True)
class Orders:
    """Whom the processors are told of, and whom not."""

    steps: tuple[TellProcessor, ...]
    untold: tuple[Untold, ...]


def orders(world: World, concerned: Iterable[Concerned], standing: Sequence[Standstill], keysets: KeySets) -> Orders:
    """Return one order a person and processor: a processor is told of one person at a time.

    A processor knows a person by one key and cannot tell whose record it would erase. So of
    people of whom something stays under another authority it is not told, and the plan says so; nor
    of a request for some items, if it was given others as well: it would erase those too.
    """
    told: set[tuple[SystemId, Key]] = set()
    untold: dict[SystemId, set[Key]] = defaultdict(set)
    holding_more: dict[SystemId, set[Key]] = defaultdict(set)
    steps: list[TellProcessor] = []
    for group, everybody in ((each.group, each.people) for each in concerned):
        holding = [rules for rules in world.policy.processors if set(rules.categories) & set(group.fates)]
        people = free_of(everybody, standing) if holding else {}
        shared = _under_another_authority(world, group, people, keysets) if people else {}
        for rules in holding:
            if group.because.request and not set(rules.categories) <= set(group.fates):
                holding_more[rules.system] |= people.get(rules.key, frozenset())
                continue
            untold[rules.system] |= people.get(rules.key, frozenset()) & shared.get(rules.key, frozenset())
            for key in sorted(people.get(rules.key, frozenset()) - untold[rules.system], key=str):
                if (rules.system, key) not in told:
                    told.add((rules.system, key))
                    keys = keysets.of([key])
                    steps.append(
                        TellProcessor(
                            step_id=UNNAMED,
                            system=rules.system,
                            key_name=rules.key,
                            keys=keys,
                            answer_within=rules.answer_within,
                            because=group.because,
                            before=rules.before,
                        )
                    )
    left = [Untold(system, len(keys), CONTROLLED) for system, keys in sorted(untold.items()) if keys]
    left += [Untold(system, len(keys), HOLDS_MORE) for system, keys in sorted(holding_more.items()) if keys]
    return Orders(tuple(steps), tuple(left))


def _under_another_authority(
    world: World, group: Group, people: Mapping[str, frozenset[Key]], keysets: KeySets
) -> Mapping[str, frozenset[Key]]:
    """Return the keys of those of whom some row is not the group's to move."""
    if not tenant_key_names(world.datamap):
        return {}
    every = rows_of(world, people, keysets)
    theirs = controlled(world, every, keysets)
    if group.authority is Authority.TENANT:
        own = group.reached
        others = {name: together(where, Not(own[name])) if name in own else where for name, where in every.items()}
    else:
        others = theirs
    return expand(world, people_in(world, others, keysets), keysets).keys


def expiries(
    world: World, rows: Iterable[RowStep], unreadable: Mapping[SystemId, LeaveUnreadable]
) -> Iterator[ExpireCopies | LeaveUnreadable]:
    """Yield a step for each backup system that copies something these steps touch."""
    steps = list(rows)
    touched = {world.dataset(step.dataset).system for step in steps}
    rules = tuple(sorted({rule for step in steps for rule in step.because.rules}))
    statutes = tuple(sorted({statute for step in steps for statute in step.because.statutes}))
    reason = Because(rules, statutes, request=any(step.because.request for step in steps))
    for system, keeper in sorted(world.keepers.items()):
        if system in unreadable:
            yield unreadable[system]
        elif touched & set(world.copied[system]):
            copies = keeper.copies()
            until = latest(copy.expires_at for copy in copies) if copies else None
            yield ExpireCopies(UNNAMED, system, tuple(copy.copy_id for copy in copies), until, reason)


def step_id(number: int, step: Step) -> StepId:
    """Return the id that says in which place a step stands, what it does and where."""
    match step:
        case EraseRows() | RedactFields() | AnonymizeRows() | PseudonymizeRows() | SuspendRows() | LiftRows():
            return StepId(f"{number:03d}-{verb(step)}-{step.dataset}")
        case TellProcessor():
            return StepId(f"{number:03d}-tell-{step.system}")
        case ExpireCopies():
            return StepId(f"{number:03d}-expire-{step.system}")
        case ShredKeys():
            return StepId(f"{number:03d}-shred-{step.system}.{step.category}")
        case LeaveUnreadable():
            return StepId(f"{number:03d}-leave-{step.system}")
        case ExportSet() | ForgetInSet() | WithdrawSet() | PublishCounts() | DestroyTokenKey():
            return _sharing_id(number, step)
        case DiscloseRows():
            return StepId(f"{number:03d}-disclose-{step.dataset}")
        case DeliverExport():
            return StepId(f"{number:03d}-deliver-{step.dataset}")
        case _:
            assert_never(step)


def verb(step: RowStep) -> str:
    """Return what the step does, as a word of its id."""
    match step:
        case EraseRows():
            return "erase"
        case RedactFields():
            return "redact"
        case AnonymizeRows():
            return "anonymize"
        case PseudonymizeRows():
            return "pseudonymize"
        case SuspendRows():
            return "suspend"
        case LiftRows():
            return "lift"


def _sharing_id(number: int, step: SharingStep) -> StepId:
    match step:
        case ExportSet():
            return StepId(f"{number:03d}-export-joint.{step.member}.{step.set_name}.{step.export_id}")
        case ForgetInSet():
            return StepId(f"{number:03d}-erase-{step.dataset}")
        case WithdrawSet():
            return StepId(f"{number:03d}-withdraw-{step.dataset}")
        case PublishCounts():
            return StepId(f"{number:03d}-count-{step.dataset}")
        case DestroyTokenKey():
            return StepId(f"{number:03d}-destroy-{step.key_name.replace('/', '.')}")


def undated(world: World, keysets: KeySets) -> dict[DatasetId, int]:
    """Count rows whose clock cannot start: the date is missing, so they never fall due by themselves."""
    stuck: dict[DatasetId, list[Predicate]] = defaultdict(list)
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent | AfterPurposes):
            continue
        for dataset in world.datamap.datasets.values():
            column = dataset.dates.get(date_name(rule.keep))
            fields = tuple(sorted(name for name, f in dataset.fields.items() if f.category == rule.category))
            if column and fields:
                stuck[dataset.dataset_id].append(AllOf((Not(Populated((column,))), Populated(fields))))
    counts = {name: world.count(world.dataset(name), AnyOf(tuple(rows)), keysets) for name, rows in stuck.items()}
    return {name: rows for name, rows in counts.items() if rows}
