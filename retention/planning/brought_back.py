"""Who must not come back and is there all the same: in a restored store, or in any other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field

from retention.model.ids import CaseId
from retention.model.subject import Key
from retention.planning.changed import count_people
from retention.planning.identity import Digester, locate
from retention.planning.keysets import KeySets
from retention.planning.suspending import NOBODY, Standing
from retention.planning.world import World
from retention.ports.ledger import KeyDigest

Scopes = frozenset[str]
"""`request`, `instruction:ID` or ids of rules: under what someone was disposed of."""


@dataclass(frozen=True, slots=True)
class Suppressed:
    """Who must not come back."""

    scopes: Mapping[KeyDigest, Scopes]
    """(key name, digest under the suppression key) → in which scopes the person was disposed of."""
    digest: Digester
    """Digests under the suppression key."""
    instructions: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    """Instruction's id → (tenant's key name, digest under the look-up key)."""
    cases: Mapping[KeyDigest, frozenset[CaseId]] = field(default_factory=dict)
    """As `scopes` → the cases in which the person was disposed of."""
    stopped: Standing = NOBODY
    """Whose data is suspended: who may come back, suspended."""


@dataclass(frozen=True, slots=True)
class Returned:
    """Who of them is there."""

    keys: Mapping[Scopes, Mapping[str, frozenset[Key]]] = field(repr=False)
    """Scopes → key name → live values."""
    digests: frozenset[KeyDigest]
    people: int
    """How many people they are."""

    def people_of(self, suppressed: Suppressed) -> dict[CaseId, int]:
        """Return, for each case that disposed of somebody who is there, how many of its people are."""
        found: dict[CaseId, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        for who in self.digests:
            for case_id in suppressed.cases.get(who, ()):
                found[case_id][who[0]] += 1
        return {case_id: max(by_name.values()) for case_id, by_name in sorted(found.items())}

    def unknown_scopes(self, known: AbstractSet[str]) -> tuple[str, ...]:
        """Return under what people were disposed of that nobody can do again: rules which the policy has no more."""
        return tuple(sorted({scope for scopes in self.keys for scope in scopes if scope not in known}))


def find_returned(world: World, suppressed: Suppressed) -> Returned:
    """Look in every store of the world for everybody who must not come back; key columns are read once.

    Raises:
        TransientFailure, TerminalFailure: from the finders: nobody knows, so nothing may open.

    """
    scopes = suppressed.scopes
    found: dict[Scopes, dict[str, set[Key]]] = defaultdict(lambda: defaultdict(set))
    digests: set[KeyDigest] = set()
    for key, digested in locate(world, {name for name, _ in scopes}, lambda *who: who in scopes, suppressed.digest):
        found[scopes[key.name, digested]][key.name].add(key.value)
        digests.add((key.name, digested))
    ordered = sorted(found.items(), key=lambda item: sorted(item[0]))
    keys = {scope: {name: frozenset(values) for name, values in by_name.items()} for scope, by_name in ordered}
    return Returned(keys, frozenset(digests), count_people(world, keys.values(), KeySets(b"")))
