"""What the lake can do."""

from __future__ import annotations

from retention.ports.connector import Action, Capabilities, SystemKind

CAPABILITIES = Capabilities(
    kind=SystemKind.STORE,
    actions=frozenset(Action),
    versioned=True,  # a bucket may keep versions; they are always looked for
    transactional=False,  # one object at a time
    plants=True,
    surveys=True,
    shards=True,
    receives=True,  # by the date that the store gives each object
)
