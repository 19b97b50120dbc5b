"""What a store of whole objects can do."""

from __future__ import annotations

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset({Action.ERASE}),  # an object has no fields to empty
    versioned=True,
    transactional=False,
    plants=True,
)
