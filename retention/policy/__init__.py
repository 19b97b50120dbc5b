"""The policy file: what was promised, read and checked.

    reader    the whole file → `Policy`, or every problem at once
    clauses   its parts: rules, holds, clocks
    review    what a lawyer or an owner should look at
    versions  the chain of versions, and what holds for whom on a day
    changes   what one version changes for people against another
    lengths   which of two periods is longer

Start at `reader.read_policy`.
"""

from __future__ import annotations

from retention.grammar import Finding
from retention.policy.changes import Change, Effect, changes
from retention.policy.reader import read_policy
from retention.policy.review import review
from retention.policy.versions import InForce, Written, in_force, read_chain

__all__ = [
    "Change",
    "Effect",
    "Finding",
    "InForce",
    "Written",
    "changes",
    "in_force",
    "read_chain",
    "read_policy",
    "review",
]
