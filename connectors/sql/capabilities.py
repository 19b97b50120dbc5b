"""What an SQL store can do."""

from __future__ import annotations

from typing import Final

from retention.model.suspension import SuspendsBy
from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES: Final = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset(Action),
    transactional=False,
    plants=True,
    constrains=True,
    surveys=True,
    suspends=frozenset(SuspendsBy),
)
"""Everything; a large call is several transactions, each complete in itself."""
