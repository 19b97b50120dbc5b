"""Which keys are one person's: pure rules over what rows say. Reads nothing.

    ties     what one row says of keys, and where it was read
    graph    ties followed: a person's keys, and how each was found
    doubts   where a person must decide, and what his answer makes of it

Start at `graph.Graph`. docs/identity.md says it in words.
"""

from __future__ import annotations

from retention.identity.doubts import Answer, Associated, Doubt, Merged, disputed, merged
from retention.identity.graph import Graph, Link
from retention.identity.ties import Relation, Source, Tie

__all__ = [
    "Answer",
    "Associated",
    "Doubt",
    "Graph",
    "Link",
    "Merged",
    "Relation",
    "Source",
    "Tie",
    "disputed",
    "merged",
]
