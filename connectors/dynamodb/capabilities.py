"""What a DynamoDB store can do."""

from __future__ import annotations

from typing import Final

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(kind=SystemKind.STORE, actions=frozenset(Action), plants=True, expires=True)
"""Everything, item by item; one call is not all or nothing, and a repeat finishes it."""
