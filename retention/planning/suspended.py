"""Two more kinds of plan on the same road: stop the use of a person's data, and allow it again.

APPI art. 35(1), (5) and GDPR art. 18(1): the data is kept, and nobody may use it. A request stops the use of all
that is the person's own; what a tenant decides over stays in use, and the plan says so. Processors are asked for
erasures only (OpenDSR has no other request of the kind), so that they are not told, and the plan says that as well.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from retention.errors import UnknownSubjectError
from retention.model.case import CaseKind
from retention.model.ids import CaseId, DatasetId, HoldId
from retention.model.plan import Because, Plan, Replay, SuspensionStep, Untold, Withholding
from retention.model.predicate import Predicate
from retention.model.suspension import LIFTED, SUSPENDED
from retention.planning import suspending
from retention.planning.assemble import Asked, Draft, Header
from retention.planning.authority import CONTROLLED, controlled
from retention.planning.codec import keysets_of
from retention.planning.identity import Identity, by_name, persons
from retention.planning.keysets import KeySets
from retention.planning.limits import crossings
from retention.planning.ordering import step_id
from retention.planning.reach import of_identity
from retention.planning.resolving import refuse_doubts, resolve, unlinked_of
from retention.planning.suspending import Standing
from retention.planning.world import World

UNTOLD = "no-suspension"
"""Why a processor is not told: there is no such order."""
_RIGHTS = {"jp.appi": "jp.appi.35-5", "eu.gdpr": "eu.gdpr.18-1"}


def plan_suspension(world: World, header: Header, asked: Asked) -> Draft:
    """Plan to stop the use of everything that is one person's own.

    With everything suspended already, the plan has no steps.

    Raises:
        UnknownSubjectError: no mapped system knows the person.
        AmbiguousSubjectError: the key leads to several people, or to rows that need not be his.
        UnreachableDataError: some of it cannot be suspended.

    """
    keysets = KeySets(header.salt)
    person = resolve(world, asked.start, keysets, asked.decision, asked.earlier)
    refuse_doubts(person, f"retention request resolve {header.case_id} together|apart --question {person.question}")
    reach = of_identity(world, person.identity, keysets, wholly=True)
    if not any(world.count(world.dataset(name), where, keysets) for name, where in reach.rows.items()):
        raise UnknownSubjectError(
            f"no mapped system knows this person by {asked.start.name}",
            hint="check the key; if the person is known by another key, open the request by that one",
        )
    own = suspending.own_rows(world, reach.rows, keysets)
    suspending.refuse_without_means(world, own, keysets)
    regimes = world.policy.regimes if asked.regime is None else (asked.regime,)
    because = Because((), tuple(_RIGHTS[regime] for regime in regimes if regime in _RIGHTS), request=True)
    steps = suspending.suspensions(world, own, because, keysets)
    drawn = _plan(world, header, steps, 1)
    plan = replace(
        drawn,
        replays=_people(person.identity, SUSPENDED, keysets),
        withheld=tuple(_tenants(world, reach.rows, keysets)),
        untold=tuple(Untold(rules.system, 1, UNTOLD) for rules in world.policy.processors),
        unlinked=unlinked_of(world, person, reach, keysets),
    )
    return _draft(plan, keysets)


@dataclass(frozen=True, slots=True)
class Lifting:
    """Which case's suspension ends, why, and who decided it."""

    case_id: CaseId
    reason: str
    decider_ref: str


def plan_lift(world: World, header: Header, lifting: Lifting, standing: Standing) -> Draft:
    """Plan to allow the use of what a case suspended; whom another case suspends as well stays suspended."""
    keysets, digest = KeySets(header.salt), standing.digest
    lifted = [entry for entry in standing.entries if entry.case_id == lifting.case_id]
    others = {(entry.key_name, entry.digest) for entry in standing.entries if entry.case_id != lifting.case_id}
    everybody = persons(world, suspending.people_of(world, lifted, digest), keysets)
    free = [keys for keys in everybody if not any((key.name, digest(key)) in others for key in keys)]
    identity = Identity(by_name(key for keys in free for key in keys))
    own = suspending.own_rows(world, of_identity(world, identity, keysets, wholly=True).rows, keysets)
    rules = tuple(dict.fromkeys(rule for entry in lifted for rule in entry.rules))
    statutes = tuple(sorted({statute for entry in lifted for statute in entry.statutes}))
    because, decided = Because(rules, statutes, request=not rules), (lifting.reason, lifting.decider_ref)
    steps = suspending.lifts(world, own, because, decided, keysets)
    plan = _plan(world, header, steps, len(free))
    plan = replace(plan, lifts=(lifting.case_id,), replays=_people(identity, LIFTED, keysets))
    return _draft(plan, keysets)


def _people(identity: Identity, scope: str, keysets: KeySets) -> tuple[Replay, ...]:
    return tuple(Replay(name, keysets.of(keys), scope) for name, keys in sorted(identity.keys.items()))


def _tenants(world: World, reached: Mapping[DatasetId, Predicate], keysets: KeySets) -> Iterator[Withholding]:
    for name, where in sorted(controlled(world, reached, keysets).items()):
        if rows := world.count(world.dataset(name), where, keysets):
            fields = tuple(sorted(world.dataset(name).fields))
            yield Withholding(name, fields, rows, HoldId("tenant"), CONTROLLED, None)


def _plan(world: World, header: Header, steps: Sequence[SuspensionStep], subjects: int) -> Plan:
    return Plan(
        plan_id=header.plan_id,
        case_id=header.case_id,
        kind=CaseKind.REQUEST,
        made_at=world.now,
        policy_digest=world.policy.digest,
        datamap_digest=world.datamap.digest,
        holds_digest=header.holds_digest,
        subjects=subjects,
        steps=tuple(replace(step, step_id=step_id(n, step)) for n, step in enumerate(steps, 1)),
        withheld=(),
        crossings=crossings(header.limits, subjects, steps),
        replays=(),
        undated={},
    )


def _draft(plan: Plan, keysets: KeySets) -> Draft:
    return Draft(plan, {ref: keysets.values[ref] for ref in keysets_of(plan)})
