"""People for whom disposal stands still: by a hold that was placed, or because they restricted it.

Either follows the person by every key that a live store ties to him, and holds on every path:
no row of his moves, no processor is told to forget him, and a restore does not forget him.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from retention.clocks import Unrestricted, restricted
from retention.errors import HeldError
from retention.model.event import Event
from retention.model.hold import PlacedHold
from retention.model.ids import DatasetId, HoldId
from retention.model.predicate import Predicate
from retention.model.subject import Key
from retention.planning.identity import Digester, Identity, expand, locate, persons
from retention.planning.keysets import KeySets
from retention.planning.reach import rows_around
from retention.planning.world import World
from retention.ports.ledger import Events

PLACED = "placed-hold"
RESTRICTED = "restriction"
_RESTRICTION = HoldId("restriction")
_NOBODY: Mapping[str, frozenset[Key]] = MappingProxyType({})
RESTRICTING = ("restriction.lifted", "restriction.placed")
"""Kinds of events that place and lift a restriction."""
_KINDS = ("notice.delivered", *RESTRICTING)


@dataclass(frozen=True, slots=True)
class Standstill:
    """Rows that no group may touch, and whose they are."""

    hold_id: HoldId
    code: str
    """Why: `placed-hold` or `restriction`."""
    reached: Mapping[DatasetId, Predicate]
    keys: Mapping[str, frozenset[Key]] = field(default_factory=dict, repr=False)
    """Every key of the people concerned."""


@dataclass(frozen=True, slots=True)
class Pauses:
    """What the ledger knows of holds and restrictions."""

    holds: tuple[PlacedHold, ...]
    events: Events
    digest: Digester
    """Digests under the look-up key, by which holds and events name people."""


def standstills(
    world: World, pauses: Pauses, keysets: KeySets, *, asking: Mapping[str, frozenset[Key]] = _NOBODY
) -> tuple[Standstill, ...]:
    """Return everything that stands still now: placed holds first.

    `asking` are the keys of someone who asks for his own erasure: his restriction does not stop it,
    since he may always consent to what is done (GDPR art. 18(2)).
    """
    return (*_held(world, pauses, keysets), *_restricted(world, pauses, keysets, asking))


def _held(world: World, pauses: Pauses, keysets: KeySets) -> Iterator[Standstill]:
    standing = [hold for hold in pauses.holds if hold.released_at is None]
    found: dict[tuple[str, str], set[Key]] = {(hold.key_name, hold.subject_digest): set() for hold in standing}
    for key, digested in locate(world, {name for name, _ in found}, lambda *who: who in found, pauses.digest):
        found[key.name, digested].add(key.value)
    for hold in standing:
        keys = frozenset(found[hold.key_name, hold.subject_digest])
        if keys:
            yield _standstill(world, hold.hold_id, PLACED, {hold.key_name: keys}, keysets)


def _restricted(
    world: World, pauses: Pauses, keysets: KeySets, asking: Mapping[str, frozenset[Key]]
) -> Iterator[Standstill]:
    """Yield one standstill for all whom a restriction protects, by the events under all their keys (GDPR art. 18)."""
    told: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for name in sorted({name for dataset in world.datamap.datasets.values() for name in dataset.subject}):
        for event in pauses.events.of_kinds(_KINDS, name):
            told[name, event.subject_digest].append(event)
    placed = {who for who, happened in told.items() if any(e.kind == "restriction.placed" for e in happened)}
    if not placed:
        return
    start: dict[str, set[Key]] = defaultdict(set)
    for key, _ in locate(world, {name for name, _ in placed}, lambda *who: who in placed, pauses.digest):
        start[key.name].add(key.value)
    keys: dict[str, set[Key]] = defaultdict(set)
    for person in persons(world, {name: frozenset(values) for name, values in start.items()}, keysets):
        if any(key.value in asking.get(key.name, ()) for key in person):
            continue
        happened = [event for key in person for event in told.get((key.name, pauses.digest(key)), ())]
        if not isinstance(restricted(happened, world.now), Unrestricted):
            for key in person:
                keys[key.name].add(key.value)
    if keys:
        frozen = {name: frozenset(values) for name, values in keys.items()}
        yield _standstill(world, _RESTRICTION, RESTRICTED, frozen, keysets)


def _standstill(
    world: World, hold_id: HoldId, code: str, keys: Mapping[str, frozenset[Key]], keysets: KeySets
) -> Standstill:
    """Return what stands still: his rows, and, to be safe, rows under keys that merely go with him."""
    identity = expand(world, keys, keysets)
    return Standstill(hold_id, code, rows_around(world, identity.keys, keysets), identity.keys)


def free_of(keys: Mapping[str, frozenset[Key]], standing: Iterable[Standstill]) -> dict[str, frozenset[Key]]:
    """Return the keys of those for whom nothing stands still."""
    still: dict[str, set[Key]] = defaultdict(set)
    for standstill in standing:
        for name, values in standstill.keys.items():
            still[name] |= values
    free = {name: values - still[name] for name, values in keys.items()}
    return {name: frozenset(values) for name, values in free.items() if values}


def refuse_held(identity: Identity, pauses: Pauses) -> None:
    """Stop a request about someone whom a placed hold names.

    Raises:
        HeldError: a hold in force names one of the keys.

    """
    keys = {(key.name, pauses.digest(key)) for key in identity.every()}
    for hold in pauses.holds:
        if hold.released_at is None and (hold.key_name, hold.subject_digest) in keys:
            raise HeldError(
                f"hold {hold.hold_id} ({hold.reason}) names this person; nothing was touched",
                hint=f"retention hold release {hold.hold_id} when it has ended, then plan again",
            )
