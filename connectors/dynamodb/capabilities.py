"""What a DynamoDB store can do."""

from __future__ import annotations

from typing import Final

from retention.model.suspension import SuspendsBy
from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset(Action),
    plants=True,
    expires=True,
    suspends=frozenset({SuspendsBy.FLAG}),
)
"""Everything, item by item; one call is not all or nothing, and a repeat finishes it."""
