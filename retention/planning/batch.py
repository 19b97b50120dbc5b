"""Many people's erasures as one plan: one pass over each dataset, whatever the number of people.

Those about whom a person must decide first, or whom a hold protects, are left out with the reason; they
stop nobody else. What is drawn up is what a single request draws up (`assemble.draw_asked`), for all together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from retention.errors import AmbiguousSubjectError, HeldError
from retention.model.batch import Share
from retention.model.case import CaseKind
from retention.model.ids import CaseId
from retention.model.plan import Unlinked
from retention.model.subject import SubjectKey
from retention.planning.assemble import Asked, draw_asked
from retention.planning.assembling import Draft, Header, assemble
from retention.planning.crowd import Wanted, resolve_all
from retention.planning.identity import Identity, by_name
from retention.planning.items import again
from retention.planning.keysets import KeySets
from retention.planning.owners import Owners
from retention.planning.pausing import Pauses, refuse_held
from retention.planning.reach import unlinked_by
from retention.planning.resolving import Resolved, given_keys, rows_beside
from retention.planning.shares import share_entries, shares_of
from retention.planning.sharing import Shared
from retention.planning.world import World


@dataclass(frozen=True, slots=True)
class Asking:
    """One of the requests that wait."""

    case_id: CaseId
    asked: Asked
    salt: bytes | None = field(default=None, repr=False)
    """The own case's, if a person has decided who is meant: the decision names its question under it."""


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A request that does not go with the batch, and why; it stays as it is."""

    case_id: CaseId
    why: str
    """`ambiguous`: a person must decide who is meant. `held`: a hold names the person. `unknown`: nothing is there."""


@dataclass(frozen=True, slots=True)
class Batched:
    """What was planned for whom."""

    draft: Draft | None
    """None if nobody is left."""
    shares: Mapping[CaseId, Share]
    people: Mapping[CaseId, tuple[SubjectKey, ...]] = field(repr=False)
    """Every key of everyone in it; the key that was given comes first."""
    left_out: tuple[LeftOut, ...]


def plan_batch(
    world: World,
    header: Header,
    asking: Sequence[Asking],
    pauses: Pauses,
    shared: Shared,
    *,
    regimes: tuple[str, ...],
    at_most: int,
) -> Batched:
    """Plan the erasure of everything of these people that no law keeps.

    Args:
        world: The systems.
        header: What the plan says of itself; under its salt stand all key sets.
        asking: Who waits, in the order in which they are taken.
        pauses: Holds and restrictions.
        shared: What joint users were given.
        regimes: Under which laws they ask.
        at_most: How many are taken; those left out do not count.

    """
    given = {each.case_id: each for each in asking}
    found, left_out = _resolved(world, given, pauses, KeySets(header.salt))
    drawing = _Batch(world, header, pauses, shared, regimes)
    while chosen := dict(islice(found.items(), at_most)):
        draft, shares = drawing.drawn(chosen, [case for case in chosen if given[case].asked.decision])
        unknown = [case for case in chosen if shares[case].is_empty and not given[case].asked.earlier]
        if not unknown:
            people = {case: _first(given[case].asked.start, person) for case, person in chosen.items()}
            return Batched(draft, shares, people, tuple(left_out))
        left_out += [LeftOut(case_id, "unknown") for case_id in unknown]
        found = {case_id: person for case_id, person in found.items() if case_id not in unknown}
    return Batched(None, {}, {}, tuple(left_out))


def _resolved(
    world: World, given: Mapping[CaseId, Asking], pauses: Pauses, keysets: KeySets
) -> tuple[dict[CaseId, Resolved], list[LeftOut]]:
    wanted = {
        case_id: Wanted(
            given_keys(each.asked.start, each.asked.earlier, each.asked.also), each.asked.decision, each.salt
        )
        for case_id, each in given.items()
    }
    found: dict[CaseId, Resolved] = {}
    left_out: list[LeftOut] = []
    for case_id, person in resolve_all(world, wanted, keysets).items():
        if isinstance(person, AmbiguousSubjectError) or person.doubts:
            left_out.append(LeftOut(case_id, "ambiguous"))
        elif _is_held(person.identity, pauses):
            left_out.append(LeftOut(case_id, "held"))
        else:
            found[case_id] = person
    return found, left_out


def _is_held(identity: Identity, pauses: Pauses) -> bool:
    try:
        refuse_held(identity, pauses)
    except HeldError:
        return True
    return False


@dataclass(frozen=True, slots=True)
class _Batch:
    """What every draft of the batch starts from."""

    world: World
    header: Header
    pauses: Pauses
    shared: Shared
    regimes: tuple[str, ...]

    def drawn(
        self, chosen: Mapping[CaseId, Resolved], decided: Collection[CaseId]
    ) -> tuple[Draft, dict[CaseId, Share]]:
        """Draw up one plan for those chosen; for those `decided`, it tells what was set apart."""
        world, keysets = self.world, KeySets(self.header.salt)
        people = {case_id: person.keys for case_id, person in chosen.items()}
        together = Identity(by_name(frozenset[SubjectKey]().union(*people.values())))
        wish = draw_asked(world, together, self.pauses, self.shared, keysets, regimes=self.regimes)
        drawing = wish.drawing(CaseKind.BATCH, len(chosen), again(world, None, together, keysets, None))
        apart = _apart(world, [chosen[case_id] for case_id in decided], keysets)
        drawing = replace(drawing, unlinked=(*_unlinked(world, chosen.values()), *apart))
        draft = assemble(world, self.header, drawing, keysets)
        owners = Owners(world, people, wish.group.reached, keysets)
        spared = wish.disposer.drawn.spared
        shares = shares_of(world, draft.plan, spared, owners, people=people, values=keysets.values)
        return _bound(draft, keysets, shares), shares


def _bound(draft: Draft, keysets: KeySets, shares: Mapping[CaseId, Share]) -> Draft:
    """Let the plan name the requests and their shares, by commitment: what is approved is exactly these."""
    named = keysets.of(share_entries(shares))
    keys = {**draft.keys, named.keyset_id: keysets.values[named.keyset_id]}
    return Draft(replace(draft.plan, shares=named), keys)


def _unlinked(world: World, people: Collection[Resolved]) -> tuple[Unlinked, ...]:
    """Return where no key of some of them leads, with how many they are."""
    count: Counter[tuple[str, ...]] = Counter(tuple(sorted({key.name for key in person.keys})) for person in people)
    nowhere: Counter[Unlinked] = Counter()
    for names, several in count.items():
        for one in unlinked_by(world.datamap, names):
            nowhere[one] += several
    return tuple(replace(one, rows=several) for one, several in sorted(nowhere.items(), key=_place))


def _apart(world: World, people: Collection[Resolved], keysets: KeySets) -> tuple[Unlinked, ...]:
    """Return the rows that go with someone and that a person has set apart from him."""
    return tuple(
        Unlinked(dataset, (name,), "apart", rows)
        for person in people
        for (dataset, name), rows in sorted(rows_beside(world, person.keys, person.beside, keysets).items())
    )


def _place(item: tuple[Unlinked, int]) -> tuple[str, str]:
    return item[0].dataset, item[0].why


def _first(start: SubjectKey, person: Resolved) -> tuple[SubjectKey, ...]:
    given = SubjectKey(start.name, str(start.value))
    return (given, *sorted(person.keys - {given}, key=lambda key: (key.name, str(key.value))))
