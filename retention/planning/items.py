"""A request for some items: only categories that were named, and not refused, go; nothing else is touched."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from dataclasses import replace

from retention.model.ids import CategoryId
from retention.model.plan import Replay
from retention.planning.cells import Group
from retention.planning.due import rules_in_force
from retention.planning.identity import Identity
from retention.planning.keysets import KeySets
from retention.planning.world import World

INSTRUCTION_SCOPE = "instruction:"
"""The replay scope of a tenant's instruction, followed by its id: the person's rows that are this tenant's."""
REQUEST_SCOPE = "request"
"""The replay scope of a person's request: everything that no law keeps and that is his own."""


def of_items(world: World, group: Group, only: AbstractSet[CategoryId] | None) -> Group:
    """Return what of the group goes when only some categories do; None: all of them."""
    if only is None:
        return group
    rules = tuple(rule for rule in rules_in_force(world) if rule.category in only)
    return replace(group, fates={c: fate for c, fate in group.fates.items() if c in only}, rules=rules)


def again(
    world: World, only: AbstractSet[CategoryId] | None, identity: Identity, keysets: KeySets, instruction_id: str | None
) -> tuple[Replay, ...]:
    """Return what a restore and a re-scan do again for the person.

    Of items it is what the rules of their categories do: what was refused has not come back, it never went.
    """
    if instruction_id is not None:
        scopes = [f"{INSTRUCTION_SCOPE}{instruction_id}"]
    elif only is None:
        scopes = [REQUEST_SCOPE]
    else:
        scopes = [str(rule.rule_id) for rule in rules_in_force(world) if rule.category in only]
    people = sorted(identity.keys.items())
    return tuple(Replay(name, keysets.of(keys), each) for each in scopes for name, keys in people)
