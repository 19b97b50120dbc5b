"""The end of planning, the same for every kind of plan: steps in their order, limits, copies, keys, one frozen plan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from retention.model.case import CaseKind
from retention.model.ids import CaseId, PlanId
from retention.model.plan import Deferral, Exempt, Plan, Replay, RowStep, SharingStep, SuspendRows, Unlinked
from retention.model.subject import KeyValues
from retention.planning.changed import Concerned
from retention.planning.codec import keysets_of
from retention.planning.disposal import Disposer
from retention.planning.keysets import KeySets
from retention.planning.letters import letters
from retention.planning.limits import Limits, crossings
from retention.planning.ordering import expiries, in_order, orders, step_id, undated
from retention.planning.pausing import Standstill
from retention.planning.shredding import Disposals, Shreddings, shreddings, unreadable
from retention.planning.world import World


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


@dataclass(frozen=True, slots=True)
class Drawing:
    """Everything that goes into a plan of one kind."""

    kind: CaseKind
    disposer: Disposer
    groups: tuple[Concerned, ...]
    """Whom processors are told of."""
    standing: tuple[Standstill, ...]
    subjects: int
    replays: tuple[Replay, ...]
    unlinked: tuple[Unlinked, ...] = ()
    sharing: tuple[SharingStep, ...] = ()
    exempt: tuple[Exempt, ...] = ()
    suspends: tuple[SuspendRows, ...] = ()
    keys: Shreddings | None = None
    """None: those that go with what is done to rows."""


def assemble(world: World, header: Header, drawn: Drawing, keysets: KeySets) -> Draft:
    """Put everything in its order and freeze it; the keys that the plan refers to come with it."""
    rows = [*drawn.disposer.drawn.cuts, *in_order(world, drawn.disposer.drawn.steps)]
    told = orders(world, drawn.groups, drawn.standing, keysets)
    keys = _keys(world, drawn, rows, keysets) if drawn.keys is None else drawn.keys
    copies = list(expiries(world, rows, unreadable(world, rows, keys, keysets))) if _is_live(drawn) else []
    every = [*told.steps, *drawn.sharing, *rows, *drawn.suspends, *keys.steps, *copies]
    steps = tuple(replace(step, step_id=step_id(n, step)) for n, step in enumerate(every, 1))
    plan = Plan(
        plan_id=header.plan_id,
        case_id=header.case_id,
        kind=drawn.kind,
        made_at=world.now,
        policy_digest=world.policy.digest,
        datamap_digest=world.datamap.digest,
        holds_digest=header.holds_digest,
        subjects=drawn.subjects,
        steps=steps,
        withheld=tuple(drawn.disposer.drawn.withheld),
        crossings=crossings(header.limits, drawn.subjects, [*rows, *drawn.suspends]),
        replays=drawn.replays,
        undated=undated(world, keysets) if drawn.kind in (CaseKind.SWEEP, CaseKind.RESTORE) else {},
        untold=told.untold,
        unlinked=drawn.unlinked,
        exempt=drawn.exempt,
        kept_keys=keys.kept,
        letters=letters(world, drawn.groups, rows, keysets) if _is_live(drawn) else (),
        deferrals=tuple(
            Deferral(dataset, hold, keysets.of(rows))
            for (dataset, hold), rows in sorted(drawn.disposer.drawn.deferred.items())
        ),
    )
    return Draft(plan, {ref: keysets.values[ref] for ref in keysets_of(plan)})


def _is_live(drawn: Drawing) -> bool:
    """Whether the plan is about live stores: in a restored one, neither copies nor keys are looked at."""
    return drawn.kind is not CaseKind.RESTORE


def _keys(world: World, drawn: Drawing, rows: Sequence[RowStep], keysets: KeySets) -> Shreddings:
    if not _is_live(drawn):
        return Shreddings()
    groups = tuple(each.group for each in drawn.groups)
    done = Disposals(groups, rows, drawn.disposer.drawn.withheld, drawn.standing)
    return shreddings(world, done, keysets)
