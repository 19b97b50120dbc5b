"""Who agrees to a purpose: asked of people, under all their keys, before their data is used for it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from retention.clocks import CONSENT_KINDS, consents
from retention.model.event import Event
from retention.model.subject import Key, SubjectKey
from retention.planning.identity import Digester, persons
from retention.planning.keysets import KeySets
from retention.planning.world import World
from retention.ports.ledger import Events

_BATCH = 500
_NO_SALT = b"no plan is made of this"


def without_consent(
    world: World, keys: Iterable[SubjectKey], purpose: str, events: Events, digest: Digester
) -> Iterator[int]:
    """Yield the places (from 0) of the keys whose person does not agree; who is unknown has not agreed.

    What was said under any key of a person is the person's word: withdrawn by mail address, it holds for the
    customer number as well.
    """
    places = enumerate(keys)
    while batch := list(islice(places, _BATCH)):
        yield from _left_out(world, batch, purpose, events, digest)


def _left_out(
    world: World, batch: Sequence[tuple[int, SubjectKey]], purpose: str, events: Events, digest: Digester
) -> Iterator[int]:
    asked: dict[str, set[Key]] = defaultdict(set)
    for _, key in batch:
        asked[key.name].add(key.value)
    found = persons(world, {name: frozenset(values) for name, values in asked.items()}, KeySets(_NO_SALT))
    owner = {key: person for person in found for key in person}
    by_digest = {(key.name, digest(key)): person for key, person in owner.items()}
    said: dict[frozenset[SubjectKey], list[Event]] = defaultdict(list)
    for event in events.of_keys(by_digest, CONSENT_KINDS):
        said[by_digest[event.key_name, event.subject_digest]].append(event)
    yield from (place for place, key in batch if not consents(said[owner[key]], purpose, world.now))
