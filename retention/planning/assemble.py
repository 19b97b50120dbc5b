"""The three kinds of plan: a sweep, a person's request, a restore. One road for all.

Rules of order, which every plan follows:

(1) Processors are told first: nobody is told after his address is forgotten.
(2) Derived copies before originals, children before parents.
(3) Backups last: a copy taken while the plan was being carried out counts as well.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import assert_never

from retention.datamap import order
from retention.errors import HeldError, UnknownSubjectError
from retention.model.case import CaseKind
from retention.model.hold import PlacedHold
from retention.model.ids import CaseId, CategoryId, DatasetId, PlanId, StepId, SystemId
from retention.model.plan import (
    AnonymizeRows,
    Because,
    EraseRows,
    ExpireCopies,
    Plan,
    RedactFields,
    Replay,
    RowStep,
    Step,
    TellProcessor,
)
from retention.model.policy import AfterEvent, Disposal
from retention.model.predicate import AllOf, AnyOf, Not, Populated, Predicate
from retention.model.subject import Key, KeyValues, SubjectKey
from retention.planning.cells import Group, Standstill
from retention.planning.codec import keysets_of
from retention.planning.disposal import UNNAMED, Disposer
from retention.planning.due import because, due_people, fates, people_group, row_groups, rules_in_force
from retention.planning.holding import date_name
from retention.planning.identity import Digester, Identity, expand, locate, refuse_ambiguous
from retention.planning.keysets import KeySets
from retention.planning.limits import Limits, crossings
from retention.planning.reach import of_identity
from retention.planning.world import World
from retention.ports.ledger import Events

REQUEST_SCOPE = "request"
"""The replay scope of a person's request: everything that no law keeps."""


@dataclass(frozen=True, slots=True)
class Header:
    """What a plan says of itself."""

    plan_id: PlanId
    case_id: CaseId
    salt: bytes = field(repr=False)
    """The case's salt for commitments to keys."""
    holds_digest: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class Draft:
    """A plan and the keys it refers to; the keys belong in the vault."""

    plan: Plan
    keys: KeyValues = field(repr=False)


def plan_request(
    world: World, header: Header, start: SubjectKey, holds: Iterable[PlacedHold], digest: Digester
) -> Draft:
    """Plan the erasure of everything of one person that no law keeps.

    Raises:
        UnknownSubjectError: no mapped system knows the person.
        AmbiguousSubjectError: the key leads to several people.
        HeldError: a placed hold names the person.
        UnreachableDataError: some dataset cannot be reached from the keys known.

    """
    keysets = KeySets(header.salt)
    identity = expand(world, {start.name: frozenset({start.value})}, keysets)
    refuse_ambiguous(world, identity)
    _refuse_held(identity, holds, digest)
    everything = Group(
        reached=of_identity(world, identity, keysets),
        fates=_all_categories(world),
        k=max((rule.k for rule in world.policy.rules), default=2),
        because=Because((), _request_statutes(world), request=True),
        keys=identity.keys,
    )
    disposer = Disposer(world, keysets, tuple(_standstills(world, holds, keysets, digest)))
    disposer.draw([everything], order(world.datamap))
    if not disposer.drawn.steps and not disposer.drawn.withheld:
        raise UnknownSubjectError(
            f"no mapped system knows this person by {start.name}",
            hint="check the key; if the person is known by another key, open the request by that one",
        )
    replays = tuple(Replay(name, keysets.of(keys), REQUEST_SCOPE) for name, keys in sorted(identity.keys.items()))
    return _assemble(
        world,
        header,
        CaseKind.REQUEST,
        keysets=keysets,
        disposer=disposer,
        groups=[everything],
        subjects=1,
        replays=replays,
    )


def plan_sweep(
    world: World, header: Header, events: Events, holds: Iterable[PlacedHold], digest: Digester
) -> Draft | None:
    """Plan everything whose clocks have run out; None if nothing has."""
    keysets = KeySets(header.salt)
    people = due_people(world, events, digest, keysets)
    groups = [people_group(world, due, keysets) for due in people] + list(row_groups(world, keysets))
    disposer = Disposer(world, keysets, tuple(_standstills(world, holds, keysets, digest)))
    disposer.draw(groups, order(world.datamap))
    if not disposer.drawn.steps:
        return None
    replays = tuple(
        Replay(name, keysets.of(keys), rule.rule_id)
        for due in people
        for rule in due.rules
        for name, keys in sorted(due.keys.items())
    )
    return _assemble(
        world,
        header,
        CaseKind.SWEEP,
        keysets=keysets,
        disposer=disposer,
        groups=disposer.drawn.moved,
        subjects=sum(max(map(len, group.keys.values())) for group in disposer.drawn.moved if group.keys),
        replays=replays,
    )


def plan_restore(
    world: World,
    header: Header,
    suppressed: Mapping[tuple[str, str], frozenset[str]],
    digest: Digester,
    *,
    holds: Iterable[PlacedHold],
    hold_digest: Digester,
) -> tuple[Draft | None, int]:
    """Plan what a restored store must forget again before it opens, and say how many came back.

    `suppressed` maps (key name, digest) to the scopes in which the person was disposed of;
    `digest` digests under the suppression key, `hold_digest` under the look-up key. None if the
    store brought nothing back.
    """
    keysets = KeySets(header.salt)
    returned: dict[frozenset[str], dict[str, set[Key]]] = {}
    names = {name for name, _ in suppressed}
    for key, digested in locate(world, names, lambda name, value: (name, value) in suppressed, digest):
        returned.setdefault(suppressed[key.name, digested], {}).setdefault(key.name, set()).add(key.value)
    groups = [_replayed(world, scopes, keys, keysets) for scopes, keys in sorted(returned.items(), key=_by_scopes)]
    groups += list(row_groups(world, keysets))
    disposer = Disposer(world, keysets, tuple(_standstills(world, holds, keysets, hold_digest)))
    disposer.draw(groups, order(world.datamap))
    count = sum(max(map(len, keys.values())) for keys in returned.values())
    if not disposer.drawn.steps:
        return None, count
    draft = _assemble(
        world, header, CaseKind.RESTORE, keysets=keysets, disposer=disposer, groups=[], subjects=count, replays=()
    )
    return draft, count


def _by_scopes(item: tuple[frozenset[str], object]) -> list[str]:
    return sorted(item[0])


def _replayed(world: World, scopes: frozenset[str], keys: Mapping[str, set[Key]], keysets: KeySets) -> Group:
    identity = expand(world, {name: frozenset(values) for name, values in keys.items()}, keysets)
    rules = tuple(rule for rule in world.policy.rules if rule.rule_id in scopes)
    asked = REQUEST_SCOPE in scopes
    own = because(rules)
    rights = _request_statutes(world) if asked else ()
    return Group(
        reached=of_identity(world, identity, keysets),
        fates=_all_categories(world) if asked else fates(rules),
        k=max((rule.k for rule in world.policy.rules), default=2),
        because=replace(own, statutes=tuple(sorted({*own.statutes, *rights})), request=asked),
        rules=rules,
        keys=identity.keys,
    )


def _all_categories(world: World) -> dict[CategoryId, Disposal]:
    fields = (field_ for dataset in world.datamap.datasets.values() for field_ in dataset.fields.values())
    return {field_.category: Disposal.ERASE for field_ in fields}


def _request_statutes(world: World) -> tuple[str, ...]:
    """The rights that a request for erasure rests on, by regime (APPI 35(5), GDPR 17(1), CCPA 1798.105(a))."""
    rights = {"jp.appi": "jp.appi.35-5", "eu.gdpr": "eu.gdpr.17-1", "us.ccpa": "us.ccpa.1798-105-a"}
    return tuple(rights[regime] for regime in world.policy.regimes if regime in rights)


def _refuse_held(identity: Identity, holds: Iterable[PlacedHold], digest: Digester) -> None:
    keys = {(key.name, digest(key)) for key in identity.every()}
    for hold in holds:
        if hold.released_at is None and (hold.key_name, hold.subject_digest) in keys:
            raise HeldError(
                f"hold {hold.hold_id} ({hold.reason}) names this person; nothing was touched",
                hint=f"retention hold release {hold.hold_id} when it has ended, then plan again",
            )


def _standstills(world: World, holds: Iterable[PlacedHold], keysets: KeySets, digest: Digester) -> Iterator[Standstill]:
    """Yield the rows of people under a placed hold, by every key they have."""
    standing = [hold for hold in holds if hold.released_at is None]
    found: dict[tuple[str, str], set[Key]] = {(hold.key_name, hold.subject_digest): set() for hold in standing}
    for key, digested in locate(world, {name for name, _ in found}, lambda *who: who in found, digest):
        found[key.name, digested].add(key.value)
    for hold in standing:
        keys = frozenset(found[hold.key_name, hold.subject_digest])
        if keys:
            identity = expand(world, {hold.key_name: keys}, keysets)
            yield Standstill(hold.hold_id, of_identity(world, identity, keysets))


def _assemble(
    world: World,
    header: Header,
    kind: CaseKind,
    *,
    keysets: KeySets,
    disposer: Disposer,
    groups: Iterable[Group],
    subjects: int,
    replays: tuple[Replay, ...],
) -> Draft:
    rows = _in_order(world, disposer.drawn.steps)
    orders = list(_orders(world, groups, keysets))
    expiries = list(_expiries(world, rows)) if kind is not CaseKind.RESTORE else []
    steps = tuple(replace(step, step_id=_step_id(n, step)) for n, step in enumerate([*orders, *rows, *expiries], 1))
    plan = Plan(
        plan_id=header.plan_id,
        case_id=header.case_id,
        kind=kind,
        made_at=world.now,
        policy_digest=world.policy.digest,
        datamap_digest=world.datamap.digest,
        holds_digest=header.holds_digest,
        subjects=subjects,
        steps=steps,
        withheld=tuple(disposer.drawn.withheld),
        crossings=crossings(header.limits, subjects, rows),
        replays=replays,
        undated=_undated(world, keysets) if kind is not CaseKind.REQUEST else {},
    )
    return Draft(plan, {ref: keysets.values[ref] for ref in keysets_of(plan)})


def _in_order(world: World, steps: Iterable[RowStep]) -> list[RowStep]:
    """Put steps in erasure order, and within a dataset in the cells' order.

    Anonymizing comes last: a date cut to its year can make a row look older than it was.
    """
    rank = {dataset: n for n, dataset in enumerate(order(world.datamap))}

    def place(step: RowStep) -> tuple[int, bool]:
        return rank[step.dataset], isinstance(step, AnonymizeRows)

    return sorted(steps, key=place)


def _orders(world: World, groups: Iterable[Group], keysets: KeySets) -> Iterator[TellProcessor]:
    """Yield one order a person and processor: a processor is told of one person at a time."""
    told: set[tuple[SystemId, Key]] = set()
    for group in groups:
        for rules in world.policy.processors:
            if set(rules.categories) & set(group.fates):
                for key in sorted(group.keys.get(rules.key, ()), key=str):
                    if (rules.system, key) not in told:
                        told.add((rules.system, key))
                        keys = keysets.of([key])
                        yield TellProcessor(UNNAMED, rules.system, rules.key, keys, rules.answer_within, group.because)


def _expiries(world: World, rows: Iterable[RowStep]) -> Iterator[ExpireCopies]:
    steps = list(rows)
    touched = {world.dataset(step.dataset).system for step in steps}
    rules = tuple(sorted({rule for step in steps for rule in step.because.rules}))
    statutes = tuple(sorted({statute for step in steps for statute in step.because.statutes}))
    reason = Because(rules, statutes, request=any(step.because.request for step in steps))
    for system, keeper in sorted(world.keepers.items()):
        if touched & set(world.copied[system]):
            copies = keeper.copies()
            until = max((copy.expires_at for copy in copies), default=None)
            yield ExpireCopies(UNNAMED, system, tuple(copy.copy_id for copy in copies), until, reason)


def _step_id(number: int, step: Step) -> StepId:
    match step:
        case EraseRows():
            return StepId(f"{number:03d}-erase-{step.dataset}")
        case RedactFields():
            return StepId(f"{number:03d}-redact-{step.dataset}")
        case AnonymizeRows():
            return StepId(f"{number:03d}-anonymize-{step.dataset}")
        case TellProcessor():
            return StepId(f"{number:03d}-tell-{step.system}")
        case ExpireCopies():
            return StepId(f"{number:03d}-expire-{step.system}")
        case _:
            assert_never(step)


def _undated(world: World, keysets: KeySets) -> dict[DatasetId, int]:
    """Count rows whose clock cannot start: the date is missing, so they never fall due by themselves."""
    stuck: dict[DatasetId, list[Predicate]] = defaultdict(list)
    for rule in rules_in_force(world):
        if isinstance(rule.keep.start, AfterEvent):
            continue
        for dataset in world.datamap.datasets.values():
            column = dataset.dates.get(date_name(rule.keep))
            fields = tuple(sorted(name for name, f in dataset.fields.items() if f.category == rule.category))
            if column and fields:
                stuck[dataset.dataset_id].append(AllOf((Not(Populated((column,))), Populated(fields))))
    counts = {name: world.count(world.dataset(name), AnyOf(tuple(rows)), keysets) for name, rows in stuck.items()}
    return {name: rows for name, rows in counts.items() if rows}
