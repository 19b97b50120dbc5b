"""Who is meant by one key: his keys, how each was found, and where a person must decide first.

The rules are `retention.identity`'s; here the stores are asked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TypeAlias

from retention.errors import AmbiguousSubjectError
from retention.identity import Answer, Associated, Doubt, Graph, Link, Merged, disputed, merged
from retention.model.ids import DatasetId
from retention.model.plan import Unlinked
from retention.model.predicate import Everything, Not, Predicate
from retention.model.subject import Key, SubjectKey
from retention.planning.holding import together
from retention.planning.identity import Identity, by_name, by_subject, gather, keys_in, ties_naming, tying, unique_keys
from retention.planning.keysets import KeySets
from retention.planning.reach import Reach
from retention.planning.world import World

CountBeside: TypeAlias = Callable[[frozenset[SubjectKey], frozenset[SubjectKey]], Mapping[tuple[DatasetId, str], int]]
"""From a person's keys and those beside them to the rows under the latter that are not his; see `rows_beside`."""
NOTHING_EARLIER: Mapping[str, frozenset[Key]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Decision:
    """A person's answer to one question, and the digest that names the question."""

    question: str
    answer: Answer


@dataclass(frozen=True, slots=True)
class Resolved:
    """One person: keys that are his, keys beside them that are not followed, and what is in doubt."""

    given: frozenset[SubjectKey] = field(repr=False)
    """The keys that were asked by, and those that an earlier plan of the case knew."""
    keys: frozenset[SubjectKey] = field(repr=False)
    beside: frozenset[SubjectKey] = field(repr=False)
    """Associated with him, or set apart by a person."""
    links: tuple[Link, ...]
    doubts: tuple[Doubt, ...]
    question: str
    """Commitment under the case's salt to the keys in doubt: an answer names it, and no other keys."""

    @property
    def identity(self) -> Identity:
        """His keys by name."""
        return Identity(by_name(self.keys))


def resolve(
    world: World,
    start: SubjectKey,
    keysets: KeySets,
    decision: Decision | None = None,
    earlier: Mapping[str, frozenset[Key]] = NOTHING_EARLIER,
    *,
    also: AbstractSet[SubjectKey] = frozenset(),
) -> Resolved:
    """Find the person; a decision counts only for the very keys it was made about.

    Raises:
        AmbiguousSubjectError: the decision cannot be carried out: it would join or leave several people.
        KeyTypeError, TransientFailure, TerminalFailure: from the finders.

    """
    given = given_keys(start, earlier, also)
    graph = gather(world, given, keysets)

    def beside(keys: frozenset[SubjectKey], others: frozenset[SubjectKey]) -> Mapping[tuple[DatasetId, str], int]:
        return rows_beside(world, keys, others, keysets)

    return settle(world, graph, given, keysets, decision, count_beside=beside)


def given_keys(
    start: SubjectKey, earlier: Mapping[str, frozenset[Key]], also: AbstractSet[SubjectKey]
) -> frozenset[SubjectKey]:
    """Return every key by which the person was named, as text."""
    return frozenset(SubjectKey(key.name, str(key.value)) for key in (start, *also)) | keys_in(earlier)


def settle(
    world: World,
    graph: Graph,
    given: frozenset[SubjectKey],
    keysets: KeySets,
    decision: Decision | None,
    *,
    count_beside: CountBeside,
) -> Resolved:
    """Say who is meant by the keys given, from ties that have been read.

    Raises:
        AmbiguousSubjectError: the decision cannot be carried out.

    """
    keys = graph.person(given)
    beside = graph.associated(keys)
    doubts: tuple[Doubt, ...] = merged(graph, keys, unique_keys(world.datamap))
    if not doubts:
        doubts = tuple(_associated(graph, beside, count_beside(keys, beside)))
    texts = (f"{key.name}={key.value}" for key in {*keys, *beside})
    found = Resolved(given, keys, beside, graph.links(given), doubts, keysets.commitment(texts))
    if not doubts or decision is None or decision.question != found.question:
        return found
    return _joined(world, found) if decision.answer is Answer.TOGETHER else _parted(world, graph, found)


def returned(world: World, start: Mapping[str, frozenset[Key]], keysets: KeySets) -> Identity:
    """Return all keys of people who must not come back, as a restored store ties them.

    A key that the store also ties to somebody else is not entered: perhaps a person decided that it
    is not theirs alone. Somebody else is whoever has a unique key that none of them has.
    """
    unique = unique_keys(world.datamap)
    known, refused = set(keys_in(start)), set[SubjectKey]()
    asked = set(known)
    while asked:
        near = {key for tie in _identifying(world, asked, keysets) for key in tie}
        new = near - known - refused
        for tie in _identifying(world, new, keysets):
            strangers = {key for key in tie if key.name in unique} - known - new
            if strangers and tie.isdisjoint(known):
                refused |= tie & new
        asked = new - refused
        known |= asked
    return Identity(by_name(known))


def _identifying(world: World, keys: AbstractSet[SubjectKey], keysets: KeySets) -> Iterator[frozenset[SubjectKey]]:
    """Yield, row by row, the identifying keys tied to one of the keys."""
    for dataset in tying(world.datamap) if keys else ():
        for tie in ties_naming(world, dataset, by_name(keys), keysets):
            yield tie.identifying


def refuse_doubts(found: Resolved, hint: str) -> None:
    """Stop where a person must decide: datasets and counts are named, and never a value.

    Raises:
        AmbiguousSubjectError: something is in doubt.

    """
    if found.doubts:
        raise AmbiguousSubjectError("; ".join(map(_told, found.doubts)), hint=hint)


def refuse_merged(found: Resolved) -> None:
    """Stop where one key leads to several people.

    Raises:
        AmbiguousSubjectError: it does.

    """
    several = tuple(doubt for doubt in found.doubts if isinstance(doubt, Merged))
    names = " or ".join(doubt.key_name for doubt in several)
    refuse_doubts(replace(found, doubts=several), f"ask by {names}")


def unlinked_of(world: World, found: Resolved, reach: Reach, keysets: KeySets) -> tuple[Unlinked, ...]:
    """Return where nobody can be the person, and rows that go with him and are not taken as his."""
    beside = rows_beside(world, found.keys, found.beside, keysets)
    apart = [Unlinked(dataset, (name,), "apart", rows) for (dataset, name), rows in sorted(beside.items())]
    named = {one.dataset for one in apart}
    return (*(one for one in reach.unlinked if one.dataset not in named), *apart)


def naming(world: World, keys: AbstractSet[SubjectKey], keysets: KeySets) -> dict[DatasetId, Predicate]:
    """Return, per dataset, the rows that these keys identify, by themselves."""
    found = {d.dataset_id: by_subject(d, by_name(keys), keysets) for d in world.datamap.datasets.values()}
    return {name: where for name, where in found.items() if where is not None}


def rows_beside(
    world: World, keys: AbstractSet[SubjectKey], beside: AbstractSet[SubjectKey], keysets: KeySets
) -> dict[tuple[DatasetId, str], int]:
    """Count, per dataset and key name, the rows under keys beside a person's that none of his own keys names."""
    own = naming(world, keys, keysets)
    counts: dict[tuple[DatasetId, str], int] = {}
    for name in sorted({key.name for key in beside}):
        for dataset_id, where in naming(world, {key for key in beside if key.name == name}, keysets).items():
            not_his = Not(own[dataset_id]) if dataset_id in own else Everything()
            rows = world.count(world.dataset(dataset_id), together(where, not_his), keysets)
            counts |= {(dataset_id, name): rows} if rows else {}
    return counts


def _associated(
    graph: Graph, beside: frozenset[SubjectKey], counts: Mapping[tuple[DatasetId, str], int]
) -> list[Associated]:
    return [
        Associated(name, dataset, rows, graph.datasets({key for key in beside if key.name == name}))
        for (dataset, name), rows in counts.items()
    ]


def _joined(world: World, found: Resolved) -> Resolved:
    """Take everything in doubt as his; an association never joins two people."""
    keys = found.keys | found.beside
    if any(isinstance(doubt, Associated) for doubt in found.doubts):
        several = [name for name in unique_keys(world.datamap) if len(by_name(keys).get(name, ())) > 1]
        if several:
            raise AmbiguousSubjectError(
                f"taken together, this would be several people by {', '.join(several)}",
                hint=f"open a request by {several[0]} for each of them",
            )
        return replace(found, keys=keys, beside=frozenset(), doubts=())
    return replace(found, doubts=())


def _parted(world: World, graph: Graph, found: Resolved) -> Resolved:
    """Leave out what is disputed."""
    names = {doubt.key_name for doubt in found.doubts if isinstance(doubt, Merged)}
    if not names:
        return replace(found, doubts=())
    shared = disputed(graph, found.keys, names)
    if given := by_name(found.given & shared):
        raise AmbiguousSubjectError(
            f"the key given is itself one of those that several people share ({', '.join(given)})",
            hint=f"open the request by {' or '.join(sorted(names))}",
        )
    keys = graph.person(found.given, apart=shared)
    beside = graph.associated(keys) | (shared & found.keys)
    links = graph.links(found.given, apart=shared)
    return Resolved(found.given, keys, beside, links, merged(graph, keys, unique_keys(world.datamap)), found.question)


def _told(doubt: Doubt) -> str:
    where = f" (seen in {', '.join(doubt.tied_in)})" if doubt.tied_in else ""
    match doubt:
        case Merged(name, dataset, values, _):
            return f"the key given belongs to {values} different {name} values in {dataset}{where}"
        case Associated(name, dataset, rows, _):
            return f"{dataset} has {rows} rows under a {name} that goes with this person and need not be his{where}"
