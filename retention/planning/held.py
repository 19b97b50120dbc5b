"""Every key of the people whom a hold protects: their data stayed, and nobody may be told that it went."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from retention.model.hold import PlacedHold
from retention.model.subject import SubjectKey
from retention.planning.identity import Digester, expand, locate
from retention.planning.keysets import KeySets
from retention.planning.world import World


def held_keys(world: World, holds: Iterable[PlacedHold], digest: Digester) -> Iterator[SubjectKey]:
    """Yield every key that the live stores tie to a person under one of the holds.

    Raises:
        TransientFailure, TerminalFailure: from the finders.

    """
    held = {(hold.key_name, hold.subject_digest) for hold in holds}
    found = [key for key, _ in locate(world, {name for name, _ in held}, lambda *who: who in held, digest)]
    for key in found:
        yield from expand(world, {key.name: frozenset({key.value})}, KeySets(b"")).every()
