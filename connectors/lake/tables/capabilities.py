"""What tables of an open format can do."""

from __future__ import annotations

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset({Action.ERASE}),
    versioned=True,  # snapshots
    transactional=True,  # one commit; old files go after it
)
