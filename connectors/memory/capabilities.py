"""What the in-memory store can do."""

from __future__ import annotations

from typing import Final

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(
    kind=SystemKind.STORE, actions=frozenset(Action), transactional=True, plants=True, surveys=True
)
"""Everything; one call is all or nothing, since tables are swapped whole."""
