"""The policy file: what was promised, read and checked.

    reader    the whole file → `Policy`, or every problem at once
    clauses   its parts: rules, holds, clocks
    commitments  the register of what companies promised, and what became of it
    review    what a lawyer or an owner should look at

Start at `reader.read_policy`.
"""

from __future__ import annotations

from retention.grammar import Finding
from retention.policy.commitments import read_commitments
from retention.policy.reader import read_policy
from retention.policy.review import review

__all__ = ["Finding", "read_commitments", "read_policy", "review"]
