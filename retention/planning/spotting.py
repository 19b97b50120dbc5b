"""Who is here again: erased people in the live stores, and who of them came back as he may.

People are known by keyed digest only, so the key columns are read once for everybody who is looked for;
of a store that can tell what it received, only what is new. What is to be done about what is found says
`assemble.plan_return`, by the same rules as for a restored store.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import TypeAlias

from retention.clocks import stops_of
from retention.grammar import OPENINGS
from retention.model.copies import Suppression
from retention.model.datamap import Dataset
from retention.model.event import Event
from retention.model.ids import CaseId, DatasetId, SystemId
from retention.model.plan import RowStep
from retention.model.policy import AfterEvent, Policy
from retention.model.predicate import Everything, Selection
from retention.model.subject import KeyValues, SubjectKey
from retention.planning.holding import together
from retention.planning.identity import Digester, Identity, by_name, persons
from retention.planning.items import REQUEST_SCOPE
from retention.planning.keysets import KeySets
from retention.planning.reach import rows_of
from retention.planning.resolving import returned
from retention.planning.world import World
from retention.ports.arrivals import Arrivals
from retention.ports.ledger import Events

Who: TypeAlias = tuple[str, str]
"""(key name, digest under the suppression key)."""
Erasures: TypeAlias = Mapping[Who, tuple[Suppression, ...]]
"""Whoever is looked for → in which cases and scopes he was erased."""


@dataclass(frozen=True, slots=True)
class Telling:
    """Stores that can tell what they received, and since when that is enough."""

    stores: Mapping[SystemId, Arrivals] = field(default_factory=lambda: MappingProxyType({}))
    since: datetime | None = None
    """None: everything is read, whatever a store could tell."""


@dataclass(frozen=True, slots=True)
class Spotted:
    """Somebody who was erased has a row again."""

    key: SubjectKey = field(repr=False)
    who: Who
    places: Mapping[DatasetId, datetime | None]
    """Where, and when the store received the earliest of it, if it can tell."""


def erasures_of(suppressions: Iterable[Suppression]) -> dict[Who, tuple[Suppression, ...]]:
    """Return suppressions by whom they are about."""
    found: dict[Who, list[Suppression]] = defaultdict(list)
    for each in suppressions:
        found[each.key_name, each.digest].append(each)
    return {who: tuple(entries) for who, entries in found.items()}


def looked_in(world: World, names: Iterable[str]) -> tuple[Dataset, ...]:
    """Return the datasets that know people, or tenants, by one of these keys."""
    wanted = set(names)
    return tuple(d for d in world.datamap.datasets.values() if wanted & _columns(d).keys())


def spot(world: World, erasures: Erasures, digest: Digester, telling: Telling) -> tuple[Spotted, ...]:
    """Find everybody of these who has a row again."""
    names = {name for name, _ in erasures}
    digests: dict[SubjectKey, str] = {}
    found: dict[SubjectKey, dict[DatasetId, datetime | None]] = defaultdict(dict)
    for dataset in looked_in(world, names):
        for name in sorted(names & _columns(dataset).keys()):
            for key, at in _keys(world, dataset, name, telling):
                digested = digests.get(key) or digests.setdefault(key, digest(key))
                if (name, digested) in erasures:
                    found[key][dataset.dataset_id] = _earlier(found[key].get(dataset.dataset_id), at)
    return tuple(Spotted(key, (key.name, digests[key]), places) for key, places in found.items())


def readmitted(
    world: World, spotted: Iterable[Spotted], erasures: Erasures, events: Events, lookup: Digester
) -> dict[Who, Event]:
    """Return who came back as he may: an event of opening, after his erasure, about a key that is his.

    A key that his rows share with somebody else's is not his alone, and the other's opening is not his.
    """
    keysets = KeySets(b"")
    keys = {each.key: each.who for each in spotted}
    groups = persons(world, by_name(keys), keysets)
    opened = _openings({key for person in groups for key in person}, events, lookup)
    found: dict[Who, Event] = {}
    for person in groups:
        for key in person & keys.keys() if any(key in opened for key in person) else ():
            own = returned(world, {key.name: frozenset({key.value})}, keysets)
            erased_at = max(entry.recorded_at for entry in erasures[keys[key]])
            after = [event for one in own.every() for event in opened.get(one, ()) if event.occurred_at > erased_at]
            if after:
                found[keys[key]] = min(after, key=lambda event: (event.occurred_at, event.event_id))
    return found


def scopes_of(entries: Iterable[Suppression]) -> frozenset[str]:
    """Return in which scopes somebody was erased."""
    return frozenset(entry.scope for entry in entries)


def rows_again(world: World, steps: Iterable[RowStep], keys: KeyValues, identity: Identity) -> dict[DatasetId, int]:
    """Count, of the rows that the steps would touch, those that these keys lead to; no dataset with none."""
    keysets = KeySets(b"", "r")
    hers = rows_of(world, identity.keys, keysets)
    counts: dict[DatasetId, int] = defaultdict(int)
    for step in steps:
        if step.dataset in hers:
            dataset = world.dataset(step.dataset)
            selection = Selection(together(step.where, hers[step.dataset]), {**keys, **keysets.values})
            counts[step.dataset] += world.finder(dataset).count(dataset, selection)
    return {dataset: rows for dataset, rows in sorted(counts.items()) if rows}


def of_case(entries: Iterable[Suppression], case_id: CaseId) -> tuple[Suppression, ...]:
    """Return those of one case."""
    return tuple(entry for entry in entries if entry.case_id == case_id)


def stays_out(event: Event, entries: Iterable[Suppression], needed: frozenset[str]) -> bool:
    """Whether an event is a late word about somebody who was erased wholly before it was sent, and nobody needs it.

    What happened after the erasure is new; an opening is what he may come back by; a correction takes the place
    of what we have. What a law's hold counts from is needed: without it what the law keeps would stay for ever.
    Whoever was erased by a rule is still known by the other rules' clocks.
    """
    wholly = [entry for entry in entries if entry.scope == REQUEST_SCOPE and event.occurred_at <= entry.recorded_at]
    return bool(wholly) and event.corrects is None and event.kind not in needed | OPENINGS


def needed_by_holds(policy: Policy) -> frozenset[str]:
    """Return the kinds of events from which a law's hold counts, or which stop it."""
    starts = {hold.keep.start.event for hold in policy.holds if isinstance(hold.keep.start, AfterEvent)}
    return frozenset(starts.union(*(stops_of(kind, None) for kind in starts)))


def _openings(keys: Iterable[SubjectKey], events: Events, lookup: Digester) -> dict[SubjectKey, list[Event]]:
    by_digest = {(key.name, lookup(key)): key for key in keys}
    found: dict[SubjectKey, list[Event]] = defaultdict(list)
    for event in events.of_keys(by_digest, OPENINGS):
        found[by_digest[event.key_name, event.subject_digest]].append(event)
    return found


def _keys(world: World, dataset: Dataset, name: str, telling: Telling) -> Iterator[tuple[SubjectKey, datetime | None]]:
    column = _columns(dataset)[name]
    store = telling.stores.get(dataset.system)
    if store is None or telling.since is None:
        for (value,) in world.finder(dataset).values(dataset, [column], Selection(Everything())):
            if value is not None:
                yield SubjectKey(name, str(value)), None
        return
    for at, rows in store.arrived(dataset, [column], telling.since):
        for (value,) in rows:
            if value is not None:
                yield SubjectKey(name, str(value)), at


def _columns(dataset: Dataset) -> dict[str, str]:
    return dict([dataset.tenant] if dataset.tenant else []) | dict(dataset.subject)


def _earlier(one: datetime | None, other: datetime | None) -> datetime | None:
    return min((at for at in (one, other) if at is not None), default=None)
