"""What an SQL store can do."""

from __future__ import annotations

from typing import Final

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(
    kind=SystemKind.STORE, actions=frozenset(Action), transactional=True, plants=True, surveys=True
)
"""Everything; each call is one transaction."""
