"""What the in-memory store can do."""

from __future__ import annotations

from typing import Final

from retention.model.suspension import SuspendsBy
from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset(Action),
    transactional=True,
    plants=True,
    surveys=True,
    suspends=frozenset({SuspendsBy.FLAG, SuspendsBy.MOVE}),
)
"""Everything but views, of which it has none; one call is all or nothing, since tables are swapped whole."""
