"""The kinds of plan: a sweep, a person's request, a restore, a return. One road for all.

What is due comes as groups of rows (`due`, `authority`, `deferred`); what must stand still comes
as standstills (`pausing`); the disposer draws up the steps on rows; `ordering` puts everything in
its order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from retention.datamap import order
from retention.errors import AmbiguousSubjectError, UnknownSubjectError
from retention.model.case import CaseKind
from retention.model.ids import CategoryId
from retention.model.plan import Because, Replay, SharingStep, Unlinked
from retention.model.policy import Authority, Disposal, Rule
from retention.model.subject import Key, SubjectKey
from retention.model.suspension import SUSPENDED
from retention.planning.assembling import Draft as Draft  # noqa: PLC0414 -- re-exported: every kind of plan has them
from retention.planning.assembling import Drawing, assemble
from retention.planning.assembling import Header as Header  # noqa: PLC0414 -- same
from retention.planning.authority import instructed, of_tenants, tenant_key_names
from retention.planning.brought_back import Returned, Suppressed, find_returned
from retention.planning.cells import Group
from retention.planning.changed import Concerned, changed, count_people, everybody_in, suspending_moves
from retention.planning.deferred import Promised, deferred_groups
from retention.planning.disposal import Disposer, Drawn
from retention.planning.due import DuePeople, because, due_people, fates, people_group, row_groups
from retention.planning.grounds import every_category, instruction_statutes, request_statutes
from retention.planning.identity import Digester, Identity, locate, unique_keys
from retention.planning.items import INSTRUCTION_SCOPE, REQUEST_SCOPE, again, of_items
from retention.planning.keysets import KeySets
from retention.planning.pausing import Pauses, Standstill, free_of, refuse_held, standstills
from retention.planning.promised import NO_PROMISES, Found
from retention.planning.reach import Reach, of_identity
from retention.planning.resolving import Decision, refuse_doubts, resolve, returned, unlinked_of
from retention.planning.sharing import Followed, Shared, follow, pseudonymous_too
from retention.planning.shredding import Disposals, shreddings
from retention.planning.suspending import NOBODY, Standing, due_suspensions, only_stops, parted
from retention.planning.world import World

_NOTHING = Promised()
_UNSHARED = Shared()


@dataclass(frozen=True, slots=True)
class Instruction:
    """A tenant's word that someone's data, so far as it is the tenant's, is to go."""

    instruction_id: str
    tenant: SubjectKey


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request says: by which key, under which law, on whose word, and who a person decided is meant."""

    start: SubjectKey
    instruction: Instruction | None = None
    decision: Decision | None = None
    earlier: Mapping[str, frozenset[Key]] = field(default_factory=dict)
    """Keys that an earlier plan of the case knew: after it was carried out in part nobody else knows them."""
    regime: str | None = None
    """None: every regime of the policy."""
    also: frozenset[SubjectKey] = field(default_factory=frozenset, repr=False)
    """Further keys of the same person, as whoever asked names them."""
    only: frozenset[CategoryId] | None = None
    """The categories that go; None: everything."""


def plan_request(world: World, header: Header, asked: Asked, pauses: Pauses, shared: Shared = _UNSHARED) -> Draft:
    """Plan the erasure of everything of one person that no law keeps.

    With nothing left to do after a plan that was carried out in part, the plan has no steps.
    A person's own request moves what is his own, also in what joint users were given (`shared`), if the
    law under which he asks reaches there; a tenant's instruction moves what is the tenant's.
    Where no key of his leads, the plan says so and why (`Plan.unlinked`).

    Raises:
        UnknownSubjectError: no mapped system knows the person.
        AmbiguousSubjectError: the key leads to several people, or to rows that need not be his.
        HeldError: a placed hold names the person.

    """
    keysets, instruction = KeySets(header.salt), asked.instruction
    person = resolve(world, asked.start, keysets, asked.decision, asked.earlier, also=asked.also)
    refuse_doubts(person, f"retention request resolve {header.case_id} together|apart --question {person.question}")
    refuse_held(person.identity, pauses)
    regimes = world.policy.regimes if asked.regime is None else (asked.regime,)
    sets = shared if instruction is None else _UNSHARED
    wish = draw_asked(
        world, person.identity, pauses, sets, keysets, regimes=regimes, instruction=instruction, only=asked.only
    )
    if wish.is_nothing and not asked.earlier:
        raise UnknownSubjectError(
            f"no mapped system knows this person by {asked.start.name}",
            hint="check the key; if the person is known by another key, open the request by that one",
        )
    replays = again(world, asked.only, person.identity, keysets, instruction.instruction_id if instruction else None)
    drawn = wish.drawing(CaseKind.REQUEST, 1, replays)
    return assemble(world, header, replace(drawn, unlinked=unlinked_of(world, person, wish.reach, keysets)), keysets)


@dataclass(frozen=True, slots=True)
class Wish:
    """What is drawn up for those who ask, before it is put in order."""

    reach: Reach
    group: Group
    disposer: Disposer
    standing: tuple[Standstill, ...]
    followed: Followed

    @property
    def is_nothing(self) -> bool:
        """Whether nothing of theirs is anywhere."""
        return not self.disposer.drawn.steps and not self.disposer.drawn.withheld and not self.followed.steps

    def drawing(self, kind: CaseKind, subjects: int, replays: tuple[Replay, ...]) -> Drawing:
        """Return what goes into a plan of that kind."""
        sharing, exempt = self.followed.steps, self.followed.exempt
        groups = (Concerned(self.group, self.group.keys),)
        return Drawing(kind, self.disposer, groups, self.standing, subjects, replays, sharing=sharing, exempt=exempt)


def draw_asked(
    world: World,
    identity: Identity,
    pauses: Pauses,
    shared: Shared,
    keysets: KeySets,
    *,
    regimes: tuple[str, ...],
    instruction: Instruction | None = None,
    only: frozenset[CategoryId] | None = None,
) -> Wish:
    """Draw up the erasure of everything that is theirs and that no law keeps, or `only` some of it."""
    reach = of_identity(world, identity, keysets, wholly=True)
    group = of_items(world, _asked(world, identity, reach, keysets, instruction), only)
    everywhere = pseudonymous_too(world.datamap, identity, shared, regimes)
    if everywhere != identity:
        group = replace(group, reached=of_identity(world, everywhere, keysets, wholly=True).rows)
    standing = standstills(world, pauses, keysets, asking=identity.keys)
    disposer = Disposer(world, keysets, standing)
    disposer.draw([group], order(world.datamap))
    followed = follow(world, identity, group.reached, shared, regimes=regimes, keysets=keysets)
    return Wish(reach, group, disposer, standing, followed)


def _asked(world: World, identity: Identity, reach: Reach, keysets: KeySets, instruction: Instruction | None) -> Group:
    """Return everything of the person, or of it what the tenant may have moved."""
    reached = reach.rows
    statutes, authority = request_statutes(world), Authority.INDIVIDUAL
    if instruction is not None:
        tenants = {instruction.tenant.name: frozenset({instruction.tenant.value})}
        reached = instructed(world, reached, tenants, keysets)
        statutes, authority = instruction_statutes(world), Authority.TENANT
    return Group(
        reached=reached,
        fates=every_category(world),
        k=max((rule.k for rule in world.policy.rules), default=2),
        because=Because((), statutes, request=True),
        keys=identity.keys,
        authority=authority,
    )


def plan_sweep(
    world: World,
    header: Header,
    pauses: Pauses,
    promised: Promised = _NOTHING,
    stopped: Standing = NOBODY,
    *,
    word: Found = NO_PROMISES,
) -> Draft | None:
    """Plan what is due by clocks, by promises to people (`word`), and to people who are suspended; None if nothing.

    Raises:
        AmbiguousSubjectError: only people are due who may be several, and nothing else.
        UnreachableDataError: a clock has run out on data to which the map knows no way.

    """
    keysets = KeySets(header.salt)
    standing = standstills(world, pauses, keysets)
    found = due_people(world, pauses.events, pauses.digest, keysets)
    people = (*found.people, *word.people)
    groups = [_due_group(world, due, keysets) for due in people]
    groups += [*row_groups(world, keysets), *deferred_groups(world, promised, keysets)]
    groups, stopping = parted(groups)
    disposer = Disposer(world, keysets, standing)
    disposer.draw(groups, order(world.datamap))
    if not disposer.drawn.steps and found.merged:
        raise AmbiguousSubjectError(
            f"{sum(found.merged.values())} people are due whose rows tie several {' or '.join(found.merged)} together",
            hint="open a request for each and resolve it, or let the shared key only associate in the data map",
        )
    suspends = due_suspensions(world, stopping, stopped, keysets)
    if not disposer.drawn.steps and not suspends:
        return None
    moves = [*disposer.drawn.moves, *suspending_moves(stopping, suspends)]
    keys = shreddings(world, _disposals(disposer.drawn, standing), keysets)
    done = changed(world, moves, keys.steps, keysets)
    disposed = tuple(each for each in done.groups if not only_stops(each.group))
    replays = tuple(dict.fromkeys(replay for each in done.groups for replay in _replays(each.group, standing, keysets)))
    unique = unique_keys(world.datamap)
    merged = tuple(Unlinked(unique[name], (name,), "merged", count) for name, count in sorted(found.merged.items()))
    drawn = Drawing(CaseKind.SWEEP, disposer, disposed, standing, done.people, replays, merged)
    return assemble(world, header, replace(drawn, suspends=suspends, keys=keys), keysets)


def _disposals(drawn: Drawn, standing: Sequence[Standstill]) -> Disposals:
    """Return whose keys may go: of everybody in a group that moves, since somebody's rows may have gone before."""
    groups = tuple({id(move.group): move.group for move in drawn.moves}.values())
    return Disposals(groups, [*drawn.cuts, *drawn.steps], drawn.withheld, standing)


def _replays(group: Group, standing: Sequence[Standstill], keysets: KeySets) -> Iterator[Replay]:
    """Yield what a restore does again for the people of a group: what is disposed of, or what is suspended."""
    stops = only_stops(group)
    keys = group.keys if stops else free_of(group.keys, standing)
    for rule in group.rules:
        if stops is (rule.then is Disposal.SUSPEND):
            scope = f"{SUSPENDED}:{rule.rule_id}" if stops else str(rule.rule_id)
            yield from (Replay(name, keysets.of(values), scope) for name, values in sorted(keys.items()))


def _due_group(world: World, due: DuePeople, keysets: KeySets) -> Group:
    """Return the rows of people, or of tenants, whose clocks have run out."""
    if all(rule.authority is Authority.INDIVIDUAL for rule in due.rules):
        return people_group(world, due, keysets)
    return Group(
        reached=of_tenants(world, due.keys, keysets),
        fates=fates(due.rules),
        k=max(rule.k for rule in due.rules),
        because=because(due.rules),
        rules=due.rules,
        keys=due.keys,
        authority=Authority.TENANT,
    )


def plan_restore(
    world: World, header: Header, suppressed: Suppressed, pauses: Pauses, promised: Promised = _NOTHING
) -> tuple[Draft | None, Returned]:
    """Plan what a restored store must forget again before it opens, and say who came back.

    People by what was asked or ran out for them; rows by their own clocks, and rows of which a law has
    let go since, by the predicate once more. Whose data is suspended must be so there as well. None
    if the store brought nothing back.
    """
    keysets, back = KeySets(header.salt), find_returned(world, suppressed)
    tenants = _instructing(world, suppressed.instructions, pauses.digest)
    groups = [group for scopes, keys in back.keys.items() for group in _replayed(world, scopes, keys, tenants, keysets)]
    groups += [*row_groups(world, keysets), *deferred_groups(world, promised, keysets)]
    groups, stopping = parted(groups)
    standing = standstills(world, pauses, keysets)
    disposer = Disposer(world, keysets, standing)
    disposer.draw(groups, order(world.datamap))
    suspends = due_suspensions(world, stopping, suppressed.stopped, keysets)
    if not disposer.drawn.steps and not suspends:
        return None, back
    drawn = Drawing(CaseKind.RESTORE, disposer, (), standing, back.people, (), suspends=suspends)
    return assemble(world, header, drawn, keysets), back


def plan_return(
    world: World,
    header: Header,
    found: Mapping[frozenset[str], Mapping[str, frozenset[Key]]],
    instructions: Mapping[str, tuple[str, str]],
    pauses: Pauses,
) -> Draft | None:
    """Plan the erasure of what came back into the live stores; None if all of it may stay (a law or hold keeps it).

    Nobody is suppressed by it: the people are those of earlier cases, and their erasure counts from those.

    `found` says in which scopes people were disposed of, and which of their keys are here again;
    `instructions` are as in `Suppressed`.
    """
    keysets = KeySets(header.salt)
    tenants = _instructing(world, instructions, pauses.digest)
    by_scopes = sorted(found.items(), key=lambda item: sorted(item[0]))
    groups = tuple(group for scopes, keys in by_scopes for group in _replayed(world, scopes, keys, tenants, keysets))
    disposing, stopping = parted(groups)
    standing = standstills(world, pauses, keysets)
    disposer = Disposer(world, keysets, standing)
    disposer.draw(disposing, order(world.datamap))
    suspends = due_suspensions(world, stopping, NOBODY, keysets)
    if not disposer.drawn.steps and not suspends:
        return None
    count = count_people(world, found.values(), keysets)
    concerned = tuple(everybody_in(world, group, keysets) for group in groups)
    drawn = Drawing(CaseKind.RETURN, disposer, concerned, standing, count, (), suspends=suspends)
    return assemble(world, header, drawn, keysets)


def _instructing(world: World, instructions: Mapping[str, tuple[str, str]], digest: Digester) -> dict[str, SubjectKey]:
    """Return the tenants behind instructions, so far as a live row still names them."""
    named = {tenant: instruction for instruction, tenant in instructions.items()}
    found = locate(world, {name for name, _ in named}, lambda *who: who in named, digest)
    by_tenant = {(key.name, digested): key for key, digested in found}
    return {instruction: by_tenant[who] for instruction, who in instructions.items() if who in by_tenant}


def _replayed(
    world: World,
    scopes: frozenset[str],
    keys: Mapping[str, frozenset[Key]],
    tenants: Mapping[str, SubjectKey],
    keysets: KeySets,
) -> list[Group]:
    """Return what is done again: by what was asked, by what each tenant instructed, by which rules ran out."""
    people = {name: values for name, values in keys.items() if name not in tenant_key_names(world.datamap)}
    rules = tuple(rule for rule in world.policy.rules if rule.rule_id in scopes)
    groups = []
    if due := tuple(rule for rule in rules if rule.authority is Authority.TENANT):
        groups.append(_due_group(world, DuePeople(due, keys), keysets))
    own = tuple(rule for rule in rules if rule.authority is Authority.INDIVIDUAL)
    if not people or not (own or REQUEST_SCOPE in scopes or tenants):
        return groups
    identity = returned(world, people, keysets)
    reach = of_identity(world, identity, keysets, wholly=True)
    for scope in sorted(scopes):
        instruction = scope.removeprefix(INSTRUCTION_SCOPE)
        if scope.startswith(INSTRUCTION_SCOPE) and instruction in tenants:
            groups.append(_asked(world, identity, reach, keysets, Instruction(instruction, tenants[instruction])))
    if own or REQUEST_SCOPE in scopes:
        groups.append(_again(world, identity, own, keysets, asked=REQUEST_SCOPE in scopes))
    return groups


def _again(world: World, identity: Identity, rules: tuple[Rule, ...], keysets: KeySets, *, asked: bool) -> Group:
    own = because(rules)
    rights = request_statutes(world) if asked else ()
    due = every_category(world) if asked else fates(rules)
    return Group(
        reached=of_identity(world, identity, keysets, due, wholly=True).rows,
        fates=due,
        k=max((rule.k for rule in world.policy.rules), default=2),
        because=replace(own, statutes=tuple(sorted({*own.statutes, *rights})), request=asked),
        rules=rules,
        keys=identity.keys,
    )


def plan_sharing(world: World, header: Header, steps: tuple[SharingStep, ...], keysets: KeySets) -> Draft:
    """Plan what is handed to joint users, or taken back from them."""
    drawn = Drawing(CaseKind.JOINT_USE, Disposer(world, keysets, ()), (), (), 0, (), sharing=steps)
    return assemble(world, header, drawn, keysets)
